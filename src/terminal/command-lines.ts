import type { At, EventOf } from '../engine/events.ts';
import type { Ending } from '../runbook/command.ts';
import { formatMs } from '../runbook/duration.ts';
import { hang, type Line, type Span } from './layout.ts';
import { commandLines } from './card.ts';
import { timeOfDay, type Pen } from './pen.ts';
import { evidenceIndent } from './step-line.ts';
import { keyOf, stepOf, type Story } from './story.ts';

/** Commands as they start, end and change the world, in words. Pure. */

const padOf = (at: Pick<At, 'depth'>): Line => [{ text: ' '.repeat(evidenceIndent(at)) }];

type Says = {
  readonly [E in Ending as E['how']]: (
    ending: E,
    took: string,
  ) => readonly ['done' | 'between' | 'unknown' | 'notDone', string];
};

const SAYS: Says = {
  // Another exit than 0 is an answer too: that a pod is gone is told by one. What it means is for the step to judge.
  exited: ({ code }, took) => [code === 0 ? 'done' : 'between', `exit ${code} after ${took}`],
  deadline: (_ending, took) => ['unknown', `no answer within ${took}`],
  cancelled: (_ending, took) => ['notDone', `cancelled after ${took}`],
  lost: ({ because }, took) => ['unknown', `lost after ${took}: ${because}`],
  refused: ({ why, because }) => ['unknown', `${why}: ${because}`],
  withheld: ({ because }) => ['notDone', `not run: ${because}`],
};

const TONES = { done: 'good', between: 'faint', unknown: 'doubt', notDone: 'doubt' } as const;

/** How a command ended, in words, and the mark that goes with them. Only an exit says anything of the far side. */
export function endingWords(ending: Ending, tookMs: number): ReturnType<Says['lost']> {
  const say = SAYS[ending.how] as (ending: Ending, took: string) => ReturnType<Says['lost']>;
  return say(ending, formatMs(tookMs));
}

function endingSpans(ending: Ending, tookMs: number, pen: Pen): readonly [Span, Span] {
  const [mark, words] = endingWords(ending, tookMs);
  return [{ text: pen.marks[mark], tone: TONES[mark] }, pen.say(words)];
}

/** Tells of an intrusive command before its family is used for the first time; other commands start without words. */
export function startedLines(
  event: EventOf<'command.started'>,
  before: Story,
  pen: Pen,
): readonly Line[] {
  if (event.does !== 'intrusive' || before.announced.has(event.command)) return [];
  const prefix: Line = [...padOf(event), { text: `${pen.marks.action} `, tone: 'doubt' }];
  return [
    ...hang(prefix, [pen.say('leaves a trace', 'doubt'), pen.say(`: ${event.about}`)], pen.columns),
    ...argvLines(event, pen),
  ];
}

/** How a command ended. On a guided screen only what was done to the world has a line of its own. */
export function finishedLines(
  event: EventOf<'command.finished'>,
  before: Story,
  pen: Pen,
): readonly Line[] {
  if (!pen.style.everything && event.purpose !== 'act') return [];
  // Of the later looks of a watch only what failed is news.
  const well = event.ending.how === 'exited' && event.ending.code === 0;
  if (well && event.sample > 0 && event.purpose !== 'act') return [];
  const started = stepOf(before, event)?.underWay.get(keyOf(event));
  const [mark, words] = endingSpans(event.ending, event.durationMs, pen);
  if (event.purpose === 'act')
    return hang(
      [...padOf(event), { text: `${pen.marks.action} ` }],
      [words, pen.say('; what it did is yet to be proven')],
      pen.columns,
    );
  const where = started === undefined || started.where === 'here' ? '' : `${started.where}: `;
  return hang(
    [...padOf(event), mark, { text: ' ' }],
    [pen.say(`${where}${started?.about ?? event.command}: `), words],
    pen.columns,
  );
}

/** A mutation as it leaves, with its time: the one line that people will look for afterwards. */
export function intentLines(event: EventOf<'intent.written'>, pen: Pen): readonly Line[] {
  if (event.does !== 'mutates') return [];
  const byHand = event.byHand === true;
  const words = byHand ? 'run it now, by hand, once' : `sent at ${timeOfDay(event.at)} UTC, once`;
  const mark = byHand ? pen.marks.manual : pen.marks.action;
  return [
    ...hang(
      [...padOf(event), { text: `${mark} `, tone: 'doubt' }],
      [pen.say(words, 'strong'), pen.say(`: ${event.about}`)],
      pen.columns,
    ),
    // What is done by hand stands in the question that follows, to be copied.
    ...(!byHand && pen.style.everything ? argvLines(event, pen) : []),
  ];
}

/** The line itself, under what says what it is for. */
function argvLines(
  event: EventOf<'command.started'> | EventOf<'intent.written'>,
  pen: Pen,
): readonly Line[] {
  const indent = evidenceIndent(event) + 2;
  const lines = commandLines({ where: event.where, line: event.argv }, pen.columns - indent, pen);
  return lines.map((line) => [{ text: ' '.repeat(indent) }, ...line]);
}
