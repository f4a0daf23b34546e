import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ControlPlane } from './control-plane.ts';
import { startDaemon } from './daemon.ts';
import type { KubeObject } from './kube-object.ts';
import type { LabNode } from './lab-node.ts';
import { freePorts, listens } from './ports.ts';
import type { Undo } from './undo.ts';

/** A container in which commands can be run: the namespaces of its node, and these variables. */
export interface ExecTarget {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly node: LabNode;
  readonly env: Readonly<Record<string, string>>;
}

/** Where the kubelets of all nodes answer `kubectl exec`. */
export interface ExecServer {
  /** On 127.0.0.1. */
  readonly port: number;
}

/**
 * Starts what answers `kubectl exec` in the place of every node's kubelet, with the kubelet's own library
 * (`components/kubelet-exec`). Closing `undo` stops it. The nodes must stay on: it enters their inits of now.
 */
export async function startExecServer(
  undo: Undo,
  plane: ControlPlane,
  program: string,
  targets: readonly ExecTarget[],
): Promise<ExecServer> {
  const containers = join(plane.folder, 'containers.json');
  const entries = targets.map((it) => {
    const enter = ['nsenter', '-t', String(it.node.init), '-m', '-u', '-i', '-n', '-p'];
    const env = Object.entries(it.env).map(([name, value]) => `${name}=${value}`);
    return [`${it.namespace}/${it.pod}/${it.container}`, [...enter, 'env', ...env]];
  });
  await writeFile(containers, JSON.stringify(Object.fromEntries(entries)));
  const [port = 0] = await freePorts(1);
  await startDaemon(undo, {
    file: program,
    args: [`127.0.0.1:${port}`, plane.serving.cert, plane.serving.key, containers],
    log: join(plane.folder, 'kubelet-exec.log'),
    seconds: 30,
    ready: () => listens(port),
  });
  return { port };
}

/** What a node's status says so that the API server finds it: an address that it asks before the node's own. */
export const execThrough = (node: KubeObject, { port }: ExecServer): KubeObject => {
  const { addresses, ...status } = node['status'] as { readonly addresses: readonly object[] };
  return {
    ...node,
    status: {
      ...status,
      addresses: [...addresses, { type: 'ExternalIP', address: '127.0.0.1' }],
      daemonEndpoints: { kubeletEndpoint: { Port: port } },
    },
  };
};
