import type { Performer } from '../../../src/engine/ports.ts';
import type { Command, Ending, RawOutput } from '../../../src/runbook/command.ts';

/** How a test stands between a run and the lab: answers that are lost, late, or say something else. */

/** Nothing came back: the command ended so. */
export const nothing = (ending: Ending): RawOutput => ({
  ending,
  stdout: '',
  stderr: '',
  truncated: false,
});

/** It came to its end, and printed this. */
export const printed = (stdout: string): RawOutput => ({
  ending: { how: 'exited', code: 0 },
  stdout,
  stderr: '',
  truncated: false,
});

/** A script's output: its records, and the end record with their count. */
export const records = (lines: readonly string[]): RawOutput =>
  printed([...lines, `end\t${lines.length}`].map((line) => `${line}\n`).join(''));

/** The same output with other records. */
export function edited(
  out: RawOutput,
  change: (lines: readonly string[]) => readonly string[],
): RawOutput {
  return records(change(out.stdout.trimEnd().split('\n').slice(0, -1)));
}

/** The record of a thread in `node/tasks`, with its stat line. */
export const taskRecord = (
  pid: number,
  tid: number,
  comm: string,
  state: 'D' | 'Z',
  threads: number,
  wchan = '0',
): string => {
  const stat = `${tid} (${comm}) ${state} 4321 ${pid} ${pid} 0 -1 4228108 76 0 0 0 19 8 0 0 20 0 ${threads} 0 90000 0 0 0`;
  return ['task', pid, tid, wchan, '/kubepods.slice/x', stat].join('\t');
};

export type Through = (lab: Performer) => Performer;
type Answer = (from: () => Promise<RawOutput>, command: Command<unknown>) => Promise<RawOutput>;

/** Answers the commands that `pick` picks with `answer`, after or instead of the lab; `times` counts those of one family. */
export const instead =
  (pick: (command: Command<unknown>, times: number) => boolean, answer: Answer): Through =>
  (lab) => {
    const asked = new Map<string, number>();
    return {
      perform: (command, signal) => {
        const times = (asked.get(command.id) ?? 0) + 1;
        asked.set(command.id, times);
        const ask = (): Promise<RawOutput> => lab.perform(command, signal);
        return pick(command, times) ? answer(ask, command) : ask();
      },
    };
  };

/** Picks a family of commands on one node, or wherever it runs. */
export const family =
  (id: string, node?: string) =>
  (command: Command<unknown>): boolean =>
    command.id === id &&
    (node === undefined || (command.where.on === 'node' && command.where.node === node));
