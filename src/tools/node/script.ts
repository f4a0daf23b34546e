import type { Command, RawOutput, Reading, ScriptName, Where } from '../../runbook/command.ts';
import { unparsable } from '../../runbook/command.ts';
import { printable } from '../printable.ts';
import { failed } from '../reading.ts';
import type { Failed } from '../reading.ts';

/** One record of a script: a kind, and its fields; `rest` is everything after the kind, tabs and all. */
export interface ScriptRecord {
  readonly kind: string;
  readonly fields: readonly string[];
  readonly rest: string;
}

/** A kept script as a command; the transport finds it at `src/tools/<script>.sh` and gives it `args`. */
export interface Script<T> {
  readonly where: Where;
  readonly id: string;
  readonly about: string;
  readonly script: ScriptName;
  readonly args: readonly string[];
  readonly does?: Command<T>['does'];
  readonly scope?: string;
  readonly deadlineMs: number;
  /** Reads the records before the end record; they are complete. */
  readonly read: (records: readonly ScriptRecord[]) => Reading<T>;
}

function toRecord(line: string): ScriptRecord {
  const [kind = '', ...fields] = line.split('\t');
  return { kind, fields, rest: line.slice(kind.length + 1) };
}

/**
 * The records of a script's output. The last one is `end` with the count of those before it: without it, or with
 * another count, the output is cut off and proves nothing.
 */
export function recordsOf(out: RawOutput): Reading<readonly ScriptRecord[]> {
  if (out.truncated)
    return unparsable('expected all records of the script, and there were more than is kept');
  const lines = out.stdout.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const last = toRecord(lines.pop() ?? '');
  if (last.kind !== 'end') {
    return unparsable('expected an end record from the script, and its output stops before one');
  }
  if (last.rest !== String(lines.length)) {
    return unparsable(
      printable(
        `expected ${last.rest} records from the script by its end record, and got ${lines.length}`,
      ),
    );
  }
  return { ok: true, value: lines.map(toRecord) };
}

/** Why a script that did not end well knows nothing: no right to be root, killed at its deadline, or its own word. */
function failureOf(out: RawOutput): Failed | undefined {
  const code = out.ending.how === 'exited' ? out.ending.code : 0;
  if (code === 0) return undefined;
  const said = printable(out.stderr);
  if (/^sudo: |not in the sudoers file|a password is required/m.test(out.stderr)) {
    return failed('denied', `sudo does not let this through: ${said}`);
  }
  if (code === 137 || code === 124)
    return failed('timeout', 'the script was killed at its deadline');
  return failed(
    'exit',
    said === '' ? `the script ended with exit code ${code}` : `the script said: ${said}`,
  );
}

/** A command that runs a kept script and reads its records. */
export function script<T>(spec: Script<T>): Command<T> {
  return {
    kind: 'command',
    id: spec.id,
    about: spec.about,
    where: spec.where,
    does: spec.does ?? 'reads',
    run: { kind: 'script', script: spec.script, args: spec.args },
    deadlineMs: spec.deadlineMs,
    ...(spec.scope === undefined ? {} : { scope: spec.scope }),
    read: (out) => {
      const failure = failureOf(out);
      if (failure !== undefined) return failure;
      const records = recordsOf(out);
      return records.ok ? spec.read(records.value) : records;
    },
  };
}
