import type { Card, Question } from '../engine/events.ts';
import type { Target } from '../runbook/step.ts';
import { widthOf, wrap, type Line } from './layout.ts';
import { joinedLines, type Pen } from './pen.ts';
import { letterKeys, type Lettered } from './question.ts';
import { sanitise } from './sanitise.ts';

/**
 * What may be typed at a prompt, and what it means. Nothing has a default: an empty line means nothing, and so does
 * whatever is not listed. Pure.
 */
export interface Menu {
  /** What comes first on the line: `Type vault-2 to go ahead`. */
  readonly lead: readonly [before: string, word: string, after: string];
  /** Letters and what they do, as shown. */
  readonly keys: readonly (readonly [key: string, does: string])[];
  /** Typed text, exactly, and its meaning. */
  readonly accepts: ReadonlyMap<string, string>;
  /** What to type, for whoever typed something else. */
  readonly expected: string;
}

/** A letter that shows the raw outputs, at every prompt that has no such option itself. */
export const VIEW = 'view';

/** A sign that writes a note into the journal, at every prompt. */
export const NOTE = 'note';

const ALWAYS = [
  ['v', 'evidence'],
  ['+', 'note'],
] as const;
const ALWAYS_MEAN = [
  ['v', VIEW],
  ['+', NOTE],
] as const;

/**
 * What is typed to confirm: the target's name, exactly. A name of one letter would be one of the keys, and has its kind
 * before it. `undefined` where the name cannot be typed as it is shown: that cannot be confirmed.
 */
export function nameToType(target: Target): string | undefined {
  const { name, kind } = target;
  if (name.trim() === '' || name !== name.trim() || sanitise(name) !== name) return undefined;
  return name.length === 1 ? `${kind}/${name}` : name;
}

/** The menu of a confirmation. */
export function confirmMenu(card: Card, name: string): Menu {
  const keys: Menu['keys'] = [
    ...(card.skippable ? ([['s', 'skip']] as const) : []),
    ['v', 'evidence'],
    ['m', 'by hand'],
    ['n', 'no'],
    ['+', 'note'],
    ['a', 'abort'],
  ];
  const meaning = { s: 'skip', m: 'by-hand', n: 'no', v: VIEW, '+': NOTE, a: 'abort' } as const;
  return {
    lead: ['Type ', name, ' to go ahead'],
    keys,
    accepts: new Map([
      ...keys.map(([key]) => [key, meaning[key as keyof typeof meaning]] as const),
      [name, 'yes'],
    ]),
    expected: `${name}, exactly`,
  };
}

/** The menu of a question. */
export function questionMenu(question: Question): Menu {
  if (question.about === 'choice') return choiceMenu(Object.keys(question.options));
  if (question.about === 'manual')
    return {
      lead: ['Type ', 'done', ' when it is done'],
      keys: [['n', 'not done'], ...ALWAYS, ['a', 'abort']],
      accepts: new Map([['done', 'done'], ['n', 'declined'], ...ALWAYS_MEAN, ['a', 'abort']]),
      expected: 'done',
    };
  return letterMenu(question);
}

const LETTER_WORDS = {
  retry: 'try again',
  probe: 'probe again',
  'by-hand': 'by hand, then prove',
  examine: 'look closer',
  skip: 'skip',
  'go-on': 'go on',
  abort: 'abort',
} as const;

function letterMenu(question: Lettered): Menu {
  const answers = letterKeys(question).map(([key, answer]) => [key, answer] as const);
  const keys = answers.map(([key, answer]) => [key, LETTER_WORDS[answer]] as const);
  // The way out stands last, as at every prompt.
  const ordered: Menu['keys'] = [
    ...keys.filter(([key]) => key !== 'a'),
    ...ALWAYS,
    ...keys.filter(([key]) => key === 'a'),
  ];
  const letters = ordered.map(([key]) => key);
  return {
    lead: ['What now?', '', ''],
    keys: ordered,
    accepts: new Map<string, string>([...answers, ...ALWAYS_MEAN]),
    expected: `${letters.slice(0, -1).join(', ')} or ${letters.at(-1) ?? ''}`,
  };
}

function choiceMenu(options: readonly string[]): Menu {
  const free = (
    [
      ['v', 'evidence', VIEW],
      ['+', 'note', NOTE],
      ['a', 'abort', 'abort'],
    ] as const
  ).filter(([key]) => !options.includes(key));
  return {
    lead: ['Type the number or the name of one', '', ''],
    keys: free.map(([key, does]) => [key, does]),
    // A name wins over a number: an option may be called `2`.
    accepts: new Map([
      ['abort', 'abort'],
      ...free.map(([key, , meaning]) => [key, meaning] as const),
      ...options.map((option, i) => [String(i + 1), option] as const),
      ...options.map((option) => [option, option] as const),
    ]),
    expected: `${options.length === 1 ? '1' : `1 to ${options.length}`}, or a name`,
  };
}

/** Why a typed line means nothing here; `undefined` where it means something. */
export function refusal(menu: Menu, typed: string): string | undefined {
  if (menu.accepts.has(typed)) return undefined;
  const or = menu.keys.map(([key]) => key).join(', ');
  const expected = `expected ${menu.expected}${or === '' ? '' : `; or ${or}`}`;
  if (typed === '') return `Enter alone does nothing: ${expected}`;
  return `'${sanitise(typed, { max: 40 })}' does nothing: ${expected}`;
}

/** The columns before a prompt. */
const PROMPT_INDENT = 3;

/**
 * The lines of a prompt, the last of which is typed on: the menu and the caret on one line where what is typed fits behind
 * them, else the caret below.
 */
export function promptLines(menu: Menu, pen: Pen): readonly Line[] {
  const [before, word, after] = menu.lead;
  const items: readonly Line[] = [
    [pen.say(before), pen.say(word, 'strong'), pen.say(after)],
    ...menu.keys.map(([key, does]): Line => [pen.say(key, 'strong'), pen.say(` ${does}`)]),
  ];
  return withCaret(joinedLines(items, pen.columns - PROMPT_INDENT, pen), word.length, pen);
}

/** A sentence that a free line of text answers. */
export const freeLines = (sentence: string, pen: Pen): readonly Line[] =>
  withCaret(wrap([pen.say(sentence)], pen.columns - PROMPT_INDENT), 30, pen);

function withCaret(said: readonly Line[], typed: number, pen: Pen): readonly Line[] {
  const pad: Line = [{ text: ' '.repeat(PROMPT_INDENT) }];
  const caret: Line = [{ text: pen.marks.caret, tone: 'strong' }];
  const lines = said.map((line): Line => [...pad, ...line]);
  const last = lines.at(-1) ?? [];
  if (lines.length === 1 && widthOf(last) + 3 + typed < pen.columns)
    return [[...last, { text: ' ' }, ...caret]];
  return [...lines, [...pad, ...caret]];
}
