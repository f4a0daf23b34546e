import type { Right } from '../harness/rights.ts';

/** Everything that the runbook and the one that it calls need of the API: the operator of the suite has this and no more. */
export const RIGHTS: readonly Right[] = [
  { resources: ['nodes'], verbs: ['get', 'list', 'patch'] },
  { resources: ['pods', 'events', 'persistentvolumes', 'persistentvolumeclaims'], verbs: ['list'] },
  { resources: ['pods/eviction'], verbs: ['create'] },
  { groups: ['apps'], resources: ['deployments', 'statefulsets', 'replicasets'], verbs: ['list'] },
  { groups: ['policy'], resources: ['poddisruptionbudgets'], verbs: ['list'] },
  { groups: ['storage.k8s.io'], resources: ['csinodes'], verbs: ['get', 'list'] },
  { groups: ['storage.k8s.io'], resources: ['volumeattachments'], verbs: ['list'] },
  { namespace: 'nfs-csi', resources: ['pods'], verbs: ['get', 'delete'] },
  { namespace: 'nfs-csi', groups: ['apps'], resources: ['daemonsets'], verbs: ['get'] },
  {
    namespace: 'kube-node-lease',
    groups: ['coordination.k8s.io'],
    resources: ['leases'],
    verbs: ['get'],
  },
  { namespace: 'vault', groups: ['apps'], resources: ['statefulsets'], verbs: ['get'] },
  {
    namespace: 'kube-system',
    groups: ['coordination.k8s.io'],
    resources: ['leases'],
    verbs: ['get', 'create', 'update'],
  },
];
