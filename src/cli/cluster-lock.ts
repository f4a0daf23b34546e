import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf } from '../journal/digest.ts';
import { diskError } from '../journal/disk-error.ts';
import { lockFolder } from '../journal/lock.ts';
import type { Cluster } from '../runbook/site.ts';

/**
 * One live run per cluster from this machine and user: two runs would each hold guards from before the other's deed
 * (DESIGN: promise 7). A dead process holds nothing. Rejects with `journal-locked` where another run has it.
 */
export async function lockCluster(
  stateHome: string,
  cluster: Cluster,
): Promise<{ readonly notes: readonly string[]; readonly release: () => Promise<void> }> {
  const name = digestOf([cluster.kubeconfig ?? '', cluster.context]).slice(0, 16);
  const folder = join(stateHome, 'clusters', name);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw diskError('keep the lock of the cluster in', folder, error);
  }
  return lockFolder(folder, `cluster ${cluster.name}`);
}
