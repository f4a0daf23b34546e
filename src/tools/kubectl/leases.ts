import { z } from 'zod';
import type { Command } from '../../runbook/command.ts';
import { value } from '../../runbook/command.ts';
import type { Cluster } from '../../runbook/site.ts';
import { readAs } from '../json.ts';
import { andThen } from '../reading.ts';
import { getRaw, segment } from './kubectl.ts';
import { managedFields, setAt } from './managed-fields.ts';

/** The heartbeat of a kubelet. */
export interface NodeLease {
  /** ISO 8601, by the clock of the API server where it noted the renewal; renewed about every 10 s (COMMANDS D.3). */
  readonly renewTime: string;
}

const leaseSchema = z.object({
  metadata: z.object({ managedFields }).optional(),
  spec: z.object({ renewTime: z.string().min(1) }),
});

/** The lease of a node; `undefined` where there is none. Fresher than the conditions of the node object. */
export function nodeLease(cluster: Cluster, node: string): Command<NodeLease | undefined> {
  return getRaw<NodeLease | undefined>({
    cluster,
    id: 'kubectl.node-lease',
    about: `read the heartbeat of ${node}`,
    path: `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${segment(node)}`,
    read: (json) =>
      andThen(readAs(json, `the lease of ${node}`, leaseSchema), ({ metadata, spec }) =>
        value({ renewTime: setAt(metadata?.managedFields, 'spec', 'renewTime') ?? spec.renewTime }),
      ),
    notFound: { value: undefined },
  });
}
