import type { Command, Reading } from '../../runbook/command.ts';
import { unparsable, value } from '../../runbook/command.ts';
import type { Site } from '../../runbook/site.ts';
import { headOf, only } from '../node/head.ts';
import { decimal, wholeNumber } from '../node/process-stat.ts';
import { script } from '../node/script.ts';
import type { ScriptRecord } from '../node/script.ts';
import { failed } from '../reading.ts';

/** The NFS server as its own host shows it. */
export interface NfsServer {
  readonly bootId: string;
  /** Threads of nfsd; 0: it is stopped. */
  readonly threads: number;
  /** Seconds a client may stay silent. */
  readonly leaseSeconds: number;
  /** Seconds after a start in which only reclaims are served: opens wait, mounts and listings do not (COMMANDS B.7). */
  readonly graceSeconds: number;
  readonly inGrace: boolean;
  /** The load average of the last minute. */
  readonly load1: number;
  readonly cpus: number;
  /** An export claims `fsid=0`: clients then see other paths, and many mounts fail with no such file (DOMAIN 2.1). */
  readonly fsidZero: boolean;
}

/** The kernel's own pseudo root has `fsid=0` too, and is marked (`v4root`). */
const claimsZero = (line: string): boolean =>
  /[(,]fsid=(?:0|root)[,)]/.test(line) && !/[(,]v4root[,)]/.test(line);

function readServer(records: readonly ScriptRecord[]): Reading<NfsServer> {
  if (only(records, 'absent') !== undefined) {
    return failed('exit', 'no NFS server runs on that host');
  }
  const head = headOf(records);
  const [threads, leaseSeconds, graceSeconds, cpus] = ['threads', 'lease', 'grace', 'cpus'].map(
    (kind) => wholeNumber(only(records, kind)),
  );
  const load1 = decimal(only(records, 'load'));
  const ended = only(records, 'ended');
  if (head === undefined || threads === undefined || load1 === undefined || !cpus) {
    return unparsable('expected the boot id, the threads and the load of the NFS server');
  }
  if (leaseSeconds === undefined || graceSeconds === undefined) {
    return unparsable('expected the lease and grace times of the NFS server');
  }
  if (ended !== 'Y' && ended !== 'N') {
    return unparsable('expected to hear whether the grace period of the NFS server is over');
  }
  return value({
    bootId: head.bootId,
    threads,
    leaseSeconds,
    graceSeconds,
    inGrace: ended === 'N',
    load1,
    cpus,
    fsidZero: records.some((r) => r.kind === 'export' && claimsZero(r.rest)),
  });
}

/**
 * The NFS server's threads, times and load, read on its own host; 10 s. `undefined` where the inventory names no host to
 * read them on.
 */
export function nfsServer(site: Site): Command<NfsServer> | undefined {
  const host = site.nfs?.host;
  if (host === undefined) return undefined;
  return script<NfsServer>({
    where: { on: 'pve', host },
    id: 'nfs.server',
    about: `look at the NFS server on ${host}`,
    script: 'nfs/server',
    args: [],
    deadlineMs: 10_000,
    read: readServer,
  });
}
