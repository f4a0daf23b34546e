import { randomUUID } from 'node:crypto';
import { dirname } from 'node:path';
import { readFile } from 'node:fs/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { guestImage } from './harness/guest-image.ts';
import { Network } from './harness/network.ts';
import { isRunning } from './harness/process-identity.ts';
import { QemuGuest } from './harness/qemu-guest.ts';
import { qmp, runState } from './harness/qmp.ts';
import { canRunGuests } from './harness/required.ts';
import { makeKey, type SshClientFiles, writeClientFiles } from './harness/ssh-material.ts';
import { Undo } from './harness/undo.ts';

const UUID = randomUUID();

/** A guest with a kernel of its own, so that what is proven with one rests on something. */
describe.runIf(canRunGuests())('a guest of QEMU', { timeout: 600_000 }, () => {
  let undo: Undo;
  let guest: QemuGuest;
  let ssh: SshClientFiles;
  let packages: string;

  beforeAll(async () => {
    undo = new Undo();
    const image = await guestImage();
    packages = await readFile(image.packages, 'utf8');
    const network = await Network.open(undo);
    const folder = await undo.folder();
    const identity = await makeKey(`${folder}/id_ed25519`, 'sre-e2e-client');
    guest = await QemuGuest.create(undo, {
      name: 'k8s-node2',
      image,
      port: await network.addGuest(),
      uuid: UUID,
      authorizedKey: `${identity}.pub`,
    });
    ssh = await writeClientFiles(dirname(identity), identity, [guest.host]);
    await guest.powerOn();
  }, 1_500_000);

  afterAll(async () => {
    await undo.close();
  });

  const inside = async (script: string): Promise<string> =>
    (await execa('ssh', ['-n', '-F', ssh.config, guest.name, script], { timeout: 120_000 })).stdout;

  test('runs the kernel that its image names, with the identity that it was given', async () => {
    const told = await inside(`
      uname -r; uname -n; cat /sys/class/dmi/id/product_uuid /sys/class/net/eth0/address
      cat /proc/sys/kernel/random/boot_id; curl -s http://127.0.0.1:10248/healthz`);
    const [, release = ''] = /^linux-image-(\S+) /.exec(packages) ?? [];
    expect(release).toMatch(/^6\.1\./);
    const { mac } = guest.spec.port;
    expect(told.split('\n')).toEqual([release, guest.name, UUID, mac, await guest.bootId(), 'ok']);
  });

  test('has another boot ID after a reset, under the same QEMU', async () => {
    const [before, { process }] = [await guest.bootId(), guest];
    await inside('touch /root/kept /run/lost && sync');
    await qmp(guest.monitor, 'system_reset');
    const after = await guest.booted(before);
    expect(after).not.toBe(before);
    const left = 'cat /proc/sys/kernel/random/boot_id; ls -d /root/kept /run/lost 2>/dev/null || :';
    expect(await inside(left)).toBe(`${after}\n/root/kept`);
    expect(await isRunning(process)).toBe(true);
  });

  test('stands still while it is held, and then goes on with the same boot', async () => {
    const before = await guest.bootId();
    await guest.hold(true);
    expect(await runState(guest.monitor)).toBe('paused');
    await expect(guest.bootId()).rejects.toThrow('does not answer');
    await guest.hold(false);
    expect(await runState(guest.monitor)).toBe('running');
    expect(await guest.bootId()).toBe(before);
  });

  test('that is reset while it is held waits to be let go, and then boots', async () => {
    const before = await guest.bootId();
    await guest.hold(true);
    await qmp(guest.monitor, 'system_reset');
    expect(await runState(guest.monitor)).toBe('prelaunch');
    await guest.hold(false);
    expect(await guest.booted(before)).not.toBe(before);
  });
});
