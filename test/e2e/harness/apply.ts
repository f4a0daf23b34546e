import { execa } from 'execa';
import type { KubeObject } from './kube-object.ts';

/** Creates or updates objects with kubectl, then their status, which the API keeps apart. */
export async function applyObjects(
  kubectl: string,
  kubeconfig: string,
  objects: readonly KubeObject[],
): Promise<void> {
  const send = async (items: readonly KubeObject[], ...more: readonly string[]): Promise<void> => {
    if (items.length === 0) return;
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
    const args = ['apply', '--server-side', '--force-conflicts', ...more, '-f', '-'];
    await execa(kubectl, ['--kubeconfig', kubeconfig, ...args], { input, timeout: 60_000 });
  };
  await send(objects);
  await send(
    objects.filter((object) => 'status' in object),
    '--subresource=status',
  );
}
