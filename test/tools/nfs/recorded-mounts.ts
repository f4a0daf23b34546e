import type { MountRefusal, NfsVersion } from '../../../src/tools/nfs/probe.ts';
import { lab } from '../node/lab.ts';

const LAB_00 = 'nfs/lab-00-nfs-error-messages-uml-6.1.176.txt';
const LAB_05 = 'nfs/lab-05-nfs-server-down-matrix.txt';

/** A test mount of the lab. */
export interface Recorded {
  readonly version: NfsVersion;
  readonly code: number;
  readonly seconds: string;
  /** What mount.nfs says without -v, which the lab had on. */
  readonly said: readonly string[];
}

const VERBOSE = / mount\(2\): |timeout set for|trying |prog \d+, trying|portmap query /;

/** A test mount of lab 00 or 05, by its tag: `[e42] opts=nfsvers=4.2,… rc=32 elapsed=6.48`. */
export function recorded(file: string, tag: string): Recorded {
  const lines = lab(file).split('\n');
  const end = lines.findIndex((line) => line.startsWith(`[${tag}] opts=`));
  const it = /opts=nfsvers=([\d.]+),\S* rc=(\d+) elapsed=([\d.]+)/.exec(lines[end] ?? '');
  if (it === null) throw new Error(`no test mount ${tag} in ${file}`);
  const before = lines.slice(0, end).toReversed();
  const from = before.findIndex((line) => !line.startsWith('   mount.nfs: '));
  const said = before
    .slice(0, from)
    .toReversed()
    .map((line) => line.trim());
  const [, version = '', code = '', seconds = ''] = it;
  return {
    version: version as NfsVersion,
    code: Number(code),
    seconds: Number(seconds).toFixed(2),
    said: said.filter((line) => !VERBOSE.test(line)),
  };
}

/** Test mounts that failed, and why by their words (COMMANDS B.5). */
export const MATRIX: readonly (readonly [string, string, MountRefusal])[] = [
  [LAB_05, 'bh42', 'timed-out'],
  [LAB_05, 'ac42', 'no-reply'],
  [LAB_05, 'ac41', 'no-reply'],
  [LAB_05, 'ac40', 'no-reply'],
  [LAB_05, 'ac3', 'other'],
  [LAB_05, 'de42', 'not-exported'],
  [LAB_05, 'de3', 'not-exported'],
  [LAB_00, 'nosuch', 'no-entry'],
  [LAB_00, 'nosuch3', 'not-exported'],
  [LAB_00, 'down42', 'refused'],
  [LAB_00, 'down3', 'other'],
  [LAB_00, 'no42', 'protocol'],
];
