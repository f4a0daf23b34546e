import type { Right } from '../harness/rights.ts';

/** Everything the runbook needs of the API where it patches nothing: the operator of the suite has this and no more. */
export const RIGHTS: readonly Right[] = [
  { namespace: 'vault', resources: ['pods'], verbs: ['get', 'list', 'delete'] },
  {
    namespace: 'vault',
    groups: ['coordination.k8s.io'],
    resources: ['leases'],
    verbs: ['get', 'create', 'update'],
  },
  { namespace: 'vault', resources: ['pods/proxy'], verbs: ['get'] },
  { namespace: 'vault', resources: ['persistentvolumeclaims', 'events'], verbs: ['list'] },
  { namespace: 'vault', resources: ['secrets'], names: ['vault-unseal-key'], verbs: ['get'] },
  { namespace: 'vault', groups: ['apps'], resources: ['statefulsets'], verbs: ['get'] },
  {
    namespace: 'vault',
    groups: ['discovery.k8s.io'],
    resources: ['endpointslices'],
    verbs: ['list'],
  },
  { namespace: 'kured', groups: ['apps'], resources: ['daemonsets'], verbs: ['get'] },
  { resources: ['nodes', 'pods', 'persistentvolumes'], verbs: ['list'] },
  { resources: ['nodes'], verbs: ['get'] },
  {
    namespace: 'kube-system',
    groups: ['coordination.k8s.io'],
    resources: ['leases'],
    verbs: ['get', 'create', 'update'],
  },
];
