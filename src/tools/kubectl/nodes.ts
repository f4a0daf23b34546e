import { z } from 'zod';
import type { Command, Reading } from '../../runbook/command.ts';
import { value } from '../../runbook/command.ts';
import type { Cluster } from '../../runbook/site.ts';
import { readAs } from '../json.ts';
import { andThen } from '../reading.ts';
import { getRaw, segment } from './kubectl.ts';
import { listOf } from './list.ts';

/** A node as the API server knows it. */
export interface Node {
  readonly name: string;
  /** A node that was removed and joined again has the same name and another UID. */
  readonly uid: string;
  /** ISO 8601. */
  readonly createdAt: string;
  /** The InternalIP; empty where the node object names none. */
  readonly address: string;
  /** The Ready condition; `Unknown` also where it is missing. It lags a fast reset by 40 to 50 s (COMMANDS D.3). */
  readonly ready: 'True' | 'False' | 'Unknown';
  /** Cordoned. */
  readonly unschedulable: boolean;
  /** Changes with every boot of the guest: the one proof of a reset (COMMANDS D.3). Empty before the first report. */
  readonly bootID: string;
  /** The SMBIOS UUID, one of the identities that map a node to its VM (COMMANDS D.2). */
  readonly systemUUID: string;
  readonly controlPlane: boolean;
  readonly allocatablePods?: number;
}

const nodeSchema = z.object({
  metadata: z.object({
    name: z.string().min(1),
    uid: z.string().min(1),
    creationTimestamp: z.string(),
    labels: z.record(z.string(), z.string()).optional(),
  }),
  spec: z.object({ unschedulable: z.boolean().optional() }).optional(),
  status: z.object({
    addresses: z.array(z.object({ type: z.string(), address: z.string() })).nullish(),
    conditions: z.array(z.object({ type: z.string(), status: z.string() })).nullish(),
    allocatable: z.object({ pods: z.string().optional() }).optional(),
    nodeInfo: z.object({ bootID: z.string(), systemUUID: z.string() }),
  }),
});

const CONTROL_PLANE = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master'];

function toNode({ metadata, spec, status }: z.output<typeof nodeSchema>): Node {
  const ready = status.conditions?.find((c) => c.type === 'Ready')?.status;
  const pods = Number(status.allocatable?.pods ?? Number.NaN);
  return {
    name: metadata.name,
    uid: metadata.uid,
    createdAt: metadata.creationTimestamp,
    address: status.addresses?.find((a) => a.type === 'InternalIP')?.address ?? '',
    ready: ready === 'True' || ready === 'False' ? ready : 'Unknown',
    unschedulable: spec?.unschedulable ?? false,
    bootID: status.nodeInfo.bootID,
    systemUUID: status.nodeInfo.systemUUID,
    controlPlane: CONTROL_PLANE.some((label) => Object.hasOwn(metadata.labels ?? {}, label)),
    ...(Number.isInteger(pods) ? { allocatablePods: pods } : {}),
  };
}

/** Reads one node object; `name` is who was asked for. */
export const readNode = (json: unknown, name: string): Reading<Node> =>
  andThen(readAs(json, `node ${name}`, nodeSchema), (it) => value(toNode(it)));

/** All nodes of the cluster: GET /api/v1/nodes. */
export function listNodes(cluster: Cluster): Command<readonly Node[]> {
  return getRaw({
    cluster,
    id: 'kubectl.nodes',
    about: 'list the nodes',
    path: '/api/v1/nodes',
    read: (json) => listOf(json, 'a list of nodes', nodeSchema, toNode),
  });
}

/** One node; `undefined` where the API server knows none of that name. */
export function getNode(cluster: Cluster, name: string): Command<Node | undefined> {
  return getRaw<Node | undefined>({
    cluster,
    id: 'kubectl.node',
    about: `read node ${name}`,
    path: `/api/v1/nodes/${segment(name)}`,
    read: (json) => readNode(json, name),
    notFound: { value: undefined },
  });
}
