import { randomUUID } from 'node:crypto';
import { dirname } from 'node:path';
import { bootIdOf } from '../harness/boot-id.ts';
import type { Components, WorkloadPrograms } from '../harness/components.ts';
import { startControlPlane } from '../harness/control-plane.ts';
import { guestImage } from '../harness/guest-image.ts';
import { Hypervisor, type Machine, monitorOf } from '../harness/hypervisor.ts';
import type { KubeletHost } from '../harness/kubelet.ts';
import { Network } from '../harness/network.ts';
import { addUnit } from '../harness/node-units.ts';
import { startNodes } from '../harness/nodes.ts';
import { QemuGuest } from '../harness/qemu-guest.ts';
import { type SshClientFiles, writeClientFiles } from '../harness/ssh-material.ts';
import type { Undo } from '../harness/undo.ts';
import { startWorkloads } from '../harness/workloads.ts';
import { clusterOf } from '../reset/cluster.ts';
import { NAMES, VMS } from '../reset/machines.ts';
import { RIGHTS } from '../reset/rights.ts';
import { podOf, populate, type Stage } from '../reset/stage.ts';
import { GuestShell } from './guest-shell.ts';

/** The node that falls ill: a guest of QEMU. */
export const SICK = 'k8s-node2';
/** The node that it is compared with, on the kernel of the server. */
export const CONTROL = 'k8s-master';

/**
 * A cluster under one hypervisor with a real NFS server. Real: the node that falls ill and the server, each a guest of QEMU with
 * Debian's kernel, and the control, a client of the server in namespaces of the server's guest. The two others are nodes as the
 * harness has them, whose mounts nobody looks at.
 */
export interface KernelStage extends Pick<
  Stage,
  'plane' | 'hypervisor' | 'inventory' | 'podOf' | 'close'
> {
  readonly lab: { readonly ssh: SshClientFiles };
  readonly guest: QemuGuest;
  /** A shell on the sick node, on the server, and on the control. */
  readonly sick: GuestShell;
  readonly server: GuestShell;
  readonly control: GuestShell;
  /** The server's address. */
  readonly address: string;
  /** Another address of the same server, as one of a server that the cluster does not know. */
  readonly elsewhere: string;
  /** An address for a container of the sick node. */
  readonly container: string;
}

/** Builds it, all well; everything that may be hit is on the sick node. */
export async function buildKernelStage(
  undo: Undo,
  components: Components,
  programs: WorkloadPrograms,
): Promise<KernelStage> {
  const [plane, network, image] = await Promise.all([
    startControlPlane(undo, { components, rights: RIGHTS }),
    Network.open(undo),
    guestImage(),
  ]);
  const uuids = new Map(NAMES.map((name) => [name, randomUUID()]));
  const uuidOf = (name: string): string => uuids.get(name) ?? '';
  const others = ['k8s-node1', 'k8s-node3'];
  const machines = others.map((name) => [name, { uuid: uuidOf(name), nfs: true }] as const);
  const [lab] = await Promise.all([
    startNodes(undo, network, [...others, 'pve'], Object.fromEntries(machines)),
    startWorkloads(undo, plane, programs),
  ]);
  const host = lab.get('pve');
  const vmid = VMS[SICK];
  await host.run('mkdir -p /run/qemu-server');

  const authorizedKey = `${lab.ssh.identity}.pub`;
  const guest = await QemuGuest.create(undo, {
    name: SICK,
    image,
    port: await network.addGuest(),
    uuid: uuidOf(SICK),
    authorizedKey,
    monitor: host.path(monitorOf(vmid)),
  });
  const client = network.takeAddress().address;
  const elsewhere = network.takeAddress().address;
  const nas = await QemuGuest.create(undo, {
    name: 'nas',
    image,
    port: await network.addGuest(),
    uuid: uuidOf(CONTROL),
    authorizedKey,
    files: {
      client: `${CONTROL}\n`,
      'client-address': `${client}\n`,
      elsewhere: `${elsewhere}\n`,
    },
    extra: 'nfs-server',
  });
  const controlHost = { ...nas.host, name: CONTROL, address: client };
  const hosts = [...lab.hosts, guest.host, nas.host, controlHost];
  const ssh = await writeClientFiles(dirname(lab.ssh.identity), lab.ssh.identity, hosts);
  await Promise.all([guest.powerOn(), nas.powerOn()]);

  const control: Machine & KubeletHost = {
    name: CONTROL,
    address: client,
    isOn: true,
    bootId: () => bootIdOf(client),
    mac: () => nas.mac(),
    powerOn: () => Promise.reject(new Error('nobody may start the control')),
    powerOff: () => Promise.reject(new Error('nobody may stop the control')),
  };
  const nodes = [control, lab.get('k8s-node1'), guest, lab.get('k8s-node3')];
  const guests = nodes.map((node) => {
    return { vmid: VMS[node.name as keyof typeof VMS], node, uuid: uuidOf(node.name) };
  });
  const hypervisor = await Hypervisor.start(host, guests);
  // No guest agent is installed in the guest.
  await hypervisor.change(vmid, { agent: 'none' });
  const cluster = await clusterOf(
    plane,
    guests.map((it) => {
      const ofLab = lab.nodes.find(({ name }) => name === it.node.name);
      return { ...it, startUnit: ofLab && (() => addUnit(ofLab, 'kubelet')) };
    }),
  );
  await populate(cluster, nas.address);
  return {
    plane,
    lab: { ssh },
    hypervisor,
    inventory: {
      hosts: { pve: host.address, nas: nas.address },
      nfs: { server: nas.address, host: 'nas', export: '/export' },
      pve: { hosts: ['pve'], vms: VMS },
      maintenance: {},
    },
    guest,
    sick: new GuestShell(ssh.config, SICK),
    server: new GuestShell(ssh.config, 'nas'),
    control: new GuestShell(ssh.config, CONTROL),
    address: nas.address,
    elsewhere,
    podOf: podOf(cluster),
    container: network.takeAddress().address,
    close: async () => {
      await cluster.close();
      await hypervisor.close();
    },
  };
}
