import type { FailureAnswer, Question } from '../engine/events.ts';
import { hang, labelled, wrap, type Line } from './layout.ts';
import { INDENT } from './card.ts';
import type { Pen } from './pen.ts';
import { sanitise } from './sanitise.ts';

/** What the operator is asked besides confirmations, as lines above the prompt. Pure. */

/** The lines of a question, below the line of its step. */
export function questionLines(question: Question, pen: Pen, indent = INDENT): readonly Line[] {
  const pad: Line = [{ text: ' '.repeat(indent) }];
  if (question.about === 'choice')
    return [
      ...hang(pad, [pen.say(question.question, 'strong')], pen.columns),
      ...optionLines(question.options, pen, indent),
    ];
  if (question.about === 'manual')
    return [
      ...question.instructions.flatMap((instruction, i) =>
        hang([...pad, { text: `${i + 1}. `, tone: 'faint' }], [pen.say(instruction)], pen.columns),
      ),
      ...(question.commands ?? []).flatMap((it) => [
        [...pad, pen.say(`run this ${it.where === 'here' ? 'here' : `on ${it.where}`}:`, 'faint')],
        ...verbatim(it.line),
      ]),
    ];
  const [mark, word] =
    question.about === 'doubt'
      ? [{ text: `${pen.marks.unknown} `, tone: 'doubt' } as const, pen.say('unknown', 'doubt')]
      : [{ text: `${pen.marks.failed} `, tone: 'bad' } as const, pen.say(question.outcome, 'bad')];
  return [
    ...hang([...pad, mark], [word, pen.say(`: ${question.title}`)], pen.columns),
    ...hang(pad, [pen.say(question.because)], pen.columns),
    ...letterLines(question, pen, indent),
  ];
}

/** What is to be copied: neither indented nor wrapped, since a shell would take what was wrapped for lines of its own. */
const verbatim = (line: string): readonly Line[] =>
  sanitise(line, { newlines: true, max: Number.POSITIVE_INFINITY })
    .split('\n')
    .map((text) => [{ text }]);

/** The options of a choice with their numbers: `1 wait   Wait for the kubelet`. */
function optionLines(
  options: Readonly<Record<string, string>>,
  pen: Pen,
  indent: number,
): readonly Line[] {
  const keys = Object.keys(options);
  const width = Math.max(...keys.map((key) => key.length), 0) + 4;
  return keys.flatMap((key, i) =>
    labelled(
      pen.say(`${i + 1} ${key}`, 'strong'),
      wrap([pen.say(options[key] ?? '')], pen.columns - indent - width),
      indent,
      width,
    ),
  );
}

/** Questions that letters answer: what to do about a doubt, or about a failure. */
export type Lettered = Extract<Question, { about: 'doubt' | 'failure' }>;
type LetterAnswer = FailureAnswer | 'examine';

/** The letter of each answer, in the order in which they stand: the way on before the way out (DESIGN: the menu). */
const LETTERS: readonly (readonly [letter: string, answer: LetterAnswer])[] = [
  ['r', 'retry'],
  ['p', 'probe'],
  ['m', 'by-hand'],
  ['e', 'examine'],
  ['s', 'skip'],
  ['g', 'go-on'],
  ['a', 'abort'],
];

/** The letters that answer, each with its answer: those that the question offers. */
export const letterKeys = ({
  options,
}: Lettered): readonly (readonly [letter: string, answer: LetterAnswer, says: string])[] => {
  const offered: Readonly<Partial<Record<LetterAnswer, string>>> = options;
  return LETTERS.flatMap(([letter, answer]) => {
    const says = offered[answer];
    return says === undefined ? [] : [[letter, answer, says] as const];
  });
};

const letterLines = (question: Lettered, pen: Pen, indent: number): readonly Line[] =>
  letterKeys(question).flatMap(([letter, , says]) =>
    hang(
      [{ text: ' '.repeat(indent) }, { text: `${letter} `, tone: 'strong' }],
      [pen.say(says)],
      pen.columns,
    ),
  );
