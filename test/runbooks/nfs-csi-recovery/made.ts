import type { Unit } from '../../../src/tools/node/unit.ts';
import type { Observation } from '../../../src/runbook/observation.ts';
import { NOWHERE } from '../../../src/runbook/symbolic.ts';
import type { Site } from '../../../src/runbook/site.ts';
import type { CsiNode } from '../../../src/tools/kubectl/csi-nodes.ts';
import type { FailedMount } from '../../../src/tools/kubectl/events.ts';
import type { Node } from '../../../src/tools/kubectl/nodes.ts';
import type { Container, Pod } from '../../../src/tools/kubectl/pods.ts';
import type { PortHolder, PortOwner } from '../../../src/tools/node/port-owner.ts';
import type { Sandbox, Sandboxes } from '../../../src/tools/node/sandboxes.ts';
import type { Contest, Patient } from '../../../runbooks/nfs-csi-recovery/facts.ts';
import type { Known } from '../../../runbooks/nfs-csi-recovery/judge/nodes.ts';
import type { PortLook } from '../../../runbooks/nfs-csi-recovery/judge/port.ts';

/** Hand-made observations: the smallest world in which a judge has something to say. */

/** 17 May 2026, 09:00 UTC. */
export const NOW = Date.UTC(2026, 4, 17, 9);
export const at = (minutesAgo: number): string => new Date(NOW - minutesAgo * 60_000).toISOString();

export const BOOT = '11111111-2222-4333-8444-555555555555';
export const ID = 'a'.repeat(64);

export const ok = <T>(value: T): Observation<T> => ({ ok: true, value, at: NOW });
export const no = (says: string): Observation<never> => ({
  ok: false,
  why: 'timeout',
  says,
  raw: '',
  at: NOW,
});

export const site: Site = {
  ...NOWHERE,
  nodes: ['m', 'n1', 'n2', 'n3'].map((name, i) => ({ name, address: `10.0.0.${i}` })),
  csi: { ...NOWHERE.csi, namespace: 'nfs-csi' },
};

export const container = (it: Partial<Container> & { readonly name: string }): Container => ({
  state: 'running',
  ready: true,
  restarts: 0,
  args: [],
  ...it,
});

export const pod = (it: Partial<Pod> & { readonly name: string }): Pod => ({
  namespace: 'nfs-csi',
  uid: `uid-${it.name}`,
  phase: 'Running',
  ready: true,
  createdAt: at(600),
  labels: {},
  containers: [container({ name: 'nfs' })],
  claims: [],
  hostNetwork: true,
  mirror: false,
  inlineNfs: false,
  ...it,
});

export const IN_USE = 'listen tcp 127.0.0.1:29653: bind: address already in use';

/** A driver's pod that crash-loops for its port. */
export const crashing = (name: string, node: string, more: Partial<Pod> = {}): Pod =>
  pod({
    name,
    node,
    ready: false,
    containers: [
      container({ name: 'nfs', args: ['--v=2'] }),
      container({
        name: 'liveness-probe',
        state: 'waiting',
        reason: 'CrashLoopBackOff',
        ready: false,
        restarts: 96,
        args: ['--http-endpoint=localhost:29653'],
        lastTermination: { exitCode: 1, message: IN_USE },
      }),
    ],
    ...more,
  });

export const node = (name: string, more: Partial<Node> = {}): Node => ({
  name,
  uid: `uid-${name}`,
  createdAt: at(90_000),
  address: '10.0.0.1',
  ready: 'True',
  unschedulable: false,
  bootID: BOOT,
  systemUUID: '',
  controlPlane: false,
  ...more,
});

export const csiNode = (name: string, registered = true): CsiNode => ({
  name,
  drivers: registered ? [{ name: site.csi.driver, nodeId: name }] : [],
});

/** A pod that waits for an NFS volume on a node. */
export const waiter = (name: string, on: string, more: Partial<Pod> = {}): Pod =>
  pod({
    name,
    namespace: 'app',
    node: on,
    phase: 'Pending',
    ready: false,
    claims: ['data'],
    owner: { kind: 'ReplicaSet', name: 'app' },
    containers: [
      container({ name: 'app', state: 'waiting', reason: 'ContainerCreating', ready: false }),
    ],
    ...more,
  });

export const failed = (of: Pod, more: Partial<FailedMount>): FailedMount => ({
  namespace: of.namespace,
  pod: of.name,
  podUid: of.uid,
  message: 'MountVolume.SetUp failed',
  last: at(1),
  count: 3,
  kind: 'deadline',
  ...more,
});

/** Nodes m (control plane), n1, n2, n3; the driver well on all of them unless said otherwise. */
export function world(more: Partial<Known> & { readonly ill?: readonly string[] } = {}): Known {
  const { ill = [], ...rest } = more;
  const names = ['m', 'n1', 'n2', 'n3'];
  const drivers = names.map((n) =>
    ill.includes(n)
      ? crashing(`csi-${n}`, n)
      : pod({ name: `csi-${n}`, node: n, startedAt: at(600) }),
  );
  return {
    nodes: names.map((n) => node(n, { controlPlane: n === 'm' })),
    csiNodes: names.map((n) => csiNode(n, !ill.includes(n))),
    set: { namespace: 'nfs-csi', name: 'csi-nfs-node', desired: 4, ready: 4, updated: 4 },
    drivers,
    controllers: [pod({ name: 'ctl-a', node: 'n1' }), pod({ name: 'ctl-b', node: 'n2' })],
    agents: names.map((n) => pod({ name: `calico-${n}`, node: n })),
    speakers: names.map((n) => pod({ name: `speaker-${n}`, node: n })),
    pods: drivers,
    claims: [
      { namespace: 'app', name: 'data', volume: 'pv-app', phase: 'Bound' },
      { namespace: 'app', name: 'local', volume: 'pv-block', phase: 'Bound' },
    ],
    volumes: [
      { name: 'pv-app', backend: 'nfs', driver: site.csi.driver, mountOptions: [] },
      { name: 'pv-block', backend: 'block', driver: 'lvm', mountOptions: [] },
    ],
    failed: [],
    ...rest,
  };
}

export const patient: Patient = {
  kind: 'driver',
  node: 'n1',
  pod: { namespace: 'nfs-csi', name: 'csi-n1', uid: 'uid-csi-n1', node: 'n1', ip: '' },
  because: 'n1: not registered',
  ports: [29_653, 19_809],
  contested: 29_653,
  crashed: ['liveness-probe'],
  known: ['uid-csi-n1'],
  soleControlPlane: false,
  carries: [],
};

export const contest: Contest = { ports: [29_653], from: 'named by its log' };

export const holder = (it: Partial<PortHolder>): PortHolder => ({
  protocol: 'tcp',
  pid: 1816,
  tid: 1816,
  startTicks: 77,
  comm: 'livenessprobe',
  state: 'S',
  threads: 8,
  shown: true,
  ...it,
});

export const owner = (...holders: readonly PortHolder[]): PortOwner => ({
  bootId: BOOT,
  root: true,
  listeners: [{ protocol: 'tcp', address: '127.0.0.1', inode: 13_739 }],
  holders,
});

export const nobody: PortOwner = { bootId: BOOT, root: true, listeners: [], holders: [] };

export const sandbox = (it: Partial<Sandbox> = {}): Sandbox => ({
  id: ID,
  podUid: 'dead-uid',
  namespace: 'nfs-csi',
  name: 'csi-nfs-node-x7k2p',
  attempt: 0,
  ready: true,
  createdAt: NOW - 86_400_000,
  ...it,
});

export const runtime = (...sandboxes: readonly Sandbox[]): Sandboxes => ({
  bootId: BOOT,
  root: true,
  sandboxes,
  containers: sandboxes.map((s) => ({
    id: 'b'.repeat(64),
    sandbox: s.id,
    name: 'liveness-probe',
    state: 'running',
  })),
});

/** A look at a port that this one holds, in a cluster that knows the patient's own pod. */
export const portLook = (it: PortOwner, more: Partial<PortLook> = {}): PortLook => ({
  owners: { 29653: ok(it) },
  sandboxes: ok(runtime(sandbox())),
  pods: ok([pod({ name: 'csi-n1', node: 'n1' })]),
  ready: ok('ready'),
  ...more,
});

/** A kubelet that runs, as systemd has it. */
export const unit = (more: Partial<Unit> = {}) =>
  ok<Unit>({
    bootId: BOOT,
    root: true,
    name: 'kubelet',
    active: 'active',
    sub: 'running',
    mainPid: 900,
    startedUs: 1,
    ...more,
  });
