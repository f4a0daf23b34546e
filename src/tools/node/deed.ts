import type { Reading } from '../../runbook/command.ts';
import { unparsable } from '../../runbook/command.ts';
import { printable } from '../printable.ts';
import { failed } from '../reading.ts';
import { only } from './head.ts';
import { wholeNumber } from './process-stat.ts';
import type { ScriptRecord } from './script.ts';

/** How a tool that a script ran ended: its exit code and its words. */
export interface Deed {
  readonly code: number;
  /** Its lines as one sentence, of a long one the end, where crictl has the reason; empty where it said nothing. */
  readonly said: string;
}

/** Characters of what a tool said. */
const KEPT = 300;

/** Reads the `said` and `exit` records of a script that ran one tool; `undefined` where there is no exit code. */
export function deedOf(records: readonly ScriptRecord[]): Deed | undefined {
  const code = wholeNumber(only(records, 'exit'));
  if (code === undefined) return undefined;
  const lines = records.filter((r) => r.kind === 'said').map((r) => r.rest.trim());
  const said = printable(lines.filter((line) => line !== '').join('; '), Infinity);
  return { code, said: said.length <= KEPT ? said : `…${said.slice(1 - KEPT)}` };
}

/** Why a deed that did not end well failed: killed at its limit on the far side, or what the tool said. */
export const refused = (tool: string, { code, said }: Deed): Reading<never> =>
  code === 137
    ? failed('timeout', `${tool} did not end within its limit, and was killed`)
    : failed('exit', said === '' ? `${tool} ended with exit code ${code}` : said);

/** The reading of a deed whose exit code is missing. */
export const noDeed = (tool: string): Reading<never> =>
  unparsable(`expected to hear how ${tool} ended, and got something else`);
