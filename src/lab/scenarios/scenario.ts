import { step } from '../step.ts';
import { START } from '../start.ts';
import type { Process, Stuck, World } from '../world.ts';
import { changeNode, changeProcess } from '../change.ts';

/** An incident to rehearse. */
export interface Scenario {
  readonly id: string;
  readonly title: string;
  /** What happened so far, in a few sentences for the operator. */
  readonly story: string;
  /** The world at the start of the rehearsal. */
  readonly make: (seed: number) => World;
  /** How a good run ends, and with what left to do. */
  readonly ends: string;
}

/** Lets a world that was built earlier come to the start of the rehearsal: its logs fill. */
export const atStart = (world: World): World => step(world, START);

const vaultProcess = (world: World, id: string): readonly [string, Process] | undefined => {
  const pod = world.pods.find((it) => it.name === id);
  const node = world.nodes.find((it) => it.name === pod?.node);
  const process = node?.processes.find((it) => it.podUid === pod?.uid && it.comm === 'vault');
  return node === undefined || process === undefined ? undefined : [node.name, process];
};

/** Puts a thread of a member's Vault process into state D. */
export function stick(world: World, id: string, wchan: string, until: Stuck['until']): World {
  const found = vaultProcess(world, id);
  if (found === undefined) return world;
  const [node, { pid }] = found;
  return changeProcess(world, node, pid, (process) => ({
    ...process,
    stuck: { tid: pid + 7, wchan, until },
  }));
}

/** Adds a process to a node. */
export const addProcess = (world: World, node: string, process: Process): World =>
  changeNode(world, node, (it) => ({ ...it, processes: [...it.processes, process] }));

/** Writeback to NFS that does not end: SIGKILL does not help until it does (COMMANDS B.2). */
export const WRITEBACK = 'folio_wait_bit_common';
