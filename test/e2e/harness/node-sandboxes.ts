import { createHash } from 'node:crypto';
import type { LabNode } from './lab-node.ts';
import type { NodePod, NodePodSpec } from './node-pods.ts';
import type { NodeTask } from './node-task.ts';
import { addStandIn } from './stand-in.ts';

/** Where `stand-ins/crictl.sh` keeps its sandboxes. */
const SANDBOXES = '/var/lib/crictl-e2e';

/** A pod sandbox as the container runtime has it. */
export interface NodeSandbox {
  /** 64 hexadecimal digits. */
  readonly id: string;
  /** Whether the runtime still has it. */
  isThere(): Promise<boolean>;
  /** `runc` may not signal its process any more: `stopp` fails (COMMANDS C.4). */
  deny(): Promise<void>;
  allow(): Promise<void>;
}

/** Makes the runtime of a node know the sandbox of a pod of one container; the node gets a stand-in for `crictl` for it. */
export const addSandbox = (node: LabNode, spec: NodePodSpec, pod: NodePod): Promise<NodeSandbox> =>
  layPodSandbox(node, spec, { [spec.container ?? 'vault']: pod.task });

/** The same for a pod of several containers, each with its process. What was laid for this pod before is gone. */
export async function layPodSandbox(
  node: LabNode,
  { uid, namespace, name }: Pick<NodePodSpec, 'uid' | 'namespace' | 'name'>,
  containers: Readonly<Record<string, NodeTask>>,
): Promise<NodeSandbox> {
  await addStandIn(node, 'crictl');
  const id = createHash('sha256').update(`sandbox ${uid}`).digest('hex');
  const labels = {
    'io.kubernetes.pod.name': name,
    'io.kubernetes.pod.namespace': namespace,
    'io.kubernetes.pod.uid': uid,
  };
  const createdAt = String(BigInt(Date.now()) * 1_000_000n);
  const folder = `${SANDBOXES}/${id}`;
  await node.run(`rm -rf ${folder}`);
  const write = (file: string, item: object) =>
    node.write(`${folder}/${file}`, `${JSON.stringify(item, undefined, 2)}\n`);
  await write('pod.json', {
    id,
    metadata: { name, uid, namespace, attempt: 0 },
    state: 'SANDBOX_READY',
    createdAt,
    labels,
    annotations: { 'kubernetes.io/config.source': 'api' },
    runtimeHandler: '',
  });
  for (const container of Object.keys(containers)) {
    await write(`container-${container}.json`, {
      id: createHash('sha256').update(`${container} ${uid}`).digest('hex'),
      podSandboxId: id,
      metadata: { name: container, attempt: 0 },
      image: { image: container },
      imageRef: 'sha256:0',
      state: 'CONTAINER_RUNNING',
      createdAt,
      labels: { ...labels, 'io.kubernetes.container.name': container },
      annotations: {},
    });
  }
  const pids = Object.values(containers).map(({ pid }) => pid);
  await node.write(`${folder}/pids`, `${pids.join(' ')}\n`);
  return {
    id,
    isThere: async () => (await node.run(`[ ! -d ${folder} ] || echo yes`)) === 'yes',
    deny: () => node.write(`${folder}/denied`, ''),
    allow: async () => {
      await node.run(`rm ${folder}/denied`);
    },
  };
}
