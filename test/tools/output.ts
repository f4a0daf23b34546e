import type { Command, RawOutput, Reading } from '../../src/runbook/command.ts';

/** What a command that exited left behind. */
export const exited = (stdout: string, code = 0, stderr = ''): RawOutput => ({
  ending: { how: 'exited', code },
  stdout,
  stderr,
  truncated: false,
});

/** Reads as the engine does. */
export const readWith = <T>(command: Command<T>, out: RawOutput): Reading<T> => command.read(out);

/** The value of a reading that must have one. */
export function valueOf<T>(reading: Reading<T>): T {
  if (!reading.ok) throw new Error(`no value: ${reading.why}: ${reading.says}`);
  return reading.value;
}

/** Why a reading that must have failed did. */
export function whyOf(reading: Reading<unknown>): { why: string; says: string } {
  if (reading.ok) throw new Error(`a value: ${JSON.stringify(reading.value)}`);
  return { why: reading.why, says: reading.says };
}

/** The argv of a command as one line, or its script with its arguments. */
export const spelled = (command: Command<unknown>): string =>
  command.run.kind === 'argv'
    ? command.run.argv.join(' ')
    : ['sh', command.run.script, ...command.run.args].join(' ');

/** Tab-separated records with the end record that a script writes. */
export const records = (...lines: readonly (readonly (string | number)[])[]): string =>
  [...lines, ['end', lines.length]].map((line) => `${line.join('\t')}\n`).join('');
