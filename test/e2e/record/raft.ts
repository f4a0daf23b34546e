import type { Components } from '../harness/components.ts';
import { type ControlPlane, startControlPlane } from '../harness/control-plane.ts';
import type { KubeObject } from '../harness/kube-object.ts';
import { Network } from '../harness/network.ts';
import { type LabNodes, startNodes } from '../harness/nodes.ts';
import type { Undo } from '../harness/undo.ts';
import { asObject, uidOf } from '../incident/as-stored.ts';
import {
  activeEndpoints,
  leaseObject,
  podObject,
  storageOf,
  surroundings,
} from '../incident/objects.ts';
import { RIGHTS } from '../incident/rights.ts';
import { labelled } from '../incident/vault-pods.ts';
import {
  initialise,
  leaderOf,
  type Member,
  NODES,
  prepare,
  unseal,
  voters,
} from '../raft/members.ts';

/** A raft whose members were started, and never initialised. */
export interface Uninitialised {
  readonly plane: ControlPlane;
  readonly lab: LabNodes;
  readonly members: readonly Member[];
}

/** The raft whose answers are recorded. */
export interface RecordedRaft extends Uninitialised {
  readonly rootToken: string;
  /** Unseals every member that is sealed, and waits until one leads. */
  readonly unseal: () => Promise<void>;
  /** The member that leads now, by its own word. */
  readonly leader: () => Promise<Member>;
}

/** What is to be done in between, and who is to lead. */
export interface RecordingOptions {
  /** Sees the raft before it is initialised. */
  readonly before: (raft: Uninitialised) => Promise<void>;
  /** The name of the member that is initialised, and leads at first. */
  readonly leader: string;
}

/**
 * Real Vaults and a real API server without controllers, schedulers and kubelets: what is recorded must be the same the next
 * time, so nothing changes an object but what is asked.
 */
export async function buildRecordedRaft(
  undo: Undo,
  components: Components,
  vault: string,
  { before, leader: leads }: RecordingOptions,
): Promise<RecordedRaft> {
  const [plane, network] = await Promise.all([
    startControlPlane(undo, { components, rights: RIGHTS }),
    Network.open(undo),
  ]);
  const lab = await startNodes(undo, network, NODES);
  const members = await prepare(undo, lab, vault, false);
  await plane.apply([
    ...surroundings().map(asCharted),
    ...members.flatMap(({ name }) => storageOf(name).map(bound)),
    ...(await Promise.all(lab.nodes.map(asObject))),
    ...NODES.map(leaseObject),
  ]);
  const set = await uidOf(plane, '/apis/apps/v1/namespaces/vault/statefulsets/vault');
  await Promise.all(members.map((it) => startPod(plane, it, set)));
  await before({ plane, lab, members });
  const { key, rootToken } = await initialise(
    members.toSorted((a, b) => Number(b.name === leads) - Number(a.name === leads)),
  );
  await voters(members, rootToken);
  const leader = (): Promise<Member> => leaderOf(members);
  await label(plane, members, await leader());
  return {
    plane,
    lab,
    members,
    rootToken,
    unseal: async () => {
      await unseal(members, key);
      await leader();
    },
    leader,
  };
}

/** The StatefulSet without what the suite adds for its own controllers and kubelets. */
function asCharted(object: KubeObject): KubeObject {
  if (object.kind !== 'StatefulSet') return object;
  const { template, ...spec } = object['spec'] as Readonly<Record<string, Template>>;
  if (template === undefined) return object;
  const { annotations: _annotations, ...metadata } = template.metadata;
  const { affinity: _affinity, ...pod } = template.spec;
  return { ...object, spec: { ...spec, template: { metadata, spec: pod } } };
}

interface Template {
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly spec: Readonly<Record<string, unknown>>;
}

/** What the controller of volumes says of a claim, and of a volume, that have each other. */
function bound(object: KubeObject): KubeObject {
  const { accessModes } = object['spec'] as Readonly<Record<string, unknown>>;
  const claim = { accessModes, capacity: { storage: '10Gi' } };
  const isClaim = object.kind === 'PersistentVolumeClaim';
  return { ...object, status: { phase: 'Bound', ...(isClaim ? claim : {}) } };
}

async function startPod(plane: ControlPlane, member: Member, set: string): Promise<void> {
  const { name, node, vault } = member;
  const facts = { name, node: node.name, ip: vault.address, active: false };
  await plane.apply([podObject(facts, set)]);
  await vault.launch(await podUid(plane, name));
}

const podUid = (plane: ControlPlane, name: string): Promise<string> =>
  uidOf(plane, `/api/v1/namespaces/vault/pods/${name}`);

/** What Vault's own registration in Kubernetes keeps: who is active, on its pod and behind the Service. */
async function label(
  plane: ControlPlane,
  members: readonly Member[],
  active: Member,
): Promise<void> {
  for (const { name } of members) {
    // oxlint-disable-next-line no-await-in-loop -- three small requests
    await labelled(plane, name, name === active.name);
  }
  const uid = await podUid(plane, active.name);
  await plane.apply([activeEndpoints(active.name, active.vault.address, uid)]);
}
