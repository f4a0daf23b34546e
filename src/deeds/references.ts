import type { NodeRef, PodRef } from '../runbook/references.ts';
import type { Node } from '../tools/kubectl/nodes.ts';
import type { Pod } from '../tools/kubectl/pods.ts';

/** A pod as a fact carries it. */
export const podRefOf = (pod: Pod): PodRef => ({
  namespace: pod.namespace,
  name: pod.name,
  uid: pod.uid,
  node: pod.node ?? '',
  ip: pod.ip ?? '',
});

/** A node as a fact carries it. */
export const nodeRefOf = (node: Node): NodeRef => ({
  name: node.name,
  uid: node.uid,
  address: node.address,
  bootId: node.bootID,
  systemUuid: node.systemUUID,
  controlPlane: node.controlPlane,
});
