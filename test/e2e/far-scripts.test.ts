import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Command, Reading } from '../../src/runbook/command.ts';
import type { Site } from '../../src/runbook/site.ts';
import { askServer } from '../../src/tools/nfs/answer.ts';
import { testMount } from '../../src/tools/nfs/probe.ts';
import { nfsServer } from '../../src/tools/nfs/server.ts';
import { detachMount } from '../../src/tools/node/detach-mount.ts';
import { kubelet } from '../../src/tools/node/kubelet.ts';
import { nfsState } from '../../src/tools/node/nfs-state.ts';
import { holdsDead, initiatesClient, killOrder } from '../../src/tools/node/poisoner.ts';
import { portOwner } from '../../src/tools/node/port-owner.ts';
import { removeDirectory } from '../../src/tools/node/remove-directory.ts';
import { restartUnit } from '../../src/tools/node/restart-unit.ts';
import { sandboxes } from '../../src/tools/node/sandboxes.ts';
import { removeSandbox, stopSandbox } from '../../src/tools/node/stop-sandbox.ts';
import { tasks } from '../../src/tools/node/tasks.ts';
import { unit } from '../../src/tools/node/unit.ts';
import { power } from '../../src/tools/pve/power.ts';
import { vmOn } from '../../src/tools/pve/vm.ts';
import { ssh, type Ssh } from '../../src/transport/ssh.ts';
import { SITE } from '../tools/site.ts';
import { Hypervisor } from './harness/hypervisor.ts';
import type { LabNode } from './harness/lab-node.ts';
import { Network } from './harness/network.ts';
import { refreshTable, setMounts } from './harness/nfs-lens.ts';
import { layNfsdFiles, startNfsServer } from './harness/nfs-server.ts';
import { addPod } from './harness/node-pods.ts';
import { addSandbox } from './harness/node-sandboxes.ts';
import type { NodeTask } from './harness/node-task.ts';
import { addUnit } from './harness/node-units.ts';
import { mountVolume, stickMountNfs } from './harness/node-volumes.ts';
import { type LabNodes, startNodes } from './harness/nodes.ts';
import { canRun } from './harness/required.ts';
import { Undo } from './harness/undo.ts';
import { until } from './harness/until.ts';

const NODE = 'k8s-node2';
const UUID = randomUUID();
const PORT = 29_653;

/** Stacks as they were recorded (REALITY 4d); the wait channels are laid over the processes as well. */
const POISONER = frames(
  'rpc_wait_bit_killable+0xd/0x70 [sunrpc]',
  '__rpc_execute+0x12f/0x4a0 [sunrpc]',
  'nfs4_run_exchange_id+0x1ea/0x290 [nfsv4]',
  'nfs4_discover_server_trunking+0x7a/0x250 [nfsv4]',
  'nfs4_init_client+0xbd/0x140 [nfsv4]',
);
const WAITER = frames(
  'nfs_wait_client_init_complete+0x87/0xc0 [nfs]',
  'nfs_get_client+0x1ec/0x410 [nfs]',
);

/**
 * The scripts of the tools against real processes, ports and mounts, over the product's own SSH. Not real: the wait
 * channels and stacks of NFS (no NFS server runs here, and namespaces share the kernel's client), and the programs of
 * `harness/stand-ins`, whose words and exit codes are those of the real ones.
 */
describe.runIf(canRun())('the scripts on a real node', () => {
  let undo: Undo;
  let lab: LabNodes;
  let node: LabNode;
  let hypervisor: Hypervisor;
  let far: Ssh;

  beforeAll(async () => {
    undo = new Undo();
    const network = await Network.open(undo);
    lab = await startNodes(undo, network, [NODE, 'pve'], { [NODE]: { uuid: UUID, nfs: true } });
    node = lab.get(NODE);
    hypervisor = await Hypervisor.start(lab.get('pve'), [{ vmid: 202, node, uuid: UUID }]);
    far = ssh({
      address: (where) => ({ address: where.on === 'node' ? where.node : where.host }),
      configFile: lab.ssh.config,
    });
  }, 60_000);

  afterAll(async () => {
    await far?.close();
    await hypervisor?.close();
    await undo.close();
  });

  const read = async <T>(command: Command<T>): Promise<Reading<T>> => {
    const out = await far.perform(command, AbortSignal.timeout(120_000));
    if (out.ending.how !== 'exited') throw new Error(`${command.id}: ${JSON.stringify(out)}`);
    return command.read(out);
  };
  const value = async <T>(command: Command<T>): Promise<T> => {
    const reading = await read(command);
    if (!reading.ok) throw new Error(`${command.id}: ${reading.why}: ${reading.says}`);
    return reading.value;
  };

  describe('tasks', () => {
    afterEach(() => node.reset());

    test('are read with their stacks, and only stuck mounts are to be killed, in order', async () => {
      const app = await addPod(node, { uid: randomUUID(), namespace: 'dbaas', name: 'mysql-0' });
      const waits = await app.stick({ wchan: 'rpc_wait_bit_killable', killable: true });
      const waiter = await stickMountNfs(node, volume('pvc-1'), {
        wchan: 'nfs_wait_client_init_complete',
        stack: WAITER,
      });
      const mutex = await stickMountNfs(node, volume('pvc-2'), {
        wchan: 'nfs4_discover_server_trunking',
      });
      const poisoner = await stickMountNfs(node, volume('pvc-3'), { stack: POISONER });

      const scan = await value(tasks(NODE));
      expect(scan).toMatchObject({ root: true, bootId: await node.bootId() });
      const seen = (it: NodeTask) =>
        scan.tasks.find(({ pid, tid }) => pid === it.pid && tid === it.tid);
      expect(seen(poisoner)).toMatchObject({
        comm: 'mount.nfs',
        state: 'D',
        startTicks: Number(poisoner.startTime),
        nfs: true,
        stack: [
          'rpc_wait_bit_killable',
          '__rpc_execute',
          'nfs4_run_exchange_id',
          'nfs4_discover_server_trunking',
          'nfs4_init_client',
        ],
      });
      // Nothing is laid over the stack of this one: it is the kernel's own.
      expect(seen(mutex)?.stack?.[0]).toMatch(/^[a-z_]+$/);
      expect(seen(waits)).toMatchObject({
        state: 'D',
        killable: 'yes',
        podUid: expect.any(String),
      });
      expect(scan.tasks.filter(initiatesClient).map(({ pid }) => pid)).toEqual([poisoner.pid]);
      const order = killOrder(scan.tasks).map(({ pid }) => pid);
      expect(order).toEqual([poisoner.pid, waiter.pid]);
    });

    test('that are zombies with a thread in D are told from zombies that only wait', async () => {
      const pod = await addPod(node, { uid: randomUUID(), namespace: 'vault', name: 'vault-2' });
      await pod.stick({ wchan: 'folio_wait_bit_common', killable: false });
      expect((await value(tasks(NODE))).tasks.filter(holdsDead)).toEqual([]);
      await node.run(`kill -KILL ${pod.task.pid}`);
      await until('it is a zombie', { seconds: 5 }, async () => (await pod.task.state()) === 'Z');
      const dead = (await value(tasks(NODE))).tasks.filter(holdsDead);
      expect(dead).toMatchObject([{ pid: pod.task.pid, state: 'Z', threads: 2, killable: 'no' }]);
    });
  });

  describe('a port', () => {
    const listens = [
      { protocol: 'tcp', address: '127.0.0.1', port: PORT },
      { protocol: 'udp', address: '127.0.0.1', port: PORT },
    ] as const;
    const uid = randomUUID();
    const pod = {
      uid,
      namespace: 'kube-system',
      name: 'csi-nfs-node-x7k2p',
      container: 'livenessprobe',
    };

    test('is free, held by a live process, and held by a dead one whose thread is in D', async () => {
      expect(await value(portOwner(NODE, PORT))).toMatchObject({ listeners: [], holders: [] });

      const holder = await addPod(node, { ...pod, listens });
      const live = await value(portOwner(NODE, PORT));
      const address = '127.0.0.1';
      expect(live.listeners).toMatchObject([
        { protocol: 'tcp', address },
        { protocol: 'udp', address },
      ]);
      const known = { comm: 'livenessprobe', pid: holder.task.pid, podUid: uid, threads: 1 };
      expect(live.holders).toMatchObject([
        { ...known, protocol: 'tcp', tid: holder.task.pid, state: 'S', shown: true },
        { ...known, protocol: 'udp', tid: holder.task.pid, state: 'S', shown: true },
      ]);

      const stuck = await holder.stick({ wchan: 'folio_wait_bit_common', killable: false });
      await node.run(`kill -KILL ${holder.task.pid}`);
      await until(
        'it is a zombie',
        { seconds: 5 },
        async () => (await holder.task.state()) === 'Z',
      );
      // The kernel's own word: nobody is named, and nobody else may bind it (lab 07).
      expect(await node.run(`ss -Hltnp 'sport = :${PORT}'`)).not.toContain('users:');
      await expect(addPod(node, { ...pod, uid: randomUUID(), listens })).rejects.toThrow(
        'Address already in use',
      );
      const dead = await value(portOwner(NODE, PORT));
      expect(dead.listeners).toEqual(live.listeners);
      const left = { ...known, tid: stuck.tid, state: 'Z', threads: 2, shown: false };
      expect(dead.holders).toMatchObject([
        { ...left, protocol: 'tcp' },
        { ...left, protocol: 'udp' },
      ]);

      await node.reset();
      expect(await value(portOwner(NODE, PORT))).toMatchObject({ listeners: [], holders: [] });
    });
  });

  describe('NFS mounts', () => {
    afterEach(() => node.reset());

    test('are read from the mount table, and what is in the kernel without them is a ghost', async () => {
      expect(await value(nfsState(NODE))).toMatchObject({ root: true, mounts: [], ghosts: [] });
      const podUid = randomUUID();
      const path = await mountVolume(node, { podUid, pv: 'pvc-9' });
      const { mounts } = await value(nfsState(NODE));
      const source = '10.98.0.9:/export/pvc-9';
      expect(mounts).toMatchObject([{ path, source, server: '10.98.0.9', version: '4.2', podUid }]);
      const [mount] = mounts;
      if (mount === undefined) throw new Error('there is no mount');
      expect(await node.run(`stat -c %Hd:%Ld ${path}`)).toBe(mount.device);

      // The kernel of the machine may have no NFS client: its table is laid over /proc/fs.
      await node.run(`
        mount -t tmpfs tmpfs /proc/fs
        mkdir /proc/fs/nfsfs
        printf '%s\n' 'NV SERVER   PORT DEV          FSID                              FSC' \
          'v4 0a63000a  801 ${mount.device}         0:0                               no ' > /proc/fs/nfsfs/volumes`);
      expect((await value(nfsState(NODE))).ghosts).toEqual([]);
      expect(await value(detachMount(NODE, mount))).toBe('detached');
      expect(await node.run('cat /proc/self/mountinfo')).not.toContain(` ${path} `);
      expect(await value(nfsState(NODE))).toMatchObject({ mounts: [], ghosts: [mount.device] });
      expect(await value(detachMount(NODE, mount))).toBe('gone');
    });

    test('are tried, and taken off again', async () => {
      const before = await node.run('cat /proc/self/mountinfo');
      for (const [version, seen] of [
        ['default', '4.2'],
        ['4.1', '4.1'],
        ['3', '3'],
      ] as const) {
        const it = await value(testMount(NODE, NFS, version));
        expect(it).toMatchObject({ is: 'mounted', version: seen, undone: true });
      }
      await setMounts(node, { '4.1': 'refused' });
      expect(await value(testMount(NODE, NFS, '4.1'))).toMatchObject({
        is: 'failed',
        code: 32,
        reason: 'refused',
      });
      expect(await node.run('cat /proc/self/mountinfo')).toBe(before);
      expect(await node.run('ls -d /run/sre-nfs* || :')).toBe('');
    });

    test('that hang are killed, and none is tried beside one that does', async () => {
      await setMounts(node, { default: 'hangs' });
      const hung = await value(testMount(NODE, NFS, 'default', 2));
      expect(hung).toMatchObject({ is: 'hung' });
      expect(hung).not.toHaveProperty('left');
      expect((await value(tasks(NODE))).tasks).toEqual([]);
      const stuck = await stickMountNfs(node, volume('pvc-4'));
      expect(await value(testMount(NODE, NFS, '4.1'))).toMatchObject({
        is: 'busy',
        task: { pid: stuck.pid, comm: 'mount.nfs', wchan: 'rpc_wait_bit_killable' },
      });
      await node.run(`kill -KILL ${stuck.pid}`);
      // Two at a time: the second finds the lock of the first.
      const both = await Promise.all([
        value(testMount(NODE, NFS, 'default', 3)),
        sleep(1000).then(() => value(testMount(NODE, NFS, '4.1'))),
      ]);
      expect(both.map((it) => it.is)).toEqual(['hung', 'locked']);
    });
  });

  describe('an NFS server', () => {
    test('answers a NULL call, hangs, is refused, and is no NFS server', async () => {
      const host = lab.get('pve');
      expect(await value(askServer(NODE, host.address))).toMatchObject({
        tcp: 'refused',
        rpc: 'refused',
      });
      const server = await startNfsServer(host);
      const good = await value(askServer(NODE, host.address));
      expect(good).toMatchObject({ tcp: 'open', rpc: 'answers' });
      expect(good.tcpSeconds).toBeLessThan(2);
      await server.answer(false);
      expect(await value(askServer(NODE, host.address))).toMatchObject({
        tcp: 'open',
        rpc: 'silent',
      });
      await server.answer(true);
      await host.run(`kill -KILL ${server.task.pid}`);
    });

    test('shows its threads and its times on its own host', async () => {
      const command = nfsServer(siteOf('pve'));
      if (command === undefined) throw new Error('the inventory names no host');
      const exports = ['/srv/nfs\t10.98.0.0/16(rw,no_root_squash,sync,wdelay,no_subtree_check)'];
      await layNfsdFiles(lab.get('pve'), { threads: 16, graceOver: true, exports });
      expect(await value(command)).toMatchObject({
        bootId: await lab.get('pve').bootId(),
        threads: 16,
        leaseSeconds: 90,
        graceSeconds: 90,
        inGrace: false,
        fsidZero: false,
        cpus: expect.any(Number),
      });
      const zero = ['/srv/nfs\t10.98.0.0/16(rw,fsid=0,sync)'];
      await layNfsdFiles(lab.get('pve'), { threads: 0, graceOver: false, exports: zero });
      expect(await value(command)).toMatchObject({ threads: 0, inGrace: true, fsidZero: true });
    });
  });

  test('a directory of a pod is removed where it is empty and no mount is there', async () => {
    const podUid = randomUUID();
    const path = await mountVolume(node, { podUid, pv: 'pvc-8', source: 'tmpfs' });
    const above = path.slice(0, path.lastIndexOf('/'));
    expect(await value(removeDirectory(NODE, path))).toBe('mounted');
    expect(await value(removeDirectory(NODE, above))).toBe('mounted');
    // Nothing but NFS is detached, and the node is not asked to.
    expect(await read(detachMount(NODE, { path, podUid }))).toMatchObject({ why: 'exit' });
    expect(await node.run('cat /proc/self/mountinfo')).toContain(` ${path} `);
    await node.run(`umount ${path}`);
    await refreshTable(node);
    expect(await value(detachMount(NODE, { path, podUid }))).toBe('gone');
    expect(await value(removeDirectory(NODE, path))).toBe('removed');
    expect(await value(removeDirectory(NODE, path))).toBe('gone');
    expect(await value(removeDirectory(NODE, above))).toBe('not-empty');
    expect(await node.run(`ls ${above}`)).toBe('vol_data.json');
  });

  describe('a sandbox', () => {
    const uid = randomUUID();
    const spec = { uid, namespace: 'kube-system', name: 'csi-nfs-node-x7k2p', container: 'nfs' };
    const listens = [{ protocol: 'tcp', address: '127.0.0.1', port: PORT }] as const;

    test('is listed, stopped with what runs in it, and removed', async () => {
      const pod = await addPod(node, { ...spec, listens });
      const made = await addSandbox(node, spec, pod);
      const seen = await value(sandboxes(NODE));
      const { namespace, name } = spec;
      expect(seen.sandboxes).toMatchObject([
        { id: made.id, podUid: uid, namespace, name, attempt: 0, ready: true },
      ]);
      expect(seen.containers).toMatchObject([{ sandbox: made.id, name: 'nfs', state: 'running' }]);
      const [sandbox] = seen.sandboxes;
      if (sandbox === undefined) throw new Error('there is no sandbox');
      expect(Math.abs(sandbox.createdAt - Date.now())).toBeLessThan(60_000);

      expect(await value(stopSandbox(NODE, { ...sandbox, podUid: randomUUID() }))).toBe('other');
      expect(await read(removeSandbox(NODE, sandbox))).toMatchObject({
        why: 'exit',
        says: expect.stringContaining('is running, please stop it first'),
      });
      await made.deny();
      expect(await read(stopSandbox(NODE, sandbox))).toMatchObject({
        why: 'exit',
        says: expect.stringContaining('unable to signal init: permission denied'),
      });
      expect(await pod.task.state()).toBe('S');
      await made.allow();
      expect(await value(stopSandbox(NODE, sandbox))).toBe('done');
      await until('it is gone', { seconds: 5 }, async () => !(await pod.task.isThere()));
      expect(await value(portOwner(NODE, PORT))).toMatchObject({ listeners: [] });
      expect((await value(sandboxes(NODE))).sandboxes).toMatchObject([{ ready: false }]);
      expect(await value(removeSandbox(NODE, sandbox))).toBe('done');
      expect(await made.isThere()).toBe(false);
      expect(await value(removeSandbox(NODE, sandbox))).toBe('gone');
      expect((await value(sandboxes(NODE))).sandboxes).toEqual([]);
    });
  });

  describe('a service', () => {
    test('is restarted where its main process is the one that was seen', async () => {
      const made = await addUnit(node, 'kubelet');
      const before = await value(unit(NODE, 'kubelet'));
      const mainPid = await made.mainPid();
      expect(before).toMatchObject({ active: 'active', sub: 'running', mainPid });
      const uptimeUs = Number((await node.read('/proc/uptime')).split(' ')[0]) * 1e6;
      expect(Math.abs(uptimeUs - (before.startedUs ?? 0))).toBeLessThan(20e6);
      expect(await value(kubelet(NODE))).toMatchObject({ healthz: { is: 'status', status: 200 } });

      expect(await value(restartUnit(NODE, 'kubelet', mainPid + 1))).toBe('other');
      expect(await made.mainPid()).toBe(mainPid);
      expect(await value(restartUnit(NODE, 'kubelet', mainPid))).toBe('asked');
      const after = await until('another main process', { seconds: 10 }, async () => {
        const now = await value(unit(NODE, 'kubelet'));
        return now.mainPid !== mainPid && now.active === 'active' ? now : undefined;
      });
      expect(after.startedUs).toBeGreaterThan(before.startedUs ?? 0);
      expect(await made.starts()).toBe(2);
    });
  });

  describe('a virtual machine', () => {
    const vm = { host: 'pve', vmid: 202, name: NODE, uuid: UUID };

    afterEach(() =>
      hypervisor.change(202, { name: NODE, uuid: UUID, lock: undefined, reset: 'works' }),
    );

    test('is read as its host knows it', async () => {
      expect(await value(vmOn('pve', 202))).toMatchObject({
        hypervisor: 'pve',
        name: NODE,
        status: 'running',
        qmpStatus: 'running',
        uuid: UUID,
        macs: [await node.network.mac()],
        addresses: [node.address],
        boot: { kind: 'order', devices: ['scsi0', 'net0'] },
        pending: [],
        ha: 'none',
        twins: [],
        agent: true,
      });
      expect(await value(vmOn('pve', 999))).toBeUndefined();
      await hypervisor.change(203, { name: NODE, uuid: randomUUID() });
      await hypervisor.change(202, {
        lock: 'backup',
        qmpstatus: 'paused',
        pending: ['new cores: 8'],
      });
      expect(await value(vmOn('pve', 202))).toMatchObject({
        status: 'running',
        qmpStatus: 'paused',
        lock: 'backup',
        pending: ['new cores: 8'],
        twins: [203],
      });
      await hypervisor.forget(203);
      await hypervisor.change(202, { qmpstatus: 'running', pending: [] });
    });

    test('is reset, which its boot ID shows and the answer does not', async () => {
      const before = await node.bootId();
      await hypervisor.change(202, { reset: 'nothing' });
      expect(await value(power(vm, 'reset'))).toBe('sent');
      await hypervisor.settled();
      expect((await value(tasks(NODE))).bootId).toBe(before);
      await hypervisor.change(202, { reset: 'works' });
      expect(await value(power(vm, 'reset'))).toBe('sent');
      await until('a new boot ID', { seconds: 20 }, async () => {
        const out = await far.perform(tasks(NODE), AbortSignal.timeout(20_000));
        const scan = tasks(NODE).read(out);
        return scan.ok && scan.value.bootId !== before;
      });
    });

    test('is left alone where it is locked, another one, or gone', async () => {
      const calls = await hypervisor.powerCalls();
      expect(await value(power({ ...vm, name: 'k8s-node3' }, 'reset'))).toBe('other');
      expect(await value(power({ ...vm, uuid: randomUUID() }, 'reset'))).toBe('other');
      expect(await value(power({ ...vm, vmid: 204 }, 'reset'))).toBe('absent');
      expect(await hypervisor.powerCalls()).toEqual(calls);
      await hypervisor.change(202, { lock: 'backup' });
      // qm ends with 255, as ssh does where it breaks: only the envelope tells them apart.
      expect(await read(power(vm, 'reset'))).toEqual({
        ok: false,
        why: 'exit',
        says: 'qm reset refused: VM is locked (backup)',
      });
    });

    test('is stopped and started', async () => {
      const before = await node.bootId();
      expect(await value(power(vm, 'stop'))).toBe('sent');
      expect(await value(vmOn('pve', 202))).toMatchObject({ status: 'stopped', agent: false });
      const down = await far.perform(tasks(NODE), AbortSignal.timeout(30_000));
      expect(down.ending).toMatchObject({ how: 'refused', why: 'unreachable' });
      expect(await value(power(vm, 'start'))).toBe('sent');
      await hypervisor.settled();
      expect((await value(tasks(NODE))).bootId).not.toBe(before);
    });
  });
});

function frames(...lines: readonly string[]): string {
  return lines.map((line) => `[<0>] ${line}`).join('\n');
}

/** The tools read no more of a site than its NFS host here. */
const siteOf = (host: string): Site => ({ ...SITE, nfs: { server: '10.98.0.9', host } });

const NFS = { server: '10.98.0.9', export: '/export' };

const volume = (pv: string) => ({ podUid: randomUUID(), pv });
