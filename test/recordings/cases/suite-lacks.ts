/** What bodies of the lab have and those of the suite do not, because what writes it does not run there. */

/** Of a pod. */
export const KUBELET: Readonly<Record<string, string>> = {
  '.spec.securityContext.fsGroupChangePolicy': "the suite's pods are older than the patch",
  '.status.containerStatuses[].containerID': 'a kubelet writes it',
  '.spec.hostNetwork': 'no pod of the suite is in the network of its node',
  '.metadata.annotations': 'a kubelet writes it on the mirror of a static pod',
};

/** Of a StatefulSet. */
export const OF_SET: Readonly<Record<string, string>> = {
  '.metadata.labels': "Helm writes them; the suite's set has none",
  '.spec.template.spec.securityContext.fsGroupChangePolicy': "the suite's set is not patched yet",
  '.status.observedGeneration': 'its controller writes it',
  '.status.readyReplicas': 'its controller writes it',
};

/** Of endpoint slices. */
export const SLICES: Readonly<Record<string, string>> = {
  '.endpoints[].conditions.serving': 'their controller writes it',
  '.endpoints[].conditions.terminating': 'their controller writes it',
  '.endpoints[].nodeName': 'their controller writes it',
};
