import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const FIXTURES = join(import.meta.dirname, '../../fixtures/tools');

/** A file of a lab recording. */
export const lab = (name: string): string => readFileSync(join(FIXTURES, name), 'utf8');

/** The whole stat lines that lab 03 and 04 recorded on kernel 6.1, by a few words of each. */
export function statLine(file: string, contains: string): string {
  const line = lab(file)
    .split('\n')
    .map((it) => it.replace(/^stat: /, ''))
    .find((it) => /^\d+ \(.*\) [A-Z] \d+ .* \d+ \d+ \d+$/.test(it) && it.includes(contains));
  if (line === undefined) throw new Error(`no stat line with ${contains} in ${file}`);
  return line;
}

export const LAB_03 = 'node/lab-03-nfs-42-client-wedged-probes.txt';
export const LAB_04 = 'node/lab-04-nfs-42-wedged-zombie-umount-timeouts.txt';
