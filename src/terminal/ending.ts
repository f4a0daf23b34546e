import type { EventOf, RunResult } from '../engine/events.ts';
import { formatMs } from '../runbook/duration.ts';
import { hang, labelled, wrap, type Line, type Tone } from './layout.ts';
import { INDENT, LABEL } from './card.ts';
import { joinedLines, type Pen } from './pen.ts';
import { current, type Story } from './story.ts';

/** The last lines of a run: how it ended, what is left, who must follow up, where it is written. Pure. */

const WORDS: Readonly<Record<RunResult, readonly [words: string, tone: Tone]>> = {
  resolved: ['Resolved, and verified', 'good'],
  'not-this-incident': ['Not this incident', 'good'],
  planned: ['A plan: nothing was changed', 'good'],
  escalate: ['Escalate: a person must take it from here', 'bad'],
  unsafe: ['Stopped: unsafe to go on', 'bad'],
  aborted: ['Stopped by the operator', 'doubt'],
  'in-doubt': ['In doubt: an action may or may not have happened', 'bad'],
  interrupted: ['Interrupted', 'doubt'],
  'needs-approval': ['Needs a terminal or an approval; nothing more was issued', 'doubt'],
  'not-as-planned': ['Not as planned: nothing more was issued', 'doubt'],
  locked: ['Locked by another run, or without a lock: nothing more was issued', 'doubt'],
  failed: ['Failed', 'bad'],
};

/** The mark of the end and the room around it. */
const HEAD = 3;

const rows = (label: string, lines: readonly Line[]): readonly Line[] =>
  lines.length === 0 ? [] : labelled({ text: label, tone: 'faint' }, lines, INDENT, LABEL);

const markOf = (tone: Tone, pen: Pen): string => {
  if (tone === 'good') return pen.marks.done;
  return tone === 'bad' ? pen.marks.failed : pen.marks.notDone;
};

/** The lines of the end. */
export function endingLines(
  event: EventOf<'run.finished'>,
  before: Story,
  pen: Pen,
): readonly Line[] {
  const { startedAt } = before;
  const end = current(before);
  const [words, tone] = WORDS[event.result];
  const room = pen.columns - INDENT - LABEL;
  const followed = new Set(event.followUps.map(({ left }) => left));
  const took = startedAt === undefined ? Number.NaN : Date.parse(event.at) - startedAt;
  const headline = joinedLines(
    [
      [{ text: words, tone }],
      ...(Number.isNaN(took) ? [] : [[{ text: formatMs(took) }]]),
      [{ text: `exit code ${event.exitCode}` }],
    ],
    pen.columns - HEAD,
    pen,
  );
  const each = (texts: readonly string[]): readonly Line[] =>
    texts.flatMap((text) => wrap([pen.say(text)], room));
  return [
    ...headline.map((line, i): Line => [
      { text: i === 0 ? ` ${markOf(tone, pen)} ` : ' '.repeat(HEAD), tone },
      ...line,
    ]),
    // The step that ended the run says it already, one line above.
    ...(end?.kind === 'end' && end.title === event.because
      ? []
      : hang([{ text: ' '.repeat(INDENT) }], [pen.say(event.because)], pen.columns)),
    // What a follow-up is about stands there, with what is to be done.
    ...rows('left', each(event.left.filter((text) => !followed.has(text)))),
    ...rows('follow up', each(event.followUps.map(({ left, todo }) => `${left}: ${todo}`))),
    ...(pen.style.journal === undefined
      ? []
      : rows('journal', wrap([pen.say(pen.style.journal)], room))),
  ];
}
