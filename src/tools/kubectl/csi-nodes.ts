import { z } from 'zod';
import type { Command } from '../../runbook/command.ts';
import { value } from '../../runbook/command.ts';
import type { Cluster } from '../../runbook/site.ts';
import { readAs } from '../json.ts';
import { andThen } from '../reading.ts';
import { getRaw, segment } from './kubectl.ts';
import { listOf } from './list.ts';

/** A CSI driver as a node's kubelet has registered it. */
export interface CsiDriver {
  readonly name: string;
  readonly nodeId: string;
  /** How many volumes of it the node takes; absent: no limit is known. */
  readonly allocatable?: number;
}

/** The CSI drivers of a node. One that is listed was registered once; that does not prove that it answers (COMMANDS C.2). */
export interface CsiNode {
  readonly name: string;
  readonly drivers: readonly CsiDriver[];
}

const csiNodeSchema = z.object({
  metadata: z.object({ name: z.string().min(1) }),
  spec: z.object({
    drivers: z
      .array(
        z.object({
          name: z.string(),
          nodeID: z.string(),
          allocatable: z.object({ count: z.number().nullish() }).nullish(),
        }),
      )
      .nullish(),
  }),
});

const toCsiNode = ({ metadata, spec }: z.output<typeof csiNodeSchema>): CsiNode => ({
  name: metadata.name,
  drivers: (spec.drivers ?? []).map(({ name, nodeID, allocatable }) => ({
    name,
    nodeId: nodeID,
    ...(typeof allocatable?.count === 'number' ? { allocatable: allocatable.count } : {}),
  })),
});

/** The registered CSI drivers of every node. */
export function listCsiNodes(cluster: Cluster): Command<readonly CsiNode[]> {
  return getRaw({
    cluster,
    id: 'kubectl.csi-nodes',
    about: 'list the CSI drivers of the nodes',
    path: '/apis/storage.k8s.io/v1/csinodes',
    read: (json) => listOf(json, 'a list of CSINodes', csiNodeSchema, toCsiNode),
  });
}

/** The registered CSI drivers of one node; `undefined` where it has no CSINode object. */
export function getCsiNode(cluster: Cluster, node: string): Command<CsiNode | undefined> {
  return getRaw<CsiNode | undefined>({
    cluster,
    id: 'kubectl.csi-node',
    about: `read the CSI drivers of ${node}`,
    path: `/apis/storage.k8s.io/v1/csinodes/${segment(node)}`,
    read: (json) =>
      andThen(readAs(json, `CSINode ${node}`, csiNodeSchema), (it) => value(toCsiNode(it))),
    notFound: { value: undefined },
  });
}
