import type { Question } from '../engine/events.ts';
import { hang, labelled, wrap, type Line } from './layout.ts';
import { INDENT } from './card.ts';
import type { Pen } from './pen.ts';

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
    return question.instructions.flatMap((instruction, i) =>
      hang([...pad, { text: `${i + 1}. `, tone: 'faint' }], [pen.say(instruction)], pen.columns),
    );
  return [
    ...hang(
      [...pad, { text: `${pen.marks.unknown} `, tone: 'doubt' }],
      [pen.say('unknown', 'doubt'), pen.say(`: ${question.title}`)],
      pen.columns,
    ),
    ...hang(pad, [pen.say(question.because)], pen.columns),
    ...doubtLines(question, pen, indent),
  ];
}

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

type Doubt = Extract<Question, { about: 'doubt' }>;

/** The letters that answer a doubt, each with its answer. The closer look is offered where the runbook has one. */
export const doubtKeys = ({
  options,
}: Doubt): readonly (readonly [letter: string, answer: keyof Doubt['options'], says: string])[] => [
  ['p', 'probe', options.probe],
  ['m', 'by-hand', options['by-hand']],
  ...(options.examine === undefined ? [] : ([['e', 'examine', options.examine]] as const)),
  ['a', 'abort', options.abort],
];

const doubtLines = (question: Doubt, pen: Pen, indent: number): readonly Line[] =>
  doubtKeys(question).flatMap(([letter, , says]) =>
    hang(
      [{ text: ' '.repeat(indent) }, { text: `${letter} `, tone: 'strong' }],
      [pen.say(says)],
      pen.columns,
    ),
  );
