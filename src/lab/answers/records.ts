import type { AnswerId } from '../marks/answers.ts';
import { printed } from '../said.ts';
import type { Said } from '../said.ts';
import type { Node, World } from '../world.ts';
import type { Turn } from './turn.ts';

/** Records of the kept scripts: a kind and its fields, separated by tabs. */
export type Records = readonly (readonly (string | number)[])[];

/** A script's output: its records, and the end record with their count. */
export const records = (by: AnswerId, lines: Records, afterMs = 0): Said =>
  printed(
    by,
    [...lines, ['end', lines.length]].map((line) => `${line.join('\t')}\n`).join(''),
    afterMs,
  );

/** A kept script as a node answers it. */
export type Script = (world: World, node: Node, args: readonly string[]) => Turn | Said;

/** What every script about a machine says first: which boot of it, and that it is root who asks. */
export const head = (node: Node): Records => [
  ['boot', node.bootId],
  ['uid', 0],
];
