import type { Observation } from '../../../src/runbook/observation.ts';
import type { Node } from '../../../src/tools/kubectl/nodes.ts';
import type { Pod } from '../../../src/tools/kubectl/pods.ts';
import type { MountTry } from '../../../src/tools/nfs/probe.ts';
import type { Identity } from '../../../src/tools/node/identity.ts';
import type { Kubelet } from '../../../src/tools/node/kubelet.ts';
import type { Task, TaskScan } from '../../../src/tools/node/tasks.ts';
import type { Vm } from '../../../src/tools/pve/vm.ts';

/** Observations as a run would have them, for the deciding code alone. */

/** Boot IDs of a reset that worked (REALITY 5: the first reset). */
export const OLD_BOOT = 'ef598c9e-58ce-4913-8854-7deb981ac523';
export const NEW_BOOT = '242dfc69-4f6b-4f31-a911-bcaa2946fbf5';
export const UUID = '6f0c1111-2222-4333-8444-555566667777';

export const saw = <T>(value: T): Observation<T> => ({ ok: true, value, at: 0 });

export const blind = <T>(says = 'no answer within 10 s'): Observation<T> => ({
  ok: false,
  why: 'timeout',
  says,
  raw: '',
  at: 0,
});

export const aTask = (over: Partial<Task> = {}): Task => ({
  pid: 343,
  tid: 343,
  comm: 'mount.nfs',
  state: 'D',
  ppid: 342,
  threads: 1,
  startTicks: 28_277,
  ageSeconds: 600,
  wchan: 'rpc_wait_bit_killable',
  killable: 'yes',
  nfs: true,
  ...over,
});

/** The mount whose EXCHANGE_ID is unanswered (REALITY 4d, /proc/343/stack). */
export const poisoner = (over: Partial<Task> = {}): Task =>
  aTask({
    stack: [
      'rpc_wait_bit_killable',
      '__rpc_execute',
      'nfs4_run_exchange_id',
      'nfs4_discover_server_trunking',
      'nfs4_init_client',
    ],
    ...over,
  });

/** A zombie leader, and its thread that waits for an NFS reply (COMMANDS B.3; recorded in lab 04). */
export const deadHolder = (): readonly [Task, Task] => [
  aTask({ comm: 'vault', state: 'Z', threads: 2, wchan: '0', killable: 'no', nfs: false }),
  aTask({ comm: 'vault', tid: 350, threads: 2, killable: 'no' }),
];

export const scanOf = (...tasks: readonly Task[]): Observation<TaskScan> =>
  saw({ bootId: OLD_BOOT, root: true, tasks });

export const kubeletOf = (healthz: Kubelet['healthz']): Observation<Kubelet> =>
  saw({
    bootId: OLD_BOOT,
    root: true,
    unit: { active: 'active', sub: 'running', mainPid: 1842 },
    healthz,
    processes: [],
  });

export const wellKubelet = kubeletOf({ is: 'status', status: 200 });

export const mounted = (seconds = 0.4): Observation<MountTry> =>
  saw({ bootId: OLD_BOOT, is: 'mounted', seconds, version: '4.2', undone: true });

export const hung: Observation<MountTry> = saw({ bootId: OLD_BOOT, is: 'hung', seconds: 15 });

type Failed = Extract<MountTry, { is: 'failed' }>;

export const failed = (reason: Failed['reason'], says: string): Observation<MountTry> =>
  saw({ bootId: OLD_BOOT, is: 'failed', seconds: 6.5, code: 32, reason, says });

export const busy: Observation<MountTry> = saw({
  bootId: OLD_BOOT,
  is: 'busy',
  task: { pid: 343, startTicks: 28_277, comm: 'mount.nfs', wchan: 'rpc_wait_bit_killable' },
});

export const aNode = (over: Partial<Node> = {}): Node => ({
  name: 'k8s-node2',
  uid: 'node-uid-2',
  createdAt: '2024-11-02T00:00:00Z',
  address: '10.0.20.102',
  ready: 'True',
  unschedulable: false,
  bootID: OLD_BOOT,
  systemUUID: UUID,
  controlPlane: false,
  ...over,
});

export const aGuest = (bootId: string): Observation<Identity> =>
  saw({
    bootId,
    root: true,
    kernel: '6.8.0-106-generic',
    now: 0,
    host: 'k8s-node2',
    productUuid: UUID,
  });

export const aVm = (over: Partial<Vm> = {}): Vm => ({
  host: 'pve',
  hypervisor: 'pve',
  vmid: 202,
  name: 'k8s-node2',
  status: 'running',
  qmpStatus: 'running',
  uuid: UUID,
  macs: [],
  addresses: [],
  disks: { scsi0: 'local-lvm:vm-202-disk-0,size=64G' },
  boot: { kind: 'order', devices: ['scsi0'] },
  hostpci: [],
  pending: [],
  ha: 'none',
  twins: [],
  agent: true,
  ...over,
});

export const aPod = (over: Partial<Pod> = {}): Pod => ({
  namespace: 'apps',
  name: 'web-0',
  uid: `uid-${over.name ?? 'web-0'}`,
  node: 'k8s-node2',
  phase: 'Running',
  ready: true,
  createdAt: '2026-04-20T00:00:00Z',
  labels: {},
  containers: [],
  claims: [],
  owner: { kind: 'ReplicaSet', name: 'web' },
  hostNetwork: false,
  mirror: false,
  inlineNfs: false,
  ...over,
});
