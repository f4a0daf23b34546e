import { describe, expect, test } from 'vitest';
import {
  judgeAfterReset,
  judgeColdStart,
  judgeMachine,
} from '../../../runbooks/kernel-nfs-reset/judge/machine.ts';
import type { MachineLook } from '../../../runbooks/kernel-nfs-reset/judge/machine.ts';
import { nodeRefOf } from '../../../src/deeds/references.ts';
import type { Vm } from '../../../src/tools/pve/vm.ts';
import { SITE } from '../../tools/site.ts';
import { aGuest, aNode, aVm, blind, NEW_BOOT, OLD_BOOT, saw } from './observed.ts';

const site = {
  ...SITE,
  pve: { hosts: ['pve', 'pve2'], vms: [{ node: 'k8s-node2', vmid: 202, name: 'k8s-node2' }] },
};
const target = nodeRefOf(aNode());

const look = (vm: Vm | undefined, over: Partial<MachineLook> = {}): MachineLook => ({
  node: saw(aNode()),
  guest: aGuest(OLD_BOOT),
  vms: { pve: saw(vm), pve2: saw(undefined) },
  ...over,
});

describe('which VM it is', () => {
  test('name and SMBIOS UUID prove it, on the host that has it', () => {
    const word = judgeMachine(site, target, look(aVm()));
    expect(word).toMatchObject({ is: 'running', vm: { vmid: 202, host: 'pve' } });
    expect(word.is === 'running' ? word.vm.proven.length : 0).toBeGreaterThanOrEqual(2);
  });

  test.for([
    ['another name with the right UUID', aVm({ name: 'k8s-node3' }), 'not-proven'],
    [
      'the right name with another UUID',
      aVm({ uuid: '00000000-2222-4333-8444-555566667777' }),
      'not-proven',
    ],
    ['a twin with the same name or UUID', aVm({ twins: [302] }), 'not-proven'],
    ['no UUID and no address', aVm({ uuid: '' }), 'not-proven'],
    ['no VM of that id', undefined, 'not-proven'],
    ['a lock', aVm({ lock: 'backup' }), 'forbidden'],
    ['HA', aVm({ ha: 'managed' }), 'forbidden'],
    ['HA that could not be read', aVm({ ha: 'unknown' }), 'forbidden'],
    ['a pause', aVm({ qmpStatus: 'paused' }), 'paused'],
    ['an I/O error', aVm({ qmpStatus: 'io-error' }), 'paused'],
    ['prelaunch', aVm({ qmpStatus: 'prelaunch' }), 'paused'],
    ['a stopped VM', aVm({ status: 'stopped', qmpStatus: 'stopped' }), 'stopped'],
    ['a state that nobody knows', aVm({ qmpStatus: 'unknown' }), 'unknown'],
  ] as const)('%s is not reset', ([, vm, is]) => {
    expect(judgeMachine(site, target, look(vm)).is).toBe(is);
  });

  test('a node that the inventory does not list is outside', () => {
    const none = { ...site, pve: { ...site.pve, vms: [] } };
    expect(judgeMachine(none, target, look(aVm())).is).toBe('outside');
  });

  test('a VM on two hosts, or a host that cannot be asked while no other has it, is unknown', () => {
    const two = { pve: saw(aVm()), pve2: saw(aVm({ host: 'pve2' })) };
    expect(judgeMachine(site, target, look(undefined, { vms: two })).is).toBe('unknown');
    const dark = { pve: blind<Vm | undefined>(), pve2: saw(undefined) };
    expect(judgeMachine(site, target, look(undefined, { vms: dark })).is).toBe('unknown');
  });
});

describe('after a reset that nobody saw work', () => {
  test.for([
    ['another boot', look(aVm(), { guest: aGuest(NEW_BOOT) }), 'booted'],
    ['the old boot', look(aVm()), 'nothing'],
    ['the old boot, and QEMU holds it', look(aVm({ qmpStatus: 'prelaunch' })), 'paused'],
    [
      'silence, and QEMU holds it',
      look(aVm({ qmpStatus: 'paused' }), { guest: blind() }),
      'paused',
    ],
    ['silence, and QEMU runs', look(aVm({ agent: false }), { guest: blind() }), 'not-up'],
    ['silence, and the guest agent answers', look(aVm(), { guest: blind() }), 'unseen'],
    [
      'silence, and the API knows another boot',
      look(aVm({ agent: false }), { guest: blind(), node: saw(aNode({ bootID: NEW_BOOT })) }),
      'unseen',
    ],
    ['silence, and the VM is off', look(aVm({ status: 'stopped' }), { guest: blind() }), 'stopped'],
    [
      'silence, and QEMU says nothing',
      look(aVm({ qmpStatus: 'unknown' }), { guest: blind() }),
      'unknown',
    ],
    ['silence everywhere', look(undefined, { guest: blind(), vms: { pve: blind() } }), 'unknown'],
  ] as const)('%s', ([, seen, is]) => {
    expect(judgeAfterReset(target, seen).is).toBe(is);
  });
});

describe('before a stop and start', () => {
  test.for([
    ['a boot order with its disk', aVm(), 'may'],
    ['the same, and it is off', aVm({ status: 'stopped', qmpStatus: 'stopped' }), 'off'],
    [
      'bootdisk scsi0 while the system is on scsi1: the node that fell into iPXE (DOMAIN 2.3)',
      aVm({
        boot: { kind: 'legacy', bootdisk: 'scsi0' },
        disks: { scsi1: 'local-lvm:vm-201-disk-0' },
      }),
      'boot-disk',
    ],
    [
      'a boot order that names a disk that is not there',
      aVm({ boot: { kind: 'order', devices: ['scsi3'] } }),
      'boot-disk',
    ],
    ['pending changes', aVm({ pending: ['new memory: 16384'] }), 'pending'],
    ['HA', aVm({ ha: 'managed' }), 'forbidden'],
    ['a lock', aVm({ lock: 'snapshot' }), 'forbidden'],
  ] as const)('%s', ([, vm, is]) => {
    expect(judgeColdStart(vm).is).toBe(is);
  });
});
