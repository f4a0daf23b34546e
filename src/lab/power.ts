import { between, uuid } from './chance.ts';
import { changeMembers, changeNode, label } from './change.ts';
import { lapsing } from './locks.ts';
import type { Node, Vm, World } from './world.ts';

/** What happens to a guest when its machine is reset, held, stopped or started (COMMANDS D.1, D.3; REALITY 5). */

/** Changes the machine of that id. */
export const changeVm = (world: World, vmid: number, how: (vm: Vm) => Vm): World => ({
  ...world,
  vms: world.vms.map((vm) => (vm.vmid === vmid ? how(vm) : vm)),
});

const podsOn = (world: World, node: string): readonly string[] =>
  world.pods.filter((pod) => pod.node === node).map((pod) => pod.uid);

/** When the kubelet last renewed its lease, where it stops now. */
const lastLease = (world: World, node: Node): number =>
  node.kubelet === 'running' ? world.at : node.kubeletSince;

/** Everything in the guest's memory is gone: processes, mounts, the kernel's NFS clients. Its objects stay in the API. */
export function fell(world: World, name: string, power: 'booting' | 'off'): World {
  const uids = podsOn(world, name);
  const host = world.nodes.find((it) => it.name === name);
  const left = host === undefined ? world : lapsing(world, host);
  const dead = changeNode(left, name, (node) => {
    const { probingUntil: _, ...rest } = node;
    return {
      ...rest,
      power,
      kubelet: 'down',
      kubeletSince: lastLease(world, node),
      nfs: {},
      processes: [],
      mounts: [],
      ghosts: [],
      strays: [],
    };
  });
  return changeMembers(dead, (member) => {
    if (!uids.includes(member.podUid)) return member;
    const { activeSince: _, ...rest } = member;
    return { ...rest, health: 'gone', role: 'follower' };
  });
}

/** By somebody's hand: the one promise of one node at a time is broken if another is not back yet. */
export function felled(world: World, name: string, power: 'booting' | 'off'): World {
  const others = world.nodes.some((node) => node.name !== name && node.downByHand === true);
  const down = changeNode(fell(world, name, power), name, (node) => ({
    ...node,
    downByHand: true,
  }));
  return { ...down, bothDown: down.bothDown || others };
}

/** The guest stands still as it is: nothing of it runs, nothing of it is lost. */
export function held(world: World, name: string): World {
  const uids = podsOn(world, name);
  const still = changeNode(world, name, (node) => ({
    ...node,
    power: 'paused',
    kubeletSince: lastLease(world, node),
    kubelet: node.kubelet === 'running' ? 'hung' : node.kubelet,
  }));
  return changeMembers(still, (member) =>
    uids.includes(member.podUid) && member.health === 'working'
      ? { ...member, health: 'frozen' }
      : member,
  );
}

/** A guest that stood still goes on where it was. */
export function wentOn(world: World, name: string): World {
  const uids = podsOn(world, name);
  const on = changeNode(world, name, (node) => ({
    ...node,
    power: 'on',
    kubelet: node.kubelet === 'hung' ? 'running' : node.kubelet,
  }));
  const awake = on.members.filter((it) => uids.includes(it.podUid) && it.health === 'frozen');
  return awake.reduce((now, { id, podUid }) => {
    const working = changeMembers(now, (member) => {
      if (member.id !== id) return member;
      const { activeSince: _, ...rest } = member;
      return { ...rest, health: 'working', role: 'follower' };
    });
    return label(working, podUid, 'vault-active', 'false');
  }, on);
}

/** What the machine boots from: the first device of its order, or `bootdisk` where there is none. */
const bootDevice = ({ boot, bootdisk }: Vm): string | undefined =>
  boot === undefined ? bootdisk : /^order=([^;]*)/.exec(boot)?.[1];

/** Whether a start finds the system (COMMANDS D.3). */
export const boots = (vm: Vm): boolean =>
  bootDevice(vm) === vm.osDisk && vm.disks[vm.osDisk] !== undefined;

/** The guest is up: a new boot, a new boot ID, and nothing else of its own yet. */
export const booted =
  (name: string) =>
  (world: World): World =>
    changeNode(world, name, (node) => ({
      ...node,
      power: 'on',
      boots: node.boots + 1,
      bootId: uuid(world.seed, 'boot', name, node.boots + 1),
      bootedAt: world.at - 4_000,
      containerdPid: between(500, 790, world.seed, 'containerd', name, world.at),
      containerdStart: 360,
    }));
