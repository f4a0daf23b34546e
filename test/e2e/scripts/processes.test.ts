import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { kubelet } from '../../../src/tools/node/kubelet.ts';
import { deadHolders, initiatesClient, killOrder } from '../../../src/tools/node/poisoner.ts';
import { portOwner } from '../../../src/tools/node/port-owner.ts';
import { restartUnit } from '../../../src/tools/node/restart-unit.ts';
import { sandboxes } from '../../../src/tools/node/sandboxes.ts';
import { removeSandbox, stopSandbox } from '../../../src/tools/node/sandbox.ts';
import { tasks } from '../../../src/tools/node/tasks.ts';
import { unit } from '../../../src/tools/node/unit.ts';
import { addPod } from '../harness/node-pods.ts';
import { addSandbox } from '../harness/node-sandboxes.ts';
import type { NodeTask } from '../harness/node-task.ts';
import { addUnit } from '../harness/node-units.ts';
import { stickMountNfs } from '../harness/node-volumes.ts';
import { canRun } from '../harness/required.ts';
import { until } from '../harness/until.ts';
import { FarLab, NODE } from './far-lab.ts';

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

/** Who waits, who is dead, who holds a port, what runs: read and changed by the scripts of the tools. */
describe.runIf(canRun())('processes, ports and services of a real node', () => {
  let lab: FarLab;

  beforeAll(async () => {
    lab = await FarLab.start();
  }, 60_000);

  afterAll(() => lab?.close());

  describe('tasks', () => {
    afterEach(() => lab.node.reset());

    test('are read with their stacks, and only stuck mounts are to be killed, in order', async () => {
      const app = await addPod(lab.node, {
        uid: randomUUID(),
        namespace: 'dbaas',
        name: 'mysql-0',
      });
      const waits = await app.stick({ wchan: 'rpc_wait_bit_killable', killable: true });
      const waiter = await stickMountNfs(lab.node, volume('pvc-1'), {
        wchan: 'nfs_wait_client_init_complete',
        stack: WAITER,
      });
      const mutex = await stickMountNfs(lab.node, volume('pvc-2'), {
        wchan: 'nfs4_discover_server_trunking',
      });
      const poisoner = await stickMountNfs(lab.node, volume('pvc-3'), { stack: POISONER });

      const scan = await lab.value(tasks(NODE));
      expect(scan).toMatchObject({ root: true, bootId: await lab.node.bootId() });
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
      const pod = await addPod(lab.node, {
        uid: randomUUID(),
        namespace: 'vault',
        name: 'vault-2',
      });
      await pod.stick({ wchan: 'folio_wait_bit_common', killable: false });
      expect(deadHolders((await lab.value(tasks(NODE))).tasks)).toEqual([]);
      await lab.node.run(`kill -KILL ${pod.task.pid}`);
      await until('it is a zombie', { seconds: 5 }, async () => (await pod.task.state()) === 'Z');
      const dead = deadHolders((await lab.value(tasks(NODE))).tasks);
      const leader = { pid: pod.task.pid, state: 'Z', threads: 2, killable: 'no' };
      expect(dead).toMatchObject([{ leader, thread: { state: 'D' } }]);
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
      expect(await lab.value(portOwner(NODE, PORT))).toMatchObject({ listeners: [], holders: [] });

      const holder = await addPod(lab.node, { ...pod, listens });
      const live = await lab.value(portOwner(NODE, PORT));
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
      await lab.node.run(`kill -KILL ${holder.task.pid}`);
      await until(
        'it is a zombie',
        { seconds: 5 },
        async () => (await holder.task.state()) === 'Z',
      );
      // The kernel's own word: nobody is named, and nobody else may bind it (lab 07).
      expect(await lab.node.run(`ss -Hltnp 'sport = :${PORT}'`)).not.toContain('users:');
      await expect(addPod(lab.node, { ...pod, uid: randomUUID(), listens })).rejects.toThrow(
        'Address already in use',
      );
      const dead = await lab.value(portOwner(NODE, PORT));
      expect(dead.listeners).toEqual(live.listeners);
      const left = { ...known, tid: stuck.tid, state: 'Z', threads: 2, shown: false };
      expect(dead.holders).toMatchObject([
        { ...left, protocol: 'tcp' },
        { ...left, protocol: 'udp' },
      ]);

      await lab.node.reset();
      expect(await lab.value(portOwner(NODE, PORT))).toMatchObject({ listeners: [], holders: [] });
    });
  });

  describe('a sandbox', () => {
    const uid = randomUUID();
    const spec = { uid, namespace: 'kube-system', name: 'csi-nfs-node-x7k2p', container: 'nfs' };
    const listens = [{ protocol: 'tcp', address: '127.0.0.1', port: PORT }] as const;

    test('is listed, stopped with what runs in it, and removed', async () => {
      const pod = await addPod(lab.node, { ...spec, listens });
      const made = await addSandbox(lab.node, spec, pod);
      const seen = await lab.value(sandboxes(NODE));
      const { namespace, name } = spec;
      expect(seen.sandboxes).toMatchObject([
        { id: made.id, podUid: uid, namespace, name, attempt: 0, ready: true },
      ]);
      expect(seen.containers).toMatchObject([{ sandbox: made.id, name: 'nfs', state: 'running' }]);
      const [sandbox] = seen.sandboxes;
      if (sandbox === undefined) throw new Error('there is no sandbox');
      expect(Math.abs(sandbox.createdAt - Date.now())).toBeLessThan(60_000);

      expect(await lab.value(stopSandbox(NODE, { ...sandbox, podUid: randomUUID() }))).toBe(
        'other',
      );
      expect(await lab.read(removeSandbox(NODE, sandbox))).toMatchObject({
        why: 'exit',
        says: expect.stringContaining('is running, please stop it first'),
      });
      await made.deny();
      expect(await lab.read(stopSandbox(NODE, sandbox))).toMatchObject({
        why: 'exit',
        says: expect.stringContaining('unable to signal init: permission denied'),
      });
      expect(await pod.task.state()).toBe('S');
      await made.allow();
      expect(await lab.value(stopSandbox(NODE, sandbox))).toBe('done');
      await until('it is gone', { seconds: 5 }, async () => !(await pod.task.isThere()));
      expect(await lab.value(portOwner(NODE, PORT))).toMatchObject({ listeners: [] });
      expect((await lab.value(sandboxes(NODE))).sandboxes).toMatchObject([{ ready: false }]);
      expect(await lab.value(removeSandbox(NODE, sandbox))).toBe('done');
      expect(await made.isThere()).toBe(false);
      expect(await lab.value(removeSandbox(NODE, sandbox))).toBe('gone');
      expect((await lab.value(sandboxes(NODE))).sandboxes).toEqual([]);
    });
  });

  describe('a service', () => {
    test('is restarted where its main process is the one that was seen', async () => {
      const made = await addUnit(lab.node, 'kubelet');
      const before = await lab.value(unit(NODE, 'kubelet'));
      const mainPid = await made.mainPid();
      expect(before).toMatchObject({ active: 'active', sub: 'running', mainPid });
      const uptimeUs = Number((await lab.node.read('/proc/uptime')).split(' ')[0]) * 1e6;
      expect(Math.abs(uptimeUs - (before.startedUs ?? 0))).toBeLessThan(20e6);
      expect(await lab.value(kubelet(NODE))).toMatchObject({
        healthz: { is: 'status', status: 200 },
      });

      expect(await lab.value(restartUnit(NODE, 'kubelet', mainPid + 1))).toBe('other');
      expect(await made.mainPid()).toBe(mainPid);
      expect(await lab.value(restartUnit(NODE, 'kubelet', mainPid))).toBe('asked');
      const after = await until('another main process', { seconds: 10 }, async () => {
        const now = await lab.value(unit(NODE, 'kubelet'));
        return now.mainPid !== mainPid && now.active === 'active' ? now : undefined;
      });
      expect(after.startedUs).toBeGreaterThan(before.startedUs ?? 0);
      expect(await made.starts()).toBe(2);
    });
  });
});

function frames(...lines: readonly string[]): string {
  return lines.map((line) => `[<0>] ${line}`).join('\n');
}

const volume = (pv: string) => ({ podUid: randomUUID(), pv });
