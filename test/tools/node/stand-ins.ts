import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder } from './fake-proc.ts';

/**
 * A PATH in which programs of the far side are small scripts of the test, first: they print what the real ones were
 * recorded to print. Nothing else of the machine is hidden.
 */
export function standIns(
  programs: Readonly<Record<string, string>>,
  whenDone?: Parameters<typeof folder>[0],
): { readonly PATH: string } {
  const bin = folder(whenDone);
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  return { PATH: `${bin}:${process.env['PATH'] ?? ''}` };
}

/** Text as one word for a POSIX shell. */
export const word = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
