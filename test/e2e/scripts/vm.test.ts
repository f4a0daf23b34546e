import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { tasks } from '../../../src/tools/node/tasks.ts';
import { power } from '../../../src/tools/pve/power.ts';
import { type Vm, vmOn } from '../../../src/tools/pve/vm.ts';
import { canRun } from '../harness/required.ts';
import { until } from '../harness/until.ts';
import { FarLab, NODE, VMID } from './far-lab.ts';

/** Read and switched on its host, where an exit code proves nothing and the boot ID does. */
describe.runIf(canRun())('the virtual machine under a real node', () => {
  let lab: FarLab;
  let vm: Pick<Vm, 'host' | 'vmid' | 'name' | 'uuid'>;

  beforeAll(async () => {
    lab = await FarLab.start();
    vm = { host: 'pve', vmid: VMID, name: NODE, uuid: lab.uuid };
  }, 60_000);

  afterAll(() => lab?.close());

  afterEach(() =>
    lab.hypervisor.change(VMID, { name: NODE, uuid: lab.uuid, lock: undefined, reset: 'works' }),
  );

  test('is read as its host knows it', async () => {
    expect(await lab.value(vmOn('pve', VMID))).toMatchObject({
      hypervisor: 'pve',
      name: NODE,
      status: 'running',
      qmpStatus: 'running',
      uuid: lab.uuid,
      macs: [await lab.node.network.mac()],
      addresses: [lab.node.address],
      boot: { kind: 'order', devices: ['scsi0', 'net0'] },
      pending: [],
      ha: 'none',
      twins: [],
      agent: true,
    });
    expect(await lab.value(vmOn('pve', 999))).toBeUndefined();
    await lab.hypervisor.change(203, { name: NODE, uuid: randomUUID() });
    await lab.hypervisor.change(VMID, {
      lock: 'backup',
      qmpstatus: 'paused',
      pending: ['new cores: 8'],
    });
    expect(await lab.value(vmOn('pve', VMID))).toMatchObject({
      status: 'running',
      qmpStatus: 'paused',
      lock: 'backup',
      pending: ['new cores: 8'],
      twins: [203],
    });
    await lab.hypervisor.forget(203);
    await lab.hypervisor.change(VMID, { qmpstatus: 'running', pending: [] });
  });

  test('is reset, which its boot ID shows and the answer does not', async () => {
    const before = await lab.node.bootId();
    await lab.hypervisor.change(VMID, { reset: 'nothing' });
    expect(await lab.value(power(vm, 'reset'))).toBe('sent');
    await lab.hypervisor.settled();
    expect((await lab.value(tasks(NODE))).bootId).toBe(before);
    await lab.hypervisor.change(VMID, { reset: 'works' });
    expect(await lab.value(power(vm, 'reset'))).toBe('sent');
    await until('a new boot ID', { seconds: 20 }, async () => {
      const out = await lab.perform(tasks(NODE));
      const scan = tasks(NODE).read(out);
      return scan.ok && scan.value.bootId !== before;
    });
  });

  test('is left alone where it is locked, another one, or gone', async () => {
    const calls = await lab.hypervisor.powerCalls();
    expect(await lab.value(power({ ...vm, name: 'k8s-node3' }, 'reset'))).toBe('other');
    expect(await lab.value(power({ ...vm, uuid: randomUUID() }, 'reset'))).toBe('other');
    expect(await lab.value(power({ ...vm, vmid: 204 }, 'reset'))).toBe('absent');
    expect(await lab.hypervisor.powerCalls()).toEqual(calls);
    await lab.hypervisor.change(VMID, { lock: 'backup' });
    // qm ends with 255, as ssh does where it breaks: only the envelope tells them apart.
    expect(await lab.read(power(vm, 'reset'))).toEqual({
      ok: false,
      why: 'exit',
      says: 'qm reset refused: VM is locked (backup)',
    });
  });

  test('is stopped and started', async () => {
    const before = await lab.node.bootId();
    expect(await lab.value(power(vm, 'stop'))).toBe('sent');
    expect(await lab.value(vmOn('pve', VMID))).toMatchObject({ status: 'stopped', agent: false });
    const down = await lab.perform(tasks(NODE));
    expect(down.ending).toMatchObject({ how: 'refused', why: 'unreachable' });
    expect(await lab.value(power(vm, 'start'))).toBe('sent');
    await lab.hypervisor.settled();
    expect((await lab.value(tasks(NODE))).bootId).not.toBe(before);
  });
});
