import { readdir } from 'node:fs/promises';
import type { LabNode } from '../harness/lab-node.ts';
import { type ProcessStat, readStat } from '../harness/process-identity.ts';

/** All processes of a node but those of its SSH sessions, which come and go. */
export async function processesOf(node: LabNode): Promise<readonly ProcessStat[]> {
  const proc = node.path('/proc');
  const pids = (await readdir(proc)).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.map((pid) => readStat(pid, proc)));
  return found.filter((it) => it !== undefined).filter(({ comm }) => !comm.startsWith('sshd'));
}

/** Those that were there before and are not any more. */
export const ended = (
  before: readonly ProcessStat[],
  after: readonly ProcessStat[],
): readonly ProcessStat[] =>
  before.filter((it) => !after.some((now) => now.pid === it.pid && now.startTime === it.startTime));
