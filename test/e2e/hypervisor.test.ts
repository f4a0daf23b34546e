import { randomUUID } from 'node:crypto';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Hypervisor } from './harness/hypervisor.ts';
import type { LabNode } from './harness/lab-node.ts';
import { Network } from './harness/network.ts';
import { type LabNodes, startNodes } from './harness/nodes.ts';
import { canRun } from './harness/required.ts';
import { Undo } from './harness/undo.ts';
import { until } from './harness/until.ts';

const UUID = randomUUID();

/** What the stand-ins for Proxmox VE say and do, so that what is proven with them rests on something. */
describe.runIf(canRun())('a Proxmox VE host', () => {
  let undo: Undo;
  let lab: LabNodes;
  let hypervisor: Hypervisor;
  let guest: LabNode;
  let neighbour: LabNode;

  beforeAll(async () => {
    undo = new Undo();
    const network = await Network.open(undo);
    lab = await startNodes(undo, network, ['k8s-node2', 'k8s-node3', 'pve'], {
      'k8s-node2': { uuid: UUID },
    });
    guest = lab.get('k8s-node2');
    neighbour = lab.get('k8s-node3');
    hypervisor = await Hypervisor.start(lab.get('pve'), [
      { vmid: 202, node: guest, uuid: UUID },
      { vmid: 203, node: neighbour, uuid: randomUUID() },
    ]);
  }, 60_000);

  afterAll(async () => {
    await hypervisor?.close();
    await undo.close();
  });

  test('lists and describes its VMs as qm does', async () => {
    const list = await pve('qm list');
    expect(list.stdout.split('\n')).toEqual([
      '      VMID NAME                 STATUS     MEM(MB)    BOOTDISK(GB) PID       ',
      '       202 k8s-node2            running    16384             64.00 3202      ',
      '       203 k8s-node3            running    16384             64.00 3203      ',
    ]);
    expect(await pve('qm status 202')).toMatchObject({ stdout: 'status: running', exitCode: 0 });
    const verbose = (await pve('qm status 202 --verbose')).stdout;
    expect(verbose).toMatch(/^name: k8s-node2\npid: 3202$/m);
    expect(verbose).toMatch(/^qmpstatus: running$/m);
    const config = (await pve('qm config 202 --current')).stdout.split('\n');
    expect(config).toEqual(config.toSorted());
    expect(config).toContain(`smbios1: uuid=${UUID}`);
    expect(config).toContain('boot: order=scsi0;net0');
    expect(await pve('qm agent 202 ping')).toMatchObject({ stdout: '', exitCode: 0 });
    expect(await pve('ha-manager config')).toMatchObject({ stdout: '', exitCode: 0 });
    const missing = "Configuration file 'nodes/pve/qemu-server/999.conf' does not exist";
    expect(await pve('qm config 999')).toMatchObject({ stderr: missing, exitCode: 2 });
  });

  test('has guests that carry the UUID and the hardware address of its configuration', async () => {
    const identity = 'cat /sys/class/dmi/id/product_uuid /sys/class/net/eth0/address';
    const [uuid, mac] = (await ssh(guest, identity)).stdout.split('\n');
    expect(uuid).toBe(UUID);
    const config = (await pve('qm config 202')).stdout;
    expect(config).toContain(`net0: virtio=${mac?.toUpperCase()},`);
  });

  test('shows what is pending, and refuses what is locked or does not answer', async () => {
    await hypervisor.change(202, { lock: 'backup', pending: ['new cores: 8'], agent: 'no' });
    const locked = { stdout: '', stderr: 'VM is locked (backup)', exitCode: 255 };
    for (const verb of ['reset', 'stop', 'start']) {
      expect(await pve(`qm ${verb} 202`)).toMatchObject(locked);
    }
    expect((await pve('qm config 202')).stdout).toContain('\nlock: backup\n');
    expect((await pve('qm pending 202')).stdout).toMatch(/^cur cores: 4$[^]*^new cores: 8$/m);
    const agent = { stderr: 'QEMU guest agent is not running', exitCode: 255 };
    expect(await pve('qm agent 202 ping')).toMatchObject(agent);
    const unlocked = { lock: undefined, pending: [], agent: 'yes' } as const;
    await hypervisor.change(202, { ...unlocked, reset: 'timeout' });
    const timeout = "VM 202 qmp command 'system_reset' failed - got timeout";
    expect(await pve('qm reset 202')).toMatchObject({ stderr: timeout, exitCode: 255 });
    await hypervisor.change(202, { reset: 'works' });
  });

  test('resets a guest, which has a new boot ID then, and no other', async () => {
    const [before, other] = await Promise.all([guest.bootId(), neighbour.bootId()]);
    const { init } = neighbour;
    expect(await pve('qm reset 202')).toMatchObject({ stdout: '', stderr: '', exitCode: 0 });
    await booted(before);
    expect(await neighbour.bootId()).toBe(other);
    expect(neighbour.init).toBe(init);
    expect((await pve('qm list')).stdout).toContain('3202');
  });

  test('exits 0 from a reset that does nothing', async () => {
    await hypervisor.change(202, { reset: 'nothing' });
    const [before, { init }] = [await guest.bootId(), guest];
    expect(await pve('qm reset 202')).toMatchObject({ stdout: '', exitCode: 0 });
    await hypervisor.settled();
    expect([await guest.bootId(), guest.init]).toEqual([before, init]);
    await hypervisor.change(202, { reset: 'works' });
  });

  test('leaves a guest that was paused off until it is resumed', async () => {
    const before = await guest.bootId();
    await hypervisor.change(202, { qmpstatus: 'io-error' });
    expect(await pve('qm reset 202')).toMatchObject({ exitCode: 0 });
    await until('it waits', { seconds: 10 }, async () => {
      return (await pve('qm status 202')).stdout === 'status: prelaunch';
    });
    expect((await pve('qm list')).stdout).toMatch(/202 k8s-node2 +running/);
    await pve('qm resume 202');
    await booted(before);
  });

  test('stops and starts a guest, and waits for both', async () => {
    const before = await guest.bootId();
    expect(await pve('qm stop 202')).toMatchObject({ exitCode: 0 });
    expect((await pve('qm status 202')).stdout).toBe('status: stopped');
    expect((await pve('qm list')).stdout).toMatch(/202 k8s-node2 +stopped .* 0 +$/m);
    expect(await pve('qm stop 202')).toMatchObject({ stdout: '', exitCode: 0 });
    expect(await pve('qm reset 202')).toMatchObject({ stderr: 'VM 202 not running' });
    expect(await pve('qm start 202')).toMatchObject({ exitCode: 0 });
    await booted(before);
    expect(await pve('qm start 202')).toMatchObject({ stderr: 'VM 202 already running' });
    expect((await hypervisor.powerCalls()).slice(-4)).toEqual([
      'stop 202',
      'reset 202',
      'start 202',
      'start 202',
    ]);
  });

  async function booted(before: string): Promise<void> {
    await until('a new boot ID', { seconds: 20 }, async () => {
      const now = await ssh(guest, 'cat /proc/sys/kernel/random/boot_id');
      return now.exitCode === 0 && now.stdout !== before;
    });
  }

  const pve = (script: string) => ssh(lab.get('pve'), script);

  async function ssh({ name }: LabNode, script: string) {
    const options = { reject: false, timeout: 90_000 } as const;
    return execa('ssh', ['-n', '-F', lab.ssh.config, name, script], options);
  }
});
