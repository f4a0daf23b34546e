import type { ControlPlane } from '../harness/control-plane.ts';
import type { KubeObject } from '../harness/kube-object.ts';
import type { LabNode } from '../harness/lab-node.ts';
import { nodeObject } from './objects.ts';

/** A node of the suite as the API server is to know it. */
export async function asObject(node: LabNode): Promise<KubeObject> {
  return nodeObject({ name: node.name, address: node.address, bootId: await node.bootId() });
}

/** The UID that the API server gave to the object at this path. */
export async function uidOf({ api }: ControlPlane, path: string): Promise<string> {
  const { metadata } = await api.call<KubeObject>(path);
  if (metadata.uid === undefined) throw new Error(`${path} has no uid`);
  return metadata.uid;
}
