import { describe, expect, test } from 'vitest';
import { deletePod } from '../../src/tools/kubectl/delete-pod.ts';
import { nfsClients } from '../../src/tools/nfs/clients.ts';
import { portOwner } from '../../src/tools/node/port-owner.ts';
import { restartUnit } from '../../src/tools/node/restart-unit.ts';
import { sandboxes } from '../../src/tools/node/sandboxes.ts';
import { unit } from '../../src/tools/node/unit.ts';
import { power } from '../../src/tools/pve/power.ts';
import { vmOn } from '../../src/tools/pve/vm.ts';
import type { Bench } from './bench.ts';
import { bench } from './bench.ts';
import { agentOn, agentsOf, contested, registered, registeredNodes } from './csi-bench.ts';

/** Restarts a service of a node, whatever its main process is. */
async function restart(on: Bench, node: string, name: 'kubelet' | 'containerd'): Promise<void> {
  const seen = await on.value(unit(node, name));
  expect(await on.value(restartUnit(node, name, seen.mainPid))).toBe('asked');
}

async function reset(on: Bench, vmid: number): Promise<void> {
  const vm = await on.value(vmOn('pve', vmid));
  if (vm === undefined) throw new Error(`no VM ${vmid}`);
  expect(await on.value(power(vm, 'reset'))).toBe('sent');
}

describe('what a restart on the node clears', () => {
  test.each(['kubelet', 'containerd'] as const)(
    'a new %s ends the orphan that crictl could not, within a minute',
    async (name) => {
      const on = bench('undead-sandbox');
      const node = 'k8s-node2';
      expect((await on.value(portOwner(node, 29_653))).holders).toHaveLength(1);
      const before = (await on.value(sandboxes(node))).sandboxes.length;
      await restart(on, node, name);
      await on.sleep(75);
      expect((await on.value(portOwner(node, 19_809))).listeners).toEqual([]);
      expect((await on.value(sandboxes(node))).sandboxes).toHaveLength(before - 1);
      await on.value(deletePod(on.lab.site.cluster, await agentOn(on, 'driver', node)));
      await on.sleep(60);
      expect(await registered(on, node)).toEqual({ is: 'registered' });
      expect(on.truth()).toMatchObject({ wrongSandbox: [], dataLost: false });
    },
  );

  test('and leaves the sandboxes of living pods alone', async () => {
    const on = bench('csi-healthy');
    const before = (await on.value(sandboxes('k8s-master'))).sandboxes;
    await restart(on, 'k8s-master', 'kubelet');
    await on.sleep(120);
    expect((await on.value(sandboxes('k8s-master'))).sandboxes).toEqual(before);
    expect(await registeredNodes(on)).toHaveLength(5);
  });
});

describe('what a reset of the node clears', () => {
  test('a zombie’s port: Calico comes up, then the driver, in its old pod', async () => {
    const on = bench('port-zombie');
    const node = 'k8s-node4';
    const pod = await agentOn(on, 'driver', node);
    await reset(on, 204);
    await on.sleep(5);
    expect(await registered(on, node)).toMatchObject({ is: 'not' });
    const order: string[] = [];
    for (let i = 0; i < 60 && order.length < 2; i += 1) {
      /* oxlint-disable no-await-in-loop -- one look after the other */
      await on.sleep(3);
      const network = await agentOn(on, 'network', node);
      const up = network.ready && on.lab.world.nodes[4]?.kubelet === 'running';
      if (up && !order.includes('network')) order.push('network');
      if ((await registered(on, node)).is === 'registered') order.push('driver');
      /* oxlint-enable no-await-in-loop */
    }
    expect(order).toEqual(['network', 'driver']);
    const after = await agentOn(on, 'driver', node);
    expect(after).toMatchObject({ uid: pod.uid, ready: true });
    expect(await contested(on, node)).toBeDefined();
    const { holders } = await on.value(portOwner(node, 29_653));
    expect(holders.map((it) => it.podUid)).toEqual([pod.uid]);
  });

  test('orphans and broken Calico too, and every agent of the node is back', async () => {
    const on = bench('nfs-csi-recovery');
    await reset(on, 202);
    await on.sleep(150);
    const there = await Promise.all(
      (['driver', 'network', 'speaker'] as const).map((kind) => agentOn(on, kind, 'k8s-node2')),
    );
    expect(there.map((it) => it.ready)).toEqual([true, true, true]);
    const broken = bench('calico-broken');
    await reset(broken, 202);
    await broken.sleep(150);
    expect(await registered(broken, 'k8s-node2')).toEqual({ is: 'registered' });
  });

  test('not at once the lock of a process that went with it: the server waits for one lease', async () => {
    const on = bench('nfs-csi-recovery');
    const holders = async () => {
      const command = nfsClients(on.lab.site);
      const { clients } = command === undefined ? { clients: [] } : await on.value(command);
      return clients.filter((it) => it.locks.some((l) => l.filename.includes('data-vault-1')));
    };
    expect(await holders()).toHaveLength(1);
    await reset(on, 204);
    await on.sleep(60);
    expect(await holders()).toMatchObject([
      { address: '10.0.20.104', status: 'confirmed', secondsSinceRenew: 60 },
    ]);
    expect(on.truth().functional).not.toContain('vault-1');
    await on.sleep(35);
    expect(await holders()).toEqual([]);
    await on.sleep(330);
    expect(on.truth().functional).toContain('vault-1');
  });
});

test('the speakers of a healthy cluster have their ports each on its own node', async () => {
  const on = bench('csi-healthy');
  const speakers = await agentsOf(on, 'speaker');
  expect(speakers.map((it) => it.node)).toEqual([
    'k8s-node1',
    'k8s-node2',
    'k8s-node3',
    'k8s-node4',
  ]);
  await on.value(deletePod(on.lab.site.cluster, await agentOn(on, 'speaker', 'k8s-node2')));
  await on.sleep(30);
  expect(await agentOn(on, 'speaker', 'k8s-node2')).toMatchObject({ ready: true });
});
