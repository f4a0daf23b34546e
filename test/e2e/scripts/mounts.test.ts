import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Site } from '../../../src/runbook/site.ts';
import { askServer } from '../../../src/tools/nfs/answer.ts';
import { nfsClients } from '../../../src/tools/nfs/clients.ts';
import { testMount } from '../../../src/tools/nfs/probe.ts';
import { nfsServer } from '../../../src/tools/nfs/server.ts';
import { detachMount } from '../../../src/tools/node/detach-mount.ts';
import { nfsState } from '../../../src/tools/node/nfs-state.ts';
import { removeDirectory } from '../../../src/tools/node/remove-directory.ts';
import { tasks } from '../../../src/tools/node/tasks.ts';
import { SITE } from '../../tools/site.ts';
import { refreshTable, setMounts } from '../harness/nfs-lens.ts';
import { layNfsdFiles, startNfsServer } from '../harness/nfs-server.ts';
import { mountVolume, stickMountNfs } from '../harness/node-volumes.ts';
import { canRun } from '../harness/required.ts';
import { FarLab, NODE } from './far-lab.ts';

const NFS = { server: '10.98.0.9', export: '/export' };

/** Mount tables, test mounts, what takes a mount away, and what the server says: through the scripts of the tools. */
describe.runIf(canRun())('NFS mounts of a real node, and their server', () => {
  let lab: FarLab;

  beforeAll(async () => {
    lab = await FarLab.start();
  }, 60_000);

  afterAll(() => lab?.close());

  describe('NFS mounts', () => {
    afterEach(() => lab.node.reset());

    test('are read from the mount table, and what is in the kernel without them is a ghost', async () => {
      expect(await lab.value(nfsState(NODE))).toMatchObject({ root: true, mounts: [], ghosts: [] });
      const podUid = randomUUID();
      const path = await mountVolume(lab.node, { podUid, pv: 'pvc-9' });
      const { mounts } = await lab.value(nfsState(NODE));
      const source = '10.98.0.9:/export/pvc-9';
      expect(mounts).toMatchObject([{ path, source, server: '10.98.0.9', version: '4.2', podUid }]);
      const [mount] = mounts;
      if (mount === undefined) throw new Error('there is no mount');
      expect(await lab.node.run(`stat -c %Hd:%Ld ${path}`)).toBe(mount.device);

      // The kernel of the machine may have no NFS client: its table is laid over /proc/fs.
      await lab.node.run(`
        mount -t tmpfs tmpfs /proc/fs
        mkdir /proc/fs/nfsfs
        printf '%s\n' 'NV SERVER   PORT DEV          FSID                              FSC' \
          'v4 0a63000a  801 ${mount.device}         0:0                               no ' > /proc/fs/nfsfs/volumes`);
      expect((await lab.value(nfsState(NODE))).ghosts).toEqual([]);
      expect(await lab.value(detachMount(NODE, mount))).toBe('detached');
      expect(await lab.node.run('cat /proc/self/mountinfo')).not.toContain(` ${path} `);
      expect(await lab.value(nfsState(NODE))).toMatchObject({ mounts: [], ghosts: [mount.device] });
      expect(await lab.value(detachMount(NODE, mount))).toBe('gone');
    });

    test('are tried, and taken off again', async () => {
      const before = await lab.node.run('cat /proc/self/mountinfo');
      for (const [version, seen] of [
        ['default', '4.2'],
        ['4.1', '4.1'],
        ['3', '3'],
      ] as const) {
        const it = await lab.value(testMount(NODE, NFS, version));
        expect(it).toMatchObject({ is: 'mounted', version: seen, undone: true });
      }
      await setMounts(lab.node, { '4.1': 'refused' });
      expect(await lab.value(testMount(NODE, NFS, '4.1'))).toMatchObject({
        is: 'failed',
        code: 32,
        reason: 'refused',
      });
      expect(await lab.node.run('cat /proc/self/mountinfo')).toBe(before);
      expect(await lab.node.run('ls -d /run/sre-nfs* || :')).toBe('');
    });

    test('that hang are killed, and none is tried beside one that does', async () => {
      await setMounts(lab.node, { default: 'hangs' });
      const hung = await lab.value(testMount(NODE, NFS, 'default', 2));
      expect(hung).toMatchObject({ is: 'hung' });
      expect(hung).not.toHaveProperty('left');
      expect((await lab.value(tasks(NODE))).tasks).toEqual([]);
      const stuck = await stickMountNfs(lab.node, volume('pvc-4'));
      expect(await lab.value(testMount(NODE, NFS, '4.1'))).toMatchObject({
        is: 'busy',
        task: { pid: stuck.pid, comm: 'mount.nfs', wchan: 'rpc_wait_bit_killable' },
      });
      await lab.node.run(`kill -KILL ${stuck.pid}`);
      // Two at a time: the second finds the lock of the first.
      const both = await Promise.all([
        lab.value(testMount(NODE, NFS, 'default', 3)),
        sleep(1000).then(() => lab.value(testMount(NODE, NFS, '4.1'))),
      ]);
      expect(both.map((it) => it.is)).toEqual(['hung', 'locked']);
    });
  });

  describe('an NFS server', () => {
    test('answers a NULL call, hangs, is refused, and is no NFS server', async () => {
      const host = lab.host;
      expect(await lab.value(askServer(NODE, host.address))).toMatchObject({
        tcp: 'refused',
        rpc: 'refused',
      });
      const server = await startNfsServer(host);
      const good = await lab.value(askServer(NODE, host.address));
      expect(good).toMatchObject({ tcp: 'open', rpc: 'answers' });
      expect(good.tcpSeconds).toBeLessThan(2);
      await server.answer(false);
      expect(await lab.value(askServer(NODE, host.address))).toMatchObject({
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
      const silent = { host: NODE, address: lab.node.address, status: 'courtesy' } as const;
      const clients = [{ ...silent, secondsSinceRenew: 214 }];
      await layNfsdFiles(lab.host, { threads: 16, graceOver: true, exports, clients });
      const known = nfsClients(siteOf('pve'));
      if (known === undefined) throw new Error('the inventory names no host');
      expect(await lab.value(known)).toMatchObject({
        clients: [
          {
            address: lab.node.address,
            hostname: NODE,
            minor: 2,
            status: 'courtesy',
            secondsSinceRenew: 214,
          },
        ],
      });
      expect(await lab.value(command)).toMatchObject({
        bootId: await lab.host.bootId(),
        threads: 16,
        leaseSeconds: 90,
        graceSeconds: 90,
        inGrace: false,
        fsidZero: false,
        cpus: expect.any(Number),
      });
      const zero = ['/srv/nfs\t10.98.0.0/16(rw,fsid=0,sync)'];
      await layNfsdFiles(lab.host, { threads: 0, graceOver: false, exports: zero });
      expect(await lab.value(command)).toMatchObject({ threads: 0, inGrace: true, fsidZero: true });
    });
  });

  test('a directory of a pod is removed where it is empty and no mount is there', async () => {
    const podUid = randomUUID();
    const path = await mountVolume(lab.node, { podUid, pv: 'pvc-8', source: 'tmpfs' });
    const above = path.slice(0, path.lastIndexOf('/'));
    expect(await lab.value(removeDirectory(NODE, path))).toBe('mounted');
    expect(await lab.value(removeDirectory(NODE, above))).toBe('mounted');
    // Nothing but NFS is detached, and the node is not asked to.
    expect(await lab.read(detachMount(NODE, { path, podUid }))).toMatchObject({ why: 'exit' });
    expect(await lab.node.run('cat /proc/self/mountinfo')).toContain(` ${path} `);
    await lab.node.run(`umount ${path}`);
    await refreshTable(lab.node);
    expect(await lab.value(detachMount(NODE, { path, podUid }))).toBe('gone');
    expect(await lab.value(removeDirectory(NODE, path))).toBe('removed');
    expect(await lab.value(removeDirectory(NODE, path))).toBe('gone');
    expect(await lab.value(removeDirectory(NODE, above))).toBe('not-empty');
    expect(await lab.node.run(`ls ${above}`)).toBe('vol_data.json');
  });
});

/** The tools read no more of a site than its NFS host here. */
const siteOf = (host: string): Site => ({ ...SITE, nfs: { server: '10.98.0.9', host } });

const volume = (pv: string) => ({ podUid: randomUUID(), pv });
