import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RawOutput } from '../../../src/runbook/command.ts';
import { exited } from '../output.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures/tools');

interface Recording {
  readonly version: string;
  readonly recorded: Readonly<
    Record<string, { readonly code: number; readonly stdout: string; readonly stderr: string }>
  >;
}

const RECORDING = JSON.parse(
  readFileSync(join(FIXTURES, 'kubectl/recorded.json'), 'utf8'),
) as Recording;

/** What the real kubectl printed, by the name of the case in `record.mjs`. */
export function recorded(name: string): RawOutput {
  const it = RECORDING.recorded[name];
  if (it === undefined) throw new Error(`nothing is recorded as ${name}`);
  return exited(it.stdout, it.code, it.stderr);
}

/** An API object, reconstructed from the types of the API. */
export const object = (name: string): RawOutput =>
  exited(readFileSync(join(FIXTURES, 'objects', `${name}.json`), 'utf8'));

/** The commands of a lab transcript: `$ kubectl … => rc=1 t=…`, then `   O:` and `   E:` lines. */
export function transcript(name: string): readonly (readonly [string, RawOutput])[] {
  const text = readFileSync(join(FIXTURES, 'kubectl', name), 'utf8');
  return text.split(/^(?=\$ )/m).flatMap((block): readonly (readonly [string, RawOutput])[] => {
    const head = /^\$ (.*) => rc=(\d+) t=/.exec(block);
    if (head === null) return [];
    const of = (mark: string): string =>
      block
        .split('\n')
        .filter((line) => line.startsWith(`   ${mark}: `))
        .map((line) => `${line.slice(6)}\n`)
        .join('');
    return [[head[1] ?? '', exited(of('O'), Number(head[2]), of('E'))]];
  });
}
