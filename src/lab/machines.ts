import { hex, uuid } from './chance.ts';
import { START } from './start.ts';
import type { NfsServer, Node, Vm } from './world.ts';

/** The hypervisor of DOMAIN 1: the nodes' machines, those of other people, and the NFS server in its kernel. */

const DAY = 86_400_000;

/** A MAC address of Proxmox's own prefix. */
const mac = (seed: number, vmid: number): string =>
  `BC:24:11:${hex(6, seed, 'mac', vmid)
    .toUpperCase()
    .replaceAll(/(..)(?=.)/g, '$1:')}`;

const common = (seed: number, vmid: number, name: string) => ({
  vmid,
  name,
  mac: mac(seed, vmid),
  qmp: 'running' as const,
  ha: false,
  boot: 'order=scsi0;net0',
  osDisk: 'scsi0',
  hostpci: [],
  pending: {},
  ignores: 0,
  startedAt: START - 630 * DAY,
});

/** The machine under a node; that of k8s-node1 has the GPU, and its system on the second disk (DOMAIN 1). */
function under(seed: number, node: Node, i: number): Vm {
  const vmid = 200 + i;
  const gpu = node.name === 'k8s-node1';
  const disk = `local-lvm:vm-${vmid}-disk-${gpu ? 1 : 0},discard=on,size=256G,ssd=1`;
  return {
    ...common(seed, vmid, node.name),
    node: node.name,
    uuid: node.systemUuid,
    address: node.address,
    agent: true,
    disks: {
      [gpu ? 'scsi1' : 'scsi0']: disk,
      ide2: `local-lvm:vm-${vmid}-cloudinit,media=cdrom,size=4M`,
    },
    ...(gpu ? { boot: 'order=scsi1;net0', osDisk: 'scsi1' } : {}),
    hostpci: gpu ? ['0000:af:00.0,pcie=1'] : [],
  };
}

/** Machines that are no node, and never a target (DOMAIN 1). */
const OTHERS: readonly (readonly [vmid: number, name: string])[] = [
  [101, 'pfsense'],
  [102, 'devvm'],
  [103, 'home-assistant'],
  [220, 'docker-registry'],
  [300, 'Windows10'],
];

/** All machines of the hypervisor, as its list has them. */
export const machines = (seed: number, nodes: readonly Node[]): readonly Vm[] =>
  [
    ...nodes.map((node, i) => under(seed, node, i)),
    ...OTHERS.map(([vmid, name]): Vm => ({
      ...common(seed, vmid, name),
      uuid: uuid(seed, 'smbios', vmid),
      agent: name !== 'pfsense',
      disks: { scsi0: `local-lvm:vm-${vmid}-disk-0,size=64G` },
    })),
  ].toSorted((a, b) => a.vmid - b.vmid);

/** nfsd as it runs since the hypervisor booted; it serves every version (COMMANDS B.7, healthy). */
export const NFS_UP: NfsServer = {
  state: 'up',
  startedAt: START - 21 * DAY,
  threads: 16,
  versions: ['4.2', '4.1', '4.0', '3'],
  load1: 4.1,
};
