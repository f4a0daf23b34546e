import { changeMember, changeNode, changePod, changeProcess } from '../change.ts';
import { START } from '../start.ts';
import { step } from '../step.ts';
import type { Member, Node, Pod, Process, Stuck, World } from '../world.ts';

/** How scenarios are staged: small changes of the reference world. */

/** A moment before the start: `at(20)` is 20 minutes before it. */
export const ago = (minutes: number): number => START - minutes * 60_000;

/** Lets a world that was built earlier come to the start of the rehearsal: its logs fill. */
export const toStart = (world: World): World => step(world, START);

/** The pod of that name; a scenario that names another is a mistake in it. */
export function podNamed(world: World, name: string): Pod {
  const pod = world.pods.find((it) => it.name === name);
  if (pod === undefined) throw new Error(`the scenario ${world.scenario} has no pod ${name}`);
  return pod;
}

/** The node on which that pod runs. */
export function nodeUnder(world: World, name: string): Node {
  const pod = podNamed(world, name);
  const node = world.nodes.find((it) => it.name === pod.node);
  if (node === undefined) throw new Error(`the scenario ${world.scenario} has no node ${pod.node}`);
  return node;
}

/** Hangs a member's process: it wrote its last line then, and its index stands from then on. */
export const hang = (world: World, id: string, health: Member['health'], since: number): World =>
  changeMember(world, id, (member) => ({
    ...member,
    health,
    log: [
      ...member.log,
      {
        at: since - 4_000,
        level: 'INFO',
        text: 'expiration: revoked lease: lease_id=database/creds/app/9vYqPqj0',
      },
    ],
  }));

/** Puts a thread of a member's Vault process into state D. */
export function stick(world: World, id: string, until: Stuck['until'], wchan = WRITEBACK): World {
  const { name, processes } = nodeUnder(world, id);
  const { uid } = podNamed(world, id);
  const vault = processes.find((it) => it.podUid === uid && it.comm === 'vault');
  if (vault === undefined) return world;
  return changeProcess(world, name, vault.pid, (it) => ({
    ...it,
    stuck: { tid: vault.pid + 7, wchan, until },
  }));
}

/** Writeback to NFS that does not end: SIGKILL does not help until it does (COMMANDS B.2). */
const WRITEBACK = 'folio_wait_bit_common';

/** A soft mount gives up some seconds after the process is told to end; with the preStop hook that makes about 20 s. */
export const SOFT: Stuck['until'] = { it: 'signalled', afterMs: 14_000 };

/** Adds a process to a node. */
export const addProcess = (world: World, node: string, process: Process): World =>
  changeNode(world, node, (it) => ({ ...it, processes: [...it.processes, process] }));

/** A node that makes no new NFS mount until it is reset. */
export const poison = (world: World, node: string): World =>
  changeNode(world, node, (it) => ({
    ...it,
    nfs: { ...it.nfs, '4.2': { is: 'wedged', since: world.at, heals: { it: 'never' } } },
  }));

/** A pod whose Vault ends as soon as it starts: running, and never up. */
export function crashing(world: World, id: string, since: number): World {
  const { uid } = podNamed(world, id);
  const { name } = nodeUnder(world, id);
  const down = changePod(world, uid, (pod) => ({ ...pod, stage: 'crashing', since, restarts: 9 }));
  const dead = changeMember(down, id, (member) => ({
    ...member,
    health: 'gone',
    role: 'follower',
  }));
  return changeNode(dead, name, (node) => ({
    ...node,
    processes: node.processes.filter((it) => it.podUid !== uid || it.comm !== 'vault'),
  }));
}

/** Adds to what a scenario has in store. */
export const plot = (world: World, more: Partial<World['plot']>): World => ({
  ...world,
  plot: { ...world.plot, ...more },
});

/** A member that leads nobody and knows no leader. */
export function leaderless(member: Member): Member {
  const { knows: _, activeSince: __, ...rest } = member;
  return rest;
}
