import type { KubeObject } from '../harness/kube-object.ts';
import { storageOf } from '../incident/objects.ts';

/** The claim and the volume of a member, which binds its pod to this node: the disk of the suite's Vault is there. */
export const placed = (pod: string, node: string): readonly KubeObject[] =>
  storageOf(pod).map((object) =>
    object.kind === 'PersistentVolume'
      ? { ...object, spec: { ...(object['spec'] as object), nodeAffinity: onlyOn(node) } }
      : object,
  );

const onlyOn = (node: string): object => ({
  required: {
    nodeSelectorTerms: [
      { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }] },
    ],
  },
});
