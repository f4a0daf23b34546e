import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sameVm } from '../../../src/tools/pve/identity.ts';
import type { MachineIdentity, NodeIdentity } from '../../../src/tools/pve/identity.ts';
import { sameUuid, smbiosUuid } from '../../../src/tools/pve/uuid.ts';
import type { Vm } from '../../../src/tools/pve/vm.ts';
import { counterexample } from '../counterexample.ts';

const UUID = '6f0c2b1a-3d4e-4f50-8192-a3b4c5d6e7f8';
const SWAPPED = '1a2b0c6f-4e3d-504f-8192-a3b4c5d6e7f8';
const OTHER = '11111111-2222-4333-8444-555555555555';
const MAC = 'bc:24:11:0a:02:02';

const LISTED = { node: 'k8s-node2', vmid: 202, name: 'k8s-node2' };
const VM: Vm = {
  host: 'pve',
  hypervisor: 'pve',
  vmid: 202,
  name: 'k8s-node2',
  status: 'running',
  qmpStatus: 'running',
  uuid: UUID,
  macs: [MAC],
  addresses: ['10.0.20.102'],
  disks: {},
  boot: { kind: 'order', devices: ['scsi0'] },
  hostpci: [],
  pending: [],
  ha: 'none',
  twins: [],
  agent: true,
};
const NODE: NodeIdentity = { systemUUID: UUID, address: '10.0.20.102' };

/** A VM without hardware that could be compared, and then with `more`. */
function bare(more: Partial<Vm> = {}): Vm {
  const { uuid: _, ...vm } = VM;
  return { ...vm, macs: [], addresses: [], ...more };
}

describe('proven', () => {
  test('by name, SMBIOS UUID, MAC and address', () => {
    const machine = { productUuid: UUID.toUpperCase(), macs: [MAC.toUpperCase()] };
    expect(sameVm(VM, LISTED, NODE, machine)).toEqual({
      is: 'proven',
      facts: [
        'name k8s-node2 in qm config',
        `SMBIOS UUID ${UUID} is the node's systemUUID`,
        `SMBIOS UUID ${UUID} is the product UUID that the machine itself shows`,
        `MAC ${MAC} is on the machine`,
        "address 10.0.20.102 in ipconfig is the node's InternalIP",
      ],
    });
  });

  test.for([
    ['the UUID alone', bare({ uuid: UUID }), NODE, {}],
    ['the UUID in the other byte order', bare({ uuid: SWAPPED }), NODE, {}],
    ['an address alone', bare({ addresses: ['10.0.20.102'] }), NODE, {}],
    ['a MAC alone', bare({ macs: [MAC] }), NODE, { macs: ['ee:ee:ee:ee:ee:ee', MAC] }],
    [
      'what the machine itself shows',
      bare({ uuid: UUID }),
      { systemUUID: '', address: '' },
      { productUuid: UUID },
    ],
  ] as const)('by name and %s', ([, vm, node, machine]) => {
    expect(sameVm(vm, LISTED, node, machine).is).toBe('proven');
  });
});

test.for([
  ['nothing to compare', bare(), {}],
  ['no smbios1, and DHCP', bare(), { productUuid: UUID }],
  ['a MAC that nobody looked for', bare({ macs: [MAC] }), {}],
  ['a UUID of zeros on both sides', bare({ uuid: '00000000-0000-0000-0000-000000000000' }), {}],
] as const)('unproven: %s', ([, vm, machine]) => {
  const node = { systemUUID: UUID, address: '10.0.20.102' };
  expect(sameVm(vm, LISTED, node, machine)).toEqual({
    is: 'unproven',
    because:
      "VM 202 has the name k8s-node2, and neither a SMBIOS UUID nor an address of it can be compared with the node's",
  });
});

test.for([
  ['another VMID', { ...VM, vmid: 203 }, NODE, {}, 'the inventory gives k8s-node2 VM 202'],
  ['another name', { ...VM, name: 'k8s-node3' }, NODE, {}, 'the inventory calls it k8s-node2'],
  ['a template', { ...VM, template: true }, NODE, {}, 'VM 202 is a template'],
  ['twins', { ...VM, twins: [205, 209] }, NODE, {}, 'with VM 205, VM 209'],
  [
    'another UUID, though name and address agree',
    VM,
    { ...NODE, systemUUID: OTHER },
    {},
    `SMBIOS UUID ${UUID} of VM 202 is not the node's systemUUID, ${OTHER}`,
  ],
  [
    'a machine with another UUID',
    bare({ addresses: ['10.0.20.102'] }),
    NODE,
    { productUuid: OTHER },
    `the machine says that it is ${OTHER}`,
  ],
  ['a machine without its MAC', VM, NODE, { macs: ['bc:24:11:00:00:00'] }, `(${MAC})`],
  [
    'another address',
    { ...VM, addresses: ['10.0.20.103'] },
    NODE,
    {},
    "VM 202 is set to 10.0.20.103, and the node's address is 10.0.20.102",
  ],
] as const)('contradicted: %s', ([, vm, node, machine, because]) => {
  const found = sameVm(vm, LISTED, node, machine);
  expect(found.is).toBe('contradicted');
  expect(found.is === 'contradicted' && found.because).toContain(because);
});

test('an address of the other family is nothing to compare', () => {
  const vm = bare({ uuid: UUID, addresses: ['fd00::2'] });
  expect(sameVm(vm, LISTED, NODE)).toMatchObject({ is: 'proven' });
});

const uuids = fc.uuid().filter((it) => smbiosUuid(it) !== undefined);
const inSomeCase = (text: string): fc.Arbitrary<string> =>
  fc.constantFrom(
    text,
    text.toUpperCase(),
    text.replace(/[a-f]/, (it) => it.toUpperCase()),
  );
const turn = (it: string) => it.replace(/../g, '$& ').trim().split(' ').toReversed().join('');
const swap = (uuid: string): string => {
  const [a = '', b = '', c = '', ...rest] = uuid.split('-');
  return [turn(a), turn(b), turn(c), ...rest].join('-');
};

describe('for any UUID', () => {
  test('the byte order and the case of either side do not matter', () => {
    const property = fc.property(
      uuids.chain((uuid) =>
        fc.tuple(
          fc.constantFrom(uuid, swap(uuid)).chain(inSomeCase),
          fc.constantFrom(uuid, swap(uuid)).chain(inSomeCase),
        ),
      ),
      ([one, other]) =>
        sameUuid(one, other) &&
        sameUuid(other, one) &&
        sameVm(bare({ uuid: one }), LISTED, { systemUUID: other, address: '' }).is === 'proven',
    );
    expect(counterexample(property, 300)).toBeUndefined();
  });

  test('two that differ are never one, in either direction', () => {
    const property = fc.property(uuids, uuids, (one, other) => {
      fc.pre(one !== other && swap(one) !== other);
      return !sameUuid(one, other) && !sameUuid(other, one);
    });
    expect(counterexample(property, 300)).toBeUndefined();
  });
});

const vms = fc.record({
  vmid: fc.constantFrom(202, 203),
  name: fc.constantFrom('k8s-node2', 'k8s-node3', ''),
  uuid: fc.constantFrom(undefined, UUID, SWAPPED, OTHER),
  macs: fc.subarray([MAC, 'bc:24:11:00:00:01']),
  addresses: fc.subarray(['10.0.20.102', '10.0.20.103', 'fd00::2']),
  twins: fc.subarray([205]),
});
const nodes = fc.record({
  systemUUID: fc.constantFrom('', UUID, SWAPPED, OTHER, 'none'),
  address: fc.constantFrom('', '10.0.20.102', '10.0.20.104'),
});
const machines: fc.Arbitrary<MachineIdentity> = fc
  .record({
    productUuid: fc.constantFrom(undefined, UUID, OTHER),
    macs: fc.subarray([MAC, 'bc:24:11:00:00:09']),
  })
  .map(({ productUuid, macs }) => ({ ...(productUuid ? { productUuid } : {}), macs }));

const differs = (one: string | undefined, other: string | undefined): boolean =>
  smbiosUuid(one) !== undefined &&
  smbiosUuid(other) !== undefined &&
  !sameUuid(one ?? '', other ?? '');

test('whatever agrees: what is proven has its name, a fact of hardware, and nothing against it', () => {
  const property = fc.property(
    vms,
    nodes,
    machines,
    ({ uuid, ...some }, node, { productUuid, macs = [] }) => {
      const vm = bare({ ...some, ...(uuid === undefined ? {} : { uuid }) });
      const machine = { ...(productUuid ? { productUuid } : {}), macs };
      const v4 = vm.addresses.filter((it) => !it.includes(':'));
      const against =
        vm.vmid !== 202 ||
        vm.name !== 'k8s-node2' ||
        vm.twins.length > 0 ||
        differs(uuid, node.systemUUID) ||
        differs(uuid, productUuid) ||
        differs(node.systemUUID, productUuid) ||
        (vm.macs.length > 0 && macs.length > 0 && !vm.macs.some((it) => macs.includes(it))) ||
        (node.address !== '' && v4.length > 0 && !v4.includes(node.address));
      const found = sameVm(vm, LISTED, node, machine);
      if (against) return found.is === 'contradicted' && found.because !== '';
      const known = [smbiosUuid(node.systemUUID), smbiosUuid(productUuid)];
      const hard =
        (uuid !== undefined && known.some((it) => it !== undefined)) ||
        vm.macs.some((it) => macs.includes(it)) ||
        v4.includes(node.address);
      return hard ? found.is === 'proven' && found.facts.length >= 2 : found.is === 'unproven';
    },
  );
  expect(counterexample(property, 3000)).toBeUndefined();
});
