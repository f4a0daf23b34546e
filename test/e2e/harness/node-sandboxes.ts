import { createHash } from 'node:crypto';
import type { LabNode } from './lab-node.ts';
import type { NodePod, NodePodSpec } from './node-pods.ts';
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

/** Makes the runtime of a node know the sandbox of a pod; the node gets a stand-in for `crictl` for it. */
export async function addSandbox(
  node: LabNode,
  { uid, namespace, name, container = 'vault' }: NodePodSpec,
  pod: NodePod,
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
  await write('container.json', {
    id: createHash('sha256').update(uid).digest('hex'),
    podSandboxId: id,
    metadata: { name: container, attempt: 0 },
    image: { image: container },
    imageRef: 'sha256:0',
    state: 'CONTAINER_RUNNING',
    createdAt,
    labels: { ...labels, 'io.kubernetes.container.name': container },
    annotations: {},
  });
  await node.write(`${folder}/pid`, `${pod.task.pid}\n`);
  return {
    id,
    isThere: async () => (await node.run(`[ ! -d ${folder} ] || echo yes`)) === 'yes',
    deny: () => node.write(`${folder}/denied`, ''),
    allow: async () => {
      await node.run(`rm ${folder}/denied`);
    },
  };
}
