import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { execa } from 'execa';
import type { Performer } from '../../../src/engine/ports.ts';
import type { RawOutput } from '../../../src/runbook/command.ts';
import { ssh } from '../../../src/transport/ssh.ts';
import type { Subject } from '../../recordings/case.ts';
import type { CaseId } from '../../recordings/cases.ts';
import { directoryOf, STRANGER } from '../../recordings/cases/machines.ts';
import { SITE } from '../../tools/site.ts';
import type { LabNode } from '../harness/lab-node.ts';
import { Network } from '../harness/network.ts';
import { startNfsServer } from '../harness/nfs-server.ts';
import { addPod } from '../harness/node-pods.ts';
import type { NodeTask } from '../harness/node-task.ts';
import { mountVolume, stickMountNfs } from '../harness/node-volumes.ts';
import { type LabNodes, startNodes } from '../harness/nodes.ts';
import { Undo } from '../harness/undo.ts';
import { until } from '../harness/until.ts';
import type { Recorder, Versions } from './recorder.ts';
import { machineVersions } from './versions.ts';

const NODE = 'k8s-node2';
const PORT = 29_653;
const POISONER = [
  'rpc_wait_bit_killable+0xd/0x70 [sunrpc]',
  '__rpc_execute+0x12f/0x4a0 [sunrpc]',
  'nfs4_run_exchange_id+0x1ea/0x290 [nfsv4]',
  'nfs4_discover_server_trunking+0x7a/0x250 [nfsv4]',
]
  .map((frame) => `[<0>] ${frame}`)
  .join('\n');

/** What a question is about on the node. */
type About = Partial<Pick<Subject, 'task' | 'podUid' | 'lockNumber'>>;

/** A node, its NFS server, and how the questions reach them. */
class Machines {
  readonly node: LabNode;
  readonly host: LabNode;
  readonly #lab: LabNodes;
  readonly #versions: Versions;
  readonly #recorder: Recorder;

  constructor(lab: LabNodes, versions: Versions, recorder: Recorder) {
    this.node = lab.get(NODE);
    this.host = lab.get('pve');
    this.#lab = lab;
    this.#versions = versions;
    this.#recorder = recorder;
  }

  /** Asks one over a connection of its own. */
  async ask(id: CaseId, about: About = {}): Promise<RawOutput> {
    const far = ssh({
      address: (where) => ({ address: where.on === 'node' ? where.node : where.host }),
      configFile: this.#lab.ssh.config,
    });
    try {
      return await this.#recorder.ask(
        id,
        this.#subject(about),
        far satisfies Performer,
        this.#versions,
      );
    } finally {
      await far.close();
    }
  }

  get knownHosts(): string {
    return this.#lab.ssh.knownHosts;
  }

  #subject(about: About): Subject {
    const { address } = this.host;
    const nothing = { namespace: 'vault', uid: about.podUid ?? '', address };
    return {
      site: { ...SITE, nfs: { server: this.host.address, host: 'pve', export: '/export' } },
      pod: (name) => ({ ...nothing, name }),
      node: (name) => ({ name, uid: '' }),
      leaseVersion: '',
      lockNumber: 0,
      task: { node: NODE, pid: 1, startTicks: 1, comm: '' },
      podUid: '',
      volume: 'pvc-1',
      ...about,
    };
  }
}

/** Records what the kept scripts print on a node, and how the way there fails; starts it, and stops it again. */
export async function recordMachines(recorder: Recorder): Promise<void> {
  const undo = new Undo();
  try {
    const network = await Network.open(undo);
    const machine = { uuid: randomUUID(), nfs: true };
    const lab = await startNodes(undo, network, [NODE, 'pve'], { [NODE]: machine });
    const machines = new Machines(lab, await machineVersions(), recorder);
    await quiet(machines);
    await processes(machines);
    await ports(machines);
    await nfsServer(machines);
    await runLock(machines);
    await way(machines);
  } finally {
    await undo.close();
  }
}

async function quiet(machines: Machines): Promise<void> {
  for (const id of [
    'linux/identity',
    'linux/tasks-none',
    'linux/task-gone',
    'linux/kill-gone',
    'linux/remains-none',
    'linux/port-free',
  ] as const) {
    // oxlint-disable-next-line no-await-in-loop -- one connection at a time
    await machines.ask(id);
  }
}

const seenAs = ({ pid, startTime }: NodeTask, comm: string) => ({
  task: { node: NODE, pid, startTicks: Number(startTime), comm },
});

async function processes(machines: Machines): Promise<void> {
  const { node } = machines;
  const uid = randomUUID();
  const pod = await addPod(node, { uid, namespace: 'vault', name: 'vault-2' });
  await mountVolume(node, { podUid: uid, pv: 'pvc-1' });
  await machines.ask('linux/remains', { podUid: uid });
  await pod.log(['core: entering standby mode', 'core: vault is unsealed']);
  await machines.ask('linux/log-file', { podUid: uid });
  await machines.ask('linux/log-file-absent', { podUid: uid });
  await directories(machines, uid);
  const volume = { podUid: randomUUID(), pv: 'pvc-2' };
  const mount = await stickMountNfs(node, volume, { stack: POISONER });
  await pod.stick({ wchan: 'rpc_wait_bit_killable', killable: true });
  await machines.ask('linux/tasks-blocked');
  const seen = seenAs(mount, 'mount.nfs');
  await machines.ask('linux/task-found', seen);
  await machines.ask('linux/kill-other', seen);
  await machines.ask('linux/killed', seen);
  await node.reset();
  const other = await addPod(node, { uid, namespace: 'vault', name: 'vault-2' });
  await other.stick({ wchan: 'folio_wait_bit_common', killable: false });
  await killed(node, other.task);
  await machines.ask('linux/tasks-zombie');
  await node.reset();
}

/** What is left of a pod's directories, and what is not. */
async function directories(machines: Machines, podUid: string): Promise<void> {
  const { node } = machines;
  await node.run(`mkdir -p ${directoryOf(STRANGER, 'pvc-9')}`);
  await node.write(`${directoryOf(podUid, 'spare')}/vol_data.json`, '{}');
  await machines.ask('linux/directory-mounted', { podUid });
  await machines.ask('linux/directory-full', { podUid });
  await machines.ask('linux/directory-removed', { podUid });
}

/** The lock of a run, from one that is free to one that is free again. */
async function runLock(machines: Machines): Promise<void> {
  await machines.ask('linux/lock-free');
  const { stdout } = await machines.ask('linux/lock-taken');
  const lockNumber = Number(/^held\t(\d+)/m.exec(stdout)?.[1]);
  await machines.ask('linux/lock-of-another', { lockNumber });
  await machines.ask('linux/lock-renewed', { lockNumber });
  await machines.ask('linux/lock-released', { lockNumber });
}

/** Loses what a machine sends to an address, while something is done. */
async function blackHole(
  { network }: LabNode,
  address: string,
  meanwhile: () => Promise<unknown>,
): Promise<void> {
  const route = ['blackhole', `${address}/32`];
  await execa('ip', ['-n', network.namespace, 'route', 'add', ...route]);
  try {
    await meanwhile();
  } finally {
    await execa('ip', ['-n', network.namespace, 'route', 'del', ...route]);
  }
}

async function killed(node: LabNode, task: NodeTask): Promise<void> {
  await node.run(`kill -KILL ${task.pid}`);
  await until('it is a zombie', { seconds: 5 }, async () => (await task.state()) === 'Z');
}

async function ports(machines: Machines): Promise<void> {
  const { node } = machines;
  const holder = await addPod(node, {
    uid: randomUUID(),
    namespace: 'nfs-csi',
    name: 'csi-nfs-node-x7k2p',
    container: 'livenessprobe',
    listens: [{ protocol: 'tcp', address: '127.0.0.1', port: PORT }],
  });
  await machines.ask('linux/port-held');
  await holder.stick({ wchan: 'folio_wait_bit_common', killable: false });
  await killed(node, holder.task);
  await machines.ask('linux/port-zombie');
  await node.reset();
}

async function nfsServer(machines: Machines): Promise<void> {
  await machines.ask('linux/nfs-refused');
  const server = await startNfsServer(machines.host);
  await machines.ask('linux/nfs-answers');
  await server.answer(false);
  await machines.ask('linux/nfs-silent');
  const { node, host } = machines;
  await blackHole(host, node.address, async () => {
    await machines.ask('linux/nfs-dropped');
    await machines.ask('linux/reach-timeout');
  });
}

/** A line of known_hosts without the names of its host. */
const key = (line: string): string => line.slice(line.indexOf(' '));

/** The ways in which SSH does not get there, the last one first undone. */
async function way(machines: Machines): Promise<void> {
  const { node, knownHosts } = machines;
  const known = await readFile(knownHosts, 'utf8');
  await writeFile(knownHosts, '');
  await machines.ask('openssh/host-key-unknown');
  const [first = '', second = ''] = known.trim().split('\n');
  await writeFile(knownHosts, `${first.slice(0, first.indexOf(' '))}${key(second)}\n`);
  await machines.ask('openssh/host-key-changed');
  await writeFile(knownHosts, known);
  const machine = `${node.address.slice(0, node.address.lastIndexOf('.'))}.1`;
  await blackHole(node, machine, () => machines.ask('openssh/frozen'));
  await node.powerOff();
  await machines.ask('openssh/refused');
  await node.network.setCable('pulled');
  // Nobody answers for its address any more, once it is forgotten who did.
  await execa('ip', ['neighbour', 'flush', 'to', node.address]);
  await machines.ask('openssh/off');
  await node.network.setCable('plugged');
}
