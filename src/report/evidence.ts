import { sha256 } from '../journal/digest.ts';
import { endingWords } from './ran.ts';
import type { Ran } from './ran.ts';

/** One command of the evidence bundle: when it ran, how it ended, and the digest of what it printed, secrets taken out. */
export interface Evidence extends Pick<
  Ran,
  'seq' | 'startedAt' | 'endedAt' | 'command' | 'about' | 'where' | 'argv'
> {
  /** `exit 0`. */
  readonly ending: string;
  /** Whether it came to its end by itself, or was called off by us; not: no answer, or never begun. */
  readonly answered: boolean;
  /** Of its standard output as the journal keeps it; absent where it printed nothing. */
  readonly sha256?: string;
  readonly bytes: number;
}

/** Looks that were repeated, as one row. */
export interface EvidenceRow {
  readonly about: string;
  readonly where: string;
  readonly looks: number;
  readonly firstAt: string;
  readonly lastAt: string;
  /** `exit 0 × 40, no answer in time × 2`. */
  readonly endings: string;
  /** Of the last look that printed anything. */
  readonly sha256?: string;
  /** How many different outputs there were. */
  readonly outputs: number;
}

export const evidenceOf = (ran: readonly Ran[]): readonly Evidence[] =>
  ran.map((it) => ({
    seq: it.seq,
    startedAt: it.startedAt,
    endedAt: it.endedAt,
    command: it.command,
    about: it.about,
    where: it.where,
    argv: it.argv,
    ending: endingWords(it),
    answered: it.ending.how === 'exited' || it.ending.how === 'cancelled',
    ...(it.stdout === '' ? {} : { sha256: sha256(it.stdout) }),
    bytes: Buffer.byteLength(it.stdout),
  }));

/** The same look at the same thing from the same place is one row, in the order of the first looks. */
export function evidenceRows(all: readonly Evidence[]): readonly EvidenceRow[] {
  const groups = new Map<string, [Evidence, ...Evidence[]]>();
  for (const it of all) {
    const key = JSON.stringify([it.command, it.about, it.where]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [it]);
    else group.push(it);
  }
  return [...groups.values()].map((group) => {
    const [first] = group;
    const last = group.at(-1) ?? first;
    const digest = group.findLast((it) => it.sha256 !== undefined)?.sha256;
    return {
      about: first.about,
      where: first.where,
      looks: group.length,
      firstAt: first.startedAt,
      lastAt: last.endedAt,
      endings: tally(group.map((it) => it.ending)),
      ...(digest === undefined ? {} : { sha256: digest }),
      outputs: new Set(group.flatMap((it) => it.sha256 ?? [])).size,
    };
  });
}

function tally(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, n]) => (n === 1 ? word : `${word} × ${n}`)).join(', ');
}
