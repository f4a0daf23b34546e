import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Kubeconfig } from '../harness/kubeconfig.ts';
import { freePorts } from '../harness/ports.ts';
import type { Undo } from '../harness/undo.ts';
import type { Cluster } from './cluster.ts';

/** Asks kubectl where the API server does not let it in, is not there, or does not go on. */
export async function apiGone(undo: Undo, cluster: Cluster): Promise<void> {
  const { plane } = cluster;
  const bystander = { site: cluster.site(plane.bystander) };
  await cluster.askAll(['kubectl/context-missing']);
  await cluster.askAll(
    ['kubectl/pod-forbidden', 'kubectl/secret-forbidden', 'kubectl/proxy-forbidden'],
    bystander,
  );
  const folder = await undo.folder();
  const [port = 0] = await freePorts(1);
  const nobody = await elsewhere(plane.operator, folder, `https://127.0.0.1:${port}`);
  await cluster.ask('kubectl/api-refused', { site: cluster.site(nobody) });
  const lost = await elsewhere(plane.operator, folder, await blackHole(cluster));
  await cluster.ask('kubectl/api-dropped', { site: cluster.site(lost) });
  await cluster.askFrozen('kubectl/api-frozen');
}

/** An address that takes packets and answers none. */
async function blackHole({ lab }: Cluster): Promise<string> {
  const node = lab.get('k8s-node4');
  const address = await node.network.addPodAddress();
  const machine = `${node.address.slice(0, node.address.lastIndexOf('.'))}.1/32`;
  const { namespace } = node.network;
  await execa('ip', ['-n', namespace, 'route', 'add', 'blackhole', machine]);
  return `https://${address}:6443`;
}

/** The same kubeconfig for a server at another address. */
async function elsewhere(of: Kubeconfig, folder: string, server: string): Promise<Kubeconfig> {
  const text = await readFile(of.path, 'utf8');
  const path = join(folder, `${of.context}.kubeconfig`);
  await writeFile(path, text.replace(/https:\/\/127\.0\.0\.1:\d+/, server), { mode: 0o600 });
  return { path, context: of.context };
}
