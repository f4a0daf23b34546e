import type { Judgement, Step, Verdict } from '../runbook/step.ts';
import type { Tone } from './layout.ts';

/** The signs of the screen. Each is one column wide, in both spellings. */
export interface Marks {
  readonly done: string;
  readonly failed: string;
  readonly unknown: string;
  readonly running: string;
  /** A step that a plan foresees. */
  readonly predicted: string;
  /** An action that was not performed. */
  readonly notDone: string;
  readonly probe: string;
  readonly action: string;
  readonly manual: string;
  readonly choice: string;
  readonly call: string;
  readonly end: string;
  readonly caret: string;
  readonly between: string;
}

const UNICODE: Marks = {
  done: '✔',
  failed: '✖',
  unknown: '?',
  running: '●',
  predicted: '○',
  notDone: '–',
  probe: '?',
  action: '!',
  manual: '✎',
  choice: '⑂',
  call: '↪',
  end: '■',
  caret: '›',
  between: '·',
};

const ASCII: Marks = {
  done: '+',
  failed: 'x',
  unknown: '?',
  running: '*',
  predicted: 'o',
  notDone: '-',
  probe: '?',
  action: '!',
  manual: 'm',
  choice: 'Y',
  call: '>',
  end: '#',
  caret: '>',
  between: '-',
};

/** The signs for a terminal, by whether it can show more than ASCII. */
export const marksFor = (ascii: boolean): Marks => (ascii ? ASCII : UNICODE);

/** The sign of a kind of step. */
export const markOfKind = (marks: Marks, kind: Step['kind']): string => marks[kind];

const OF_WORD: Readonly<
  Record<Verdict['verdict'] | Judgement['effect'], readonly ['done' | 'failed' | 'unknown', Tone]>
> = {
  holds: ['done', 'good'],
  fails: ['failed', 'bad'],
  confirmed: ['done', 'good'],
  refuted: ['failed', 'bad'],
  unknown: ['unknown', 'doubt'],
};

/** The sign and tone of a guard's verdict or of an effect. */
export function markOf(marks: Marks, word: keyof typeof OF_WORD): { text: string; tone: Tone } {
  const [mark, tone] = OF_WORD[word];
  return { text: marks[mark], tone };
}

const SPELLED: Readonly<Record<string, string>> = {
  '…': '...',
  '→': '->',
  '←': '<-',
  '·': '-',
  '›': '>',
  '‹': '<',
  '–': '-',
  '—': '-',
  '‑': '-',
  '−': '-',
  '’': "'",
  '‘': "'",
  '“': '"',
  '”': '"',
  '×': 'x',
  '≥': '>=',
  '≤': '<=',
  '≠': '!=',
  '\u00a0': ' ',
};

/** Text for a terminal that can show ASCII alone: known signs are spelled, accents dropped, the rest becomes `?`. */
export const toAscii = (text: string): string =>
  text
    .replace(/[^\n -~]/gu, (char) => SPELLED[char] ?? char)
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\n -~]/gu, '?');
