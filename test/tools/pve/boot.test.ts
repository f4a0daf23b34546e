import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { bootDisk, bootOrder } from '../../../src/tools/pve/boot.ts';
import { counterexample } from '../counterexample.ts';

const OWN = 'local-lvm:vm-202-disk-0,size=256G';
const CSI = 'local-lvm:vm-9999-pvc-5f0c3c1e-7a55,size=20G';

test.for([
  ['order=scsi0;net0', undefined, { kind: 'order', devices: ['scsi0', 'net0'] }],
  ['order=', 'scsi0', { kind: 'order', devices: [] }],
  [undefined, 'scsi0', { kind: 'legacy', bootdisk: 'scsi0' }],
  ['cdn', 'scsi0', { kind: 'legacy', bootdisk: 'scsi0' }],
  ['legacy=dcn', 'virtio0', { kind: 'legacy', bootdisk: 'virtio0' }],
  ['c', undefined, { kind: 'legacy' }],
  ['dn', 'scsi0', { kind: 'legacy' }],
  [undefined, undefined, { kind: 'legacy' }],
  // Both at once: the letters count (qm:QemuServer.pm device_bootorder).
  ['legacy=cdn,order=scsi1', 'scsi0', { kind: 'legacy', bootdisk: 'scsi0' }],
] as const)('boot: %s, bootdisk: %s', ([boot, bootdisk, order]) => {
  expect(bootOrder(boot, bootdisk)).toEqual(order);
});

test.for([
  ['the disk of its own', 'order=scsi0;net0', { scsi0: OWN }, { is: 'disk', device: 'scsi0' }],
  [
    'a disk of the host',
    'order=sata0',
    { sata0: '/dev/disk/by-id/ata-SAMSUNG_MZ7' },
    { is: 'disk', device: 'sata0' },
  ],
  [
    'a linked clone',
    'order=scsi0',
    { scsi0: 'local:900/base-900-disk-0.qcow2/202/vm-202-disk-0.qcow2,size=64G' },
    { is: 'disk', device: 'scsi0' },
  ],
  ['a disk that is gone', 'order=scsi0', { scsi1: OWN }, { is: 'missing', device: 'scsi0' }],
  [
    'a second disk that is gone',
    'order=scsi0;scsi1',
    { scsi0: OWN },
    { is: 'missing', device: 'scsi1' },
  ],
  ['the network', 'order=net0;scsi0', { scsi0: OWN }, { is: 'not-a-disk', device: 'net0' }],
  [
    'a CD',
    'order=ide2;scsi0',
    { ide2: 'none,media=cdrom', scsi0: OWN },
    { is: 'not-a-disk', device: 'ide2' },
  ],
  [
    'its cloud-init drive',
    'order=scsi1',
    { scsi1: 'local-lvm:vm-202-cloudinit,size=4M' },
    { is: 'not-a-disk', device: 'scsi1' },
  ],
  ['a volume of CSI', 'order=scsi0', { scsi0: CSI }, { is: 'not-a-disk', device: 'scsi0' }],
  ['nothing', 'order=', { scsi0: OWN }, { is: 'nothing' }],
] as const)('the next start is from %s', ([, boot, disks, found]) => {
  expect(bootDisk({ vmid: 202, boot: bootOrder(boot, undefined), disks })).toEqual(found);
});

test('the seed case: bootdisk names scsi0, and the system is on scsi1', () => {
  const boot = bootOrder(undefined, 'scsi0');
  const disks = { scsi1: 'local-lvm:vm-201-disk-0,size=512G' };
  expect(bootDisk({ vmid: 201, boot, disks })).toEqual({ is: 'missing', device: 'scsi0' });
  // A volume of CSI that was plugged in there since makes no system disk of it.
  expect(bootDisk({ vmid: 201, boot, disks: { ...disks, scsi0: CSI } })).toEqual({
    is: 'not-a-disk',
    device: 'scsi0',
  });
  expect(bootDisk({ vmid: 201, boot: bootOrder('cdn', undefined), disks })).toEqual({
    is: 'nothing',
  });
});

const device = fc.constantFrom<string>(
  'scsi0',
  'scsi1',
  'ide2',
  'net0',
  'virtio3',
  'constructor',
  'sata9',
);

test('only a drive that the VM has, and that is first, is ever its disk', () => {
  const property = fc.property(
    fc.array(device, { maxLength: 4 }),
    fc.dictionary(device, fc.constantFrom(OWN, CSI, 'none,media=cdrom', ''), {
      noNullPrototype: true,
    }),
    (devices, disks) => {
      const found = bootDisk({ vmid: 202, boot: { kind: 'order', devices }, disks });
      if (found.is === 'nothing') return devices.length === 0;
      if (!devices.includes(found.device)) return false;
      if (found.is === 'missing') return !Object.hasOwn(disks, found.device);
      return found.is === 'disk'
        ? found.device === devices[0] && disks[found.device] === OWN
        : found.device === devices[0];
    },
  );
  expect(counterexample(property, 500)).toBeUndefined();
});
