import type { Right } from '../harness/rights.ts';
import { RIGHTS as TO_RESET } from '../reset/rights.ts';

/** Everything that the runbook and the one that it calls need of the API: the operator of the suite has this and no more. */
export const RIGHTS: readonly Right[] = [
  ...TO_RESET,
  { namespace: 'nfs-csi', resources: ['pods'], verbs: ['get', 'delete'] },
  { namespace: 'nfs-csi', groups: ['apps'], resources: ['daemonsets'], verbs: ['get'] },
];
