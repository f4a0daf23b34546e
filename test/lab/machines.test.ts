import { describe, expect, test } from 'vitest';
import { changeVm } from '../../src/lab/power.ts';
import { step } from '../../src/lab/step.ts';
import type { World } from '../../src/lab/world.ts';
import { getCsiNode } from '../../src/tools/kubectl/csi-nodes.ts';
import { nodeLease } from '../../src/tools/kubectl/leases.ts';
import { getNode } from '../../src/tools/kubectl/nodes.ts';
import { listAllPods, podsOnNode } from '../../src/tools/kubectl/pods.ts';
import { apiReady } from '../../src/tools/kubectl/ready.ts';
import { identity } from '../../src/tools/node/identity.ts';
import { nfsState } from '../../src/tools/node/nfs-state.ts';
import { tasks } from '../../src/tools/node/tasks.ts';
import { bootDisk } from '../../src/tools/pve/boot.ts';
import { sameVm } from '../../src/tools/pve/identity.ts';
import { power } from '../../src/tools/pve/power.ts';
import type { PowerVerb } from '../../src/tools/pve/power.ts';
import { vmOn } from '../../src/tools/pve/vm.ts';
import type { Vm } from '../../src/tools/pve/vm.ts';
import type { Bench } from './bench.ts';
import { bench } from './bench.ts';
import { benchOf, mountOn } from './nfs-bench.ts';

/** Machines and the nodes in them: resets that work, do nothing, or must not be (COMMANDS D; evidence: qmp-system-reset). */

async function vm(on: Bench, vmid = 202): Promise<Vm> {
  const found = await on.value(vmOn('pve', vmid));
  if (found === undefined) throw new Error(`no VM ${vmid}`);
  return found;
}

const switched = async (on: Bench, verb: PowerVerb, vmid = 202) =>
  on.ask(power(await vm(on, vmid), verb));

const guest = (on: Bench, node = 'k8s-node2') => on.ask(identity({ on: 'node', node }));

const bootOf = async (on: Bench, node = 'k8s-node2') => {
  const seen = await guest(on, node);
  return seen.ok ? seen.value.bootId : seen.why;
};

const known = async (on: Bench, node = 'k8s-node2') => on.value(getNode(on.lab.site.cluster, node));

describe('a machine', () => {
  test('is known by name, SMBIOS UUID and address, and boots from its own disk', async () => {
    const on = benchOf();
    for (const listed of on.lab.site.pve?.vms ?? []) {
      // oxlint-disable-next-line no-await-in-loop -- one machine after the other
      const [it, node] = [await vm(on, listed.vmid), await known(on, listed.node)];
      if (node === undefined) throw new Error(`no node ${listed.node}`);
      expect(sameVm(it, listed, node).is).toBe('proven');
      expect(it).toMatchObject({
        status: 'running',
        qmpStatus: 'running',
        ha: 'none',
        agent: true,
      });
      expect(it.pending).toEqual([]);
      expect(it.twins).toEqual([]);
      expect(bootDisk(it).is).toBe('disk');
    }
  });

  test('with the GPU has its system on the second disk, and a device of the host', async () => {
    const it = await vm(benchOf(), 201);
    expect(bootDisk(it)).toEqual({ is: 'disk', device: 'scsi1' });
    expect(it.hostpci).toHaveLength(1);
  });

  test.each([101, 102, 103, 220, 300])('%i of other people is there, and no node', async (vmid) => {
    const on = benchOf();
    expect((await vm(on, vmid)).name).not.toMatch(/^k8s/);
  });

  test('that is not there is none', async () => {
    expect(await benchOf().value(vmOn('pve', 206))).toBeUndefined();
  });

  test('of another name or UUID than was seen is not switched', async () => {
    const on = benchOf();
    const it = await vm(on);
    const deed = (change: Partial<Vm>) => on.value(power({ ...it, ...change }, 'reset'));
    expect(await deed({ name: 'k8s-node9' })).toBe('other');
    expect(await deed({ uuid: '11111111-2222-4333-8444-555555555555' })).toBe('other');
    expect(await deed({ vmid: 206 })).toBe('absent');
    expect(on.truth().mutations).toEqual([]);
  });

  test('whose name is another node’s is contradicted', async () => {
    const on = bench('names-swapped');
    const [listed, node] = [
      on.lab.site.pve?.vms.find((it) => it.node === 'k8s-node2'),
      await known(on),
    ];
    if (listed === undefined || node === undefined) throw new Error('no node');
    expect(sameVm(await vm(on), listed, node).is).toBe('contradicted');
  });
});

describe('a reset', () => {
  test('gives a new boot ID in 25 to 60 s; until then nobody answers', async () => {
    const on = bench('kernel-nfs-reset');
    const before = await bootOf(on);
    const { startedAt } = on.lab.world.vms.find((it) => it.vmid === 202) ?? {};
    expect(await switched(on, 'reset')).toMatchObject({ ok: true, value: 'sent' });
    expect(await bootOf(on)).toBe('unreachable');
    await on.sleep(22);
    expect(await bootOf(on)).toBe('unreachable');
    await on.sleep(40);
    const after = await bootOf(on);
    expect(after).toMatch(/^[0-9a-f-]{36}$/);
    expect(after).not.toBe(before);
    // The API server hears of it from the kubelet; QEMU's own age tells nothing.
    await on.sleep(15);
    expect((await known(on))?.bootID).toBe(after);
    expect(on.lab.world.vms.find((it) => it.vmid === 202)?.startedAt).toBe(startedAt);
    expect(on.truth()).toMatchObject({ resets: { 'k8s-node2': 1 }, bothDown: false });
  });

  test('ends everything that was stuck, and the pods come back as they were', async () => {
    const on = bench('kernel-nfs-reset');
    const { cluster } = on.lab.site;
    const before = await on.value(podsOnNode(cluster, 'k8s-node2'));
    await switched(on, 'reset');
    await on.sleep(180);
    expect((await on.value(tasks('k8s-node2'))).tasks).toEqual([]);
    expect(await mountOn(on)).toMatchObject({ is: 'mounted' });
    const after = await on.value(podsOnNode(cluster, 'k8s-node2'));
    expect(after.map((pod) => pod.uid).toSorted()).toEqual(before.map((pod) => pod.uid).toSorted());
    expect(after.filter((pod) => !pod.ready).map((pod) => pod.name)).toEqual([]);
    const { mounts, ghosts } = await on.value(nfsState('k8s-node2'));
    const uids = after.map((pod) => pod.uid);
    expect(mounts.filter((it) => !uids.includes(it.podUid ?? ''))).toEqual([]);
    expect(ghosts).toEqual([]);
    expect(on.truth()).toMatchObject({
      poisonedNodes: [],
      functional: ['vault-0', 'vault-1', 'vault-2'],
      leaderWorking: true,
      dataLost: false,
    });
  });

  test('brings Calico first, then the driver, and Vault unseals', async () => {
    const on = bench('kernel-nfs-reset');
    const { cluster, csi, network } = on.lab.site;
    await switched(on, 'reset');
    const seen = { network: 0, driver: 0 };
    for (let i = 0; i < 150 && seen.driver === 0; i += 1) {
      // oxlint-disable-next-line no-await-in-loop -- time goes on second by second
      await on.sleep(1);
      // oxlint-disable-next-line no-await-in-loop
      const pods = await on.value(podsOnNode(cluster, 'k8s-node2'));
      // oxlint-disable-next-line no-await-in-loop
      const drivers = (await on.value(getCsiNode(cluster, 'k8s-node2')))?.drivers ?? [];
      const booted = on.lab.world.nodes.some((it) => it.name === 'k8s-node2' && it.boots === 1);
      const up = pods.some((pod) => pod.namespace === network.namespace && pod.ready);
      if (booted && up && seen.network === 0) seen.network = on.lab.clock.now();
      if (booted && up && drivers.some((it) => it.name === csi.driver)) {
        seen.driver = on.lab.clock.now();
      }
    }
    expect(seen.network).toBeGreaterThan(0);
    expect(seen.driver).toBeGreaterThan(seen.network);
    await on.sleep(30);
    expect(on.truth().functional).toContain('vault-2');
  });

  test('turns Ready only if it takes longer than 40 s, and the lease tells sooner', async () => {
    const on = benchOf();
    const { cluster } = on.lab.site;
    await switched(on, 'reset');
    await on.sleep(20);
    expect((await known(on))?.ready).toBe('True');
    const lease = await on.value(nodeLease(cluster, 'k8s-node2'));
    expect(on.lab.clock.now() - Date.parse(lease?.renewTime ?? '')).toBeGreaterThan(19_000);
    await on.sleep(120);
    expect((await known(on))?.ready).toBe('True');
  });

  test('that does nothing exits 0 as well: only the boot ID tells', async () => {
    const on = bench('reset-no-op');
    const before = await bootOf(on);
    expect(await switched(on, 'reset')).toMatchObject({ ok: true, value: 'sent' });
    await on.sleep(90);
    expect(await bootOf(on)).toBe(before);
    await switched(on, 'reset');
    await on.sleep(90);
    expect(await bootOf(on)).not.toBe(before);
    expect(on.truth().resets).toEqual({ 'k8s-node2': 2 });
  });

  test('may be followed by the same trouble: k8s-node3 needs two', async () => {
    const on = bench('april-nodes');
    await on.sleep(8 * 60);
    expect(on.truth().poisonedNodes).toContain('k8s-node3');
    await switched(on, 'reset', 203);
    await on.sleep(150);
    expect(on.truth().poisonedNodes).toContain('k8s-node3');
    await switched(on, 'reset', 203);
    await on.sleep(150);
    expect(on.truth().poisonedNodes).not.toContain('k8s-node3');
    expect(await mountOn(on, 'default', 'k8s-node3')).toMatchObject({ is: 'mounted' });
  });

  test('of a second node before the first is back is remembered', async () => {
    const on = benchOf();
    await switched(on, 'reset', 202);
    await on.sleep(20);
    await switched(on, 'reset', 203);
    await on.sleep(200);
    expect(on.truth().bothDown).toBe(true);
  });

  test('of one node after the other is not', async () => {
    const on = benchOf();
    await switched(on, 'reset', 202);
    await on.sleep(120);
    await switched(on, 'reset', 203);
    await on.sleep(120);
    expect(on.truth()).toMatchObject({ bothDown: false, leaderWorking: true });
  });

  test('of the only control plane takes the API away', async () => {
    const on = benchOf();
    await switched(on, 'reset', 200);
    expect(await on.ask(apiReady(on.lab.site.cluster))).toMatchObject({ ok: false });
    await on.sleep(120);
    expect(await on.ask(apiReady(on.lab.site.cluster))).toMatchObject({ ok: true });
  });
});

describe('a machine that is held', () => {
  test('is running to qm list, answers nobody, and goes on in the same boot when resumed', async () => {
    const on = bench('vm-paused');
    const it = await vm(on);
    expect(it).toMatchObject({ status: 'running', qmpStatus: 'io-error', agent: false });
    expect(await guest(on)).toMatchObject({ ok: false, why: 'unreachable' });
    const before = await known(on);
    expect(before?.ready).toBe('Unknown');
    await switched(on, 'resume');
    await on.sleep(15);
    expect(await bootOf(on)).toBe(before?.bootID);
    expect(await known(on)).toMatchObject({ ready: 'True', bootID: before?.bootID });
    expect(on.truth().functional).toHaveLength(3);
  });

  test('accepts a reset, lands in prelaunch, and boots only when it is resumed', async () => {
    const on = bench('vm-paused');
    expect(await switched(on, 'reset')).toMatchObject({ ok: true, value: 'sent' });
    await on.sleep(120);
    expect((await vm(on)).qmpStatus).toBe('prelaunch');
    expect(await guest(on)).toMatchObject({ ok: false });
    const before = (await known(on))?.bootID;
    await switched(on, 'resume');
    await on.sleep(90);
    expect(await bootOf(on)).not.toBe(before);
  });
});

const pending = (world: World): World =>
  changeVm(world, 202, (it) => ({ ...it, pending: { bootdisk: 'scsi7', memory: '16384' } }));

describe('a stop and a start', () => {
  test('boot the node, and apply what is pending', async () => {
    const on = benchOf(pending);
    expect((await vm(on)).pending).toEqual(['new bootdisk: scsi7', 'new memory: 16384']);
    await switched(on, 'stop');
    expect(await vm(on)).toMatchObject({ status: 'stopped', pending: [] });
    await on.sleep(5);
    await switched(on, 'start');
    await on.sleep(90);
    expect(await bootOf(on)).toMatch(/^[0-9a-f-]{36}$/);
    expect(await switched(on, 'start')).toMatchObject({ ok: false, why: 'exit' });
  });

  test('never come up again where the boot disk is missing', async () => {
    const on = bench('wrong-boot-disk');
    expect(bootDisk(await vm(on))).toEqual({ is: 'missing', device: 'scsi0' });
    const before = await bootOf(on);
    await switched(on, 'reset');
    await on.sleep(90);
    expect(await bootOf(on)).toBe(before);
    await switched(on, 'stop');
    await switched(on, 'start');
    await on.sleep(600);
    expect(await vm(on)).toMatchObject({ status: 'running', qmpStatus: 'running' });
    expect(await guest(on)).toMatchObject({ ok: false });
    expect((await known(on))?.ready).toBe('Unknown');
  });

  test('are wishes where HA has the machine, and a reset goes past it', async () => {
    const on = bench('ha-managed');
    expect((await vm(on)).ha).toBe('managed');
    const out = await on.perform(power(await vm(on), 'stop'));
    expect(out.stdout).toContain('said\tRequesting HA stop for VM 202');
    expect((await vm(on)).status).toBe('running');
    await on.sleep(40);
    expect((await vm(on)).status).toBe('stopped');
    await switched(on, 'start');
    await on.sleep(120);
    expect(await bootOf(on)).toMatch(/^[0-9a-f-]{36}$/);
  });
});

test.each(['reset', 'resume', 'stop', 'start'] as const)(
  'a locked machine refuses a %s, with the words of qm',
  async (verb) => {
    const on = bench('vm-locked');
    const before = await bootOf(on);
    expect((await vm(on)).lock).toBe('backup');
    const out = await on.perform(power(await vm(on), verb));
    expect(out.stdout).toContain('said\tVM is locked (backup)\nexit\t255\n');
    expect(await switched(on, verb)).toMatchObject({ ok: false, why: 'exit' });
    await on.sleep(90);
    expect(await bootOf(on)).toBe(before);
  },
);

test('a reset in one step of time or in many is the same reset', async () => {
  const on = bench('kernel-nfs-reset');
  await switched(on, 'reset');
  const { world } = on.lab;
  const once = step(world, world.at + 200_000);
  const often = Array.from({ length: 200 }).reduce<World>((it) => step(it, it.at + 1_000), world);
  expect(often).toEqual(once);
});

const podsIn = (on: Bench) => on.value(listAllPods(on.lab.site.cluster));

test('a world in the middle of a reset is kept and goes on', async () => {
  const on = bench('kernel-nfs-reset', 5);
  await switched(on, 'reset');
  const resumed = bench('kernel-nfs-reset', 5, on.saved());
  await Promise.all([on.sleep(200), resumed.sleep(200)]);
  expect(await podsIn(resumed)).toEqual(await podsIn(on));
  expect(resumed.saved()).toEqual(on.saved());
});
