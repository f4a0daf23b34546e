import { askServer } from '../../../src/tools/nfs/answer.ts';
import { identity } from '../../../src/tools/node/identity.ts';
import { killTask } from '../../../src/tools/node/kill-task.ts';
import { podLogFile } from '../../../src/tools/node/pod-log.ts';
import { portOwner } from '../../../src/tools/node/port-owner.ts';
import { reach } from '../../../src/tools/node/reach.ts';
import { remains } from '../../../src/tools/node/remains.ts';
import { removeDirectory } from '../../../src/tools/node/remove-directory.ts';
import { task } from '../../../src/tools/node/task.ts';
import { tasks } from '../../../src/tools/node/tasks.ts';
import type { World } from '../../../src/lab/index.ts';
import type { Cases, InLab } from '../case.ts';

const HEALTHY: InLab = { scenario: 'healthy' };
/** One node has a stuck mount, and a server that waits for NFS. */
const STUCK: InLab = { scenario: 'stuck-mounts' };
const OTHER = '11111111-1111-4111-8111-111111111111';
/** A pod that nobody knows. */
export const STRANGER = OTHER;

/** Where kubelet mounts a volume of a pod, or would. */
export const directoryOf = (podUid: string, volume: string): string =>
  `/var/lib/kubelet/pods/${podUid}/volumes/kubernetes.io~csi/${volume}/mount`;
const PORT = 29_653;

const nfs = (change: Partial<World['nfsServer']>): InLab => ({
  scenario: 'healthy',
  world: (world) => ({ ...world, nfsServer: { ...world.nfsServer, ...change } }),
});

const leader = (health: World['members'][number]['health']): InLab => ({
  scenario: 'healthy',
  world: (world) => ({
    ...world,
    members: world.members.map((it) => (it.id === 'vault-2' ? { ...it, health } : it)),
  }),
});

const OVERLAID = 'the wait channels, the stacks and the control groups';

/** What the kept scripts print on a node. */
export const LINUX = {
  identity: {
    about: 'a node as a machine of its own',
    asks: ({ task: { node } }) => identity({ on: 'node', node }),
    means: { ok: true, value: { root: true } },
    lab: HEALTHY,
  },
  'tasks-none': {
    about: 'no task is blocked or dead',
    asks: ({ task: { node } }) => tasks(node),
    means: { ok: true, value: { root: true, tasks: [] } },
    lab: HEALTHY,
  },
  'tasks-blocked': {
    about: 'a mount.nfs in D, and a server with a thread in D',
    asks: ({ task: { node } }) => tasks(node),
    means: { ok: true, value: { root: true } },
    assumed: OVERLAID,
    lab: STUCK,
  },
  'tasks-zombie': {
    about: 'a zombie whose thread is in D',
    asks: ({ task: { node } }) => tasks(node),
    means: { ok: true, value: { root: true } },
    assumed: OVERLAID,
    lab: { scenario: 'port-zombie' },
  },
  'task-found': {
    about: 'a process of that id',
    asks: ({ task: { node, pid } }) => task(node, pid),
    means: { ok: true },
    lab: STUCK,
  },
  'task-gone': {
    about: 'no process of that id',
    asks: ({ task: { node } }) => task(node, 4_000_000),
    means: { ok: true },
    lab: HEALTHY,
  },
  'kill-other': {
    about: 'another process has that id now',
    asks: ({ task: it }) => killTask(it.node, { ...it, startTicks: 1 }),
    means: { ok: true },
    lab: STUCK,
  },
  killed: {
    about: 'the process is the one that was seen',
    asks: ({ task: it }) => killTask(it.node, it),
    means: { ok: true },
    lab: STUCK,
  },
  'kill-gone': {
    about: 'no process of that id',
    asks: ({ task: it }) => killTask(it.node, { ...it, pid: 4_000_000 }),
    means: { ok: true },
    lab: HEALTHY,
  },
  'remains-none': {
    about: 'nothing is left of a pod',
    asks: ({ task: { node } }) => remains(node, OTHER),
    means: { ok: true, value: { processes: [], mounts: [] } },
    lab: HEALTHY,
  },
  remains: {
    about: 'a pod whose process and mount are there',
    asks: ({ task: { node }, podUid }) => remains(node, podUid),
    means: { ok: true },
    assumed: 'the control groups, and that the mount is NFS',
    lab: HEALTHY,
  },
  'port-free': {
    about: 'nobody listens on a port',
    asks: ({ task: { node } }) => portOwner(node, 1),
    means: { ok: true, value: { listeners: [], holders: [] } },
    lab: HEALTHY,
  },
  'port-held': {
    about: 'a process listens on a port',
    asks: ({ task: { node } }) => portOwner(node, PORT),
    means: { ok: true, value: { listeners: [{ protocol: 'tcp' }], holders: [{ shown: true }] } },
    assumed: 'the control groups',
    lab: HEALTHY,
  },
  'port-zombie': {
    about: 'a zombie with a thread in D still has a port',
    asks: ({ task: { node } }) => portOwner(node, PORT),
    means: { ok: true, value: { holders: [{ shown: false, state: 'Z' }] } },
    assumed: 'the control groups',
    lab: { scenario: 'port-zombie' },
  },
  'reach-open': {
    about: 'a Vault that answers',
    asks: ({ task: { node }, pod }) => reach(node, pod('vault-2').address, 8200, '/v1/sys/leader'),
    means: { ok: true, value: { tcp: 'open', http: { is: 'status', status: 200 } } },
    lab: HEALTHY,
  },
  'reach-closed': {
    about: "Vault's cluster port, which wants TLS",
    asks: ({ task: { node }, pod }) => reach(node, pod('vault-2').address, 8201, '/'),
    means: { ok: true, value: { tcp: 'open' } },
    lab: HEALTHY,
  },
  'reach-silent': {
    about: 'a Vault whose process is stopped whole',
    asks: ({ task: { node }, pod }) => reach(node, pod('vault-2').address, 8200, '/v1/sys/leader'),
    means: { ok: true, value: { tcp: 'open', http: { is: 'silent' } } },
    lab: leader('frozen'),
  },
  'reach-refused': {
    about: 'a Vault whose process is gone',
    asks: ({ task: { node }, pod }) => reach(node, pod('vault-2').address, 8200, '/v1/sys/leader'),
    means: { ok: true, value: { tcp: 'refused' } },
    lab: leader('gone'),
  },
  'log-file': {
    about: 'the log of a container that runs',
    asks: ({ task: { node }, pod }) => podLogFile(node, pod('vault-2'), 'vault'),
    means: { ok: true },
    lab: HEALTHY,
  },
  'log-file-absent': {
    about: 'no log of that container',
    asks: ({ task: { node }, pod }) => podLogFile(node, { ...pod('vault-2'), uid: OTHER }, 'vault'),
    means: { ok: true },
    lab: HEALTHY,
  },
  'nfs-refused': {
    about: 'nothing listens on the port of NFS',
    asks: ({ task: { node }, site }) => askServer(node, site.nfs?.server ?? ''),
    means: { ok: true, value: { tcp: 'refused', rpc: 'refused' } },
    lab: nfs({ state: 'stopped' }),
  },
  'nfs-answers': {
    about: 'an RPC server that answers the NULL call',
    asks: ({ task: { node }, site }) => askServer(node, site.nfs?.server ?? ''),
    means: { ok: true, value: { tcp: 'open', rpc: 'answers' } },
    assumed: 'the server: a responder of the suite that speaks RPC',
    lab: HEALTHY,
  },
  'nfs-silent': {
    about: 'an RPC server that takes the call and does not answer',
    asks: ({ task: { node }, site }) => askServer(node, site.nfs?.server ?? ''),
    means: { ok: true, value: { tcp: 'open', rpc: 'silent' } },
    assumed: 'the server: a responder of the suite',
    lab: nfs({ state: 'hung' }),
  },
  'nfs-dropped': {
    about: 'a server whose packets are lost',
    asks: ({ task: { node }, site }) => askServer(node, site.nfs?.server ?? ''),
    means: { ok: true, value: { tcp: 'timeout', rpc: 'silent' } },
    lab: {
      scenario: 'healthy',
      world: (world) => ({
        ...world,
        nodes: world.nodes.map((it) =>
          it.name === 'k8s-node2' ? { ...it, pathDropped: true as const } : it,
        ),
      }),
    },
  },
  'reach-timeout': {
    about: 'a machine whose packets are lost',
    asks: ({ task: { node }, pod }) => reach(node, pod('vault-1').address, 8200, '/v1/sys/leader'),
    means: { ok: true, value: { tcp: 'timeout' } },
    lab: {
      scenario: 'healthy',
      world: (world) => ({
        ...world,
        nodes: world.nodes.map((it) => (it.name === 'k8s-node3' ? { ...it, power: 'paused' } : it)),
      }),
    },
  },
  'directory-mounted': {
    about: 'a directory in which something is mounted',
    asks: ({ task: { node }, podUid, volume }) =>
      removeDirectory(node, directoryOf(podUid, volume)),
    means: { ok: true, value: 'mounted' },
    assumed: 'that the mount is NFS',
    lab: HEALTHY,
  },
  'directory-full': {
    about: 'a directory that is not empty',
    asks: ({ task: { node }, podUid }) => removeDirectory(node, directoryOf(podUid, 'spare')),
    means: { ok: true, value: 'not-empty' },
    lab: HEALTHY,
  },
  'directory-removed': {
    about: 'an empty directory of a pod that is gone',
    asks: ({ task: { node } }) => removeDirectory(node, directoryOf(STRANGER, 'pvc-9')),
    means: { ok: true, value: 'removed' },
    lab: HEALTHY,
  },
} as const satisfies Cases;
