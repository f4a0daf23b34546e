import { formatMs } from '../runbook/duration.ts';
import { hang, hangWithRight, type Line } from './layout.ts';
import { INDENT } from './card.ts';
import { evidenceIndent } from './step-line.ts';
import { markOfKind } from './marks.ts';
import { timeOfDay, type Pen } from './pen.ts';
import { current, type Story, type UnderWay } from './story.ts';

/** What is redrawn while a step runs: its line with the time so far, and the commands that are out. Pure. */

const AT_MOST = 6;

const seconds = (ms: number): string => formatMs(Math.max(0, Math.floor(ms / 1000) * 1000));

/**
 * The frame of the step under way, or `undefined` where none is. The number of its first line is left to the caller, who
 * puts the spinner behind it. `columns` are those the frame may use.
 */
export function frame(story: Story, now: number, pen: Pen, columns: number): Frame | undefined {
  const step = current(story);
  if (step === undefined || step.predicted || step.kind === 'end') return undefined;
  const indent = evidenceIndent(step);
  const lead = `${String(step.number).padStart(2)} ${' '.repeat(indent - INDENT)}`;
  const [first = [], ...rest] = hangWithRight(
    [{ text: `${markOfKind(pen.marks, step.kind)} ` }],
    [pen.say(step.title)],
    [{ text: seconds(now - step.enteredAt), tone: 'faint' }],
    columns - lead.length - 2,
  );
  const pad: Line = [{ text: ' '.repeat(indent) }];
  const out = [...step.underWay.values()];
  const more = out.length - AT_MOST;
  const waiting =
    step.waiting === undefined
      ? []
      : hang(
          pad,
          [
            pen.say(
              `looking again at ${timeOfDay(step.waiting.until)} UTC: ${step.waiting.because}`,
              'faint',
            ),
          ],
          columns,
        ).slice(0, 2);
  return {
    lead,
    first,
    rest: [
      ...rest.map((line): Line => [{ text: ' '.repeat(lead.length + 2) }, ...line]),
      ...waiting,
      ...out.slice(0, AT_MOST).flatMap((command) => commandLine(command, now, pad, pen, columns)),
      ...(more > 0 ? [[...pad, pen.say(`… and ${more} more`, 'faint')]] : []),
    ],
  };
}

/** A frame, its first line apart: the spinner stands between `lead` and `first`. */
export interface Frame {
  readonly lead: string;
  readonly first: Line;
  readonly rest: readonly Line[];
}

/** One command that is out, on one line: where, what, how long, and how long at most. */
function commandLine(
  command: UnderWay,
  now: number,
  pad: Line,
  pen: Pen,
  columns: number,
): readonly Line[] {
  const where = command.where === 'here' ? '' : `${command.where}: `;
  const time = `${seconds(now - command.startedAt)} of ${formatMs(command.deadlineMs)}`;
  return hangWithRight(
    [...pad, { text: `${pen.marks.caret} `, tone: 'faint' }],
    [pen.say(`${where}${command.about}`, undefined, 200)],
    [{ text: time, tone: 'faint' }],
    columns,
  ).slice(0, 1);
}
