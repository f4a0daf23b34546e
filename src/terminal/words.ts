import type { Event, EventOf, EventType } from '../engine/events.ts';
import { answerSpans, cardWithTitle, driftLines, effectLines } from './action-lines.ts';
import { breaksLines, guardLine, LABEL } from './card.ts';
import { finishedLines, intentLines, startedLines } from './command-lines.ts';
import { endingLines } from './ending.ts';
import { labelled, type Line, type Span } from './layout.ts';
import { joinedLines, timeOfDay, type Pen } from './pen.ts';
import { questionLines } from './question.ts';
import { concludedLines, evidenceIndent, note, stepLine } from './step-line.ts';
import { stepOf, type Story } from './story.ts';

/** Every event in words: one function for each type, and the compiler holds the table complete. Pure. */

type Words = {
  readonly [T in EventType]: (event: EventOf<T>, before: Story, pen: Pen) => readonly Line[];
};

const WORDS: Words = {
  'run.started': (event, _before, pen) => joinedLines(headerItems(event, pen), pen.columns, pen),
  'run.resumed': (event, _before, pen) => [
    ...note(
      { depth: 0 },
      pen.marks.call,
      [
        pen.say(`run ${event.run} resumed by ${event.operator} on ${event.host}`),
        pen.say(event.because === undefined ? '' : `, although it changed: ${event.because}`),
      ],
      pen,
    ),
    ...(event.despite ?? []).flatMap((it) =>
      note({ depth: 0 }, { text: pen.marks.failed, tone: 'doubt' }, [pen.say(it)], pen),
    ),
  ],
  'step.entered': enteredLines,
  'step.waiting': (event, before, pen) =>
    !pen.style.everything || stepOf(before, event)?.waiting?.because === event.because
      ? []
      : note(
          event,
          pen.marks.running,
          [pen.say(`looking again at ${timeOfDay(event.until)} UTC: ${event.because}`)],
          pen,
        ),
  'step.concluded': (event, before, pen) => concludedLines(event, stepOf(before, event), pen),
  'command.started': startedLines,
  'command.finished': finishedLines,
  'guard.judged': (event, _before, pen) => {
    if (!pen.style.everything) return [];
    const indent = evidenceIndent(event);
    const pad: Span = { text: ' '.repeat(indent) };
    const guard = { name: event.guard, verdict: event.verdict, because: event.because };
    return guardLine(guard, pen.columns - indent, pen).map((line) => [pad, ...line]);
  },
  'blast.measured': (event, _before, pen) => {
    if (!pen.style.everything) return [];
    const indent = evidenceIndent(event);
    const lines = breaksLines(event, pen.columns - indent - LABEL, pen);
    return labelled({ text: 'breaks', tone: 'faint' }, lines, indent, LABEL);
  },
  'drift.judged': driftLines,
  'action.planned': (event, before, pen) =>
    cardWithTitle(event, event.predicted === true ? 'predicted' : 'planned', before, pen),
  'confirmation.asked': (event, before, pen) => cardWithTitle(event, 'asked', before, pen),
  'confirmation.answered': (event, _before, pen) => {
    const [mark, sentence] = answerSpans(event, pen);
    return note(
      event,
      mark,
      [sentence, pen.say(event.note === undefined ? '' : `: ${event.note}`)],
      pen,
    );
  },
  'intent.written': (event, _before, pen) => intentLines(event, pen),
  'effect.judged': effectLines,
  'operator.asked': (event, _before, pen) =>
    questionLines(event.question, pen, evidenceIndent(event)),
  'operator.answered': (event, _before, pen) =>
    note(
      event,
      pen.marks.caret,
      [
        pen.say(event.answer, 'strong'),
        pen.say(`, said ${event.by}${event.note === undefined ? '' : `: ${event.note}`}`),
      ],
      pen,
    ),
  'lock.judged': lockLines,
  'operator.noted': (event, _before, pen) =>
    note({ depth: 0 }, pen.marks.manual, [pen.say(`note by ${event.by}: ${event.note}`)], pen),
  'run.interrupted': (event, _before, pen) =>
    note(
      { depth: 0 },
      { text: pen.marks.failed, tone: 'doubt' },
      [
        pen.say(
          event.how === 'stop'
            ? 'interrupted: stopping after the command in flight'
            : 'interrupted again: leaving now; what is in flight is in doubt',
          'doubt',
        ),
        pen.say(event.because === '' ? '' : ` (${event.because})`),
      ],
      pen,
    ),
  'run.finished': (event, before, pen) => endingLines(event, before, pen),
};

/** The lines for an event, given the story before it; none for a type that this version does not know. Never throws. */
export function words(event: Event, before: Story, pen: Pen): readonly Line[] {
  const say = WORDS[event.type] as
    | ((event: Event, before: Story, pen: Pen) => readonly Line[])
    | undefined;
  if (say === undefined) return [];
  try {
    const lines = say(event, before, pen);
    return lines.length === 0 ? lines : [...introduction(event, before, pen), ...lines];
  } catch {
    // What shows a run must never stop one: a journal from elsewhere may hold anything.
    const where = `event ${event.seq} (${event.type})`;
    return note({ depth: 0 }, pen.marks.unknown, [pen.say(`${where} could not be shown`)], pen);
  }
}

const BELOW_A_STEP: readonly EventType[] = [
  'command.started',
  'command.finished',
  'confirmation.answered',
  'intent.written',
  'operator.asked',
  'operator.answered',
];

/** On a guided screen a step has no line before it is over: the first thing that stands below it brings the line. */
function introduction(event: Event, before: Story, pen: Pen): readonly Line[] {
  if (pen.style.everything || !BELOW_A_STEP.includes(event.type) || !('step' in event)) return [];
  const step = stepOf(before, event);
  if (step === undefined || step.shown) return [];
  return stepLine(step, { text: pen.marks.running, tone: 'faint' }, [], pen);
}

/** `lock held · Lease kube-system/sre-run: taken; number 7 …`: what is not had or not any more is never left out. */
function lockLines(event: EventOf<'lock.judged'>, _before: Story, pen: Pen): readonly Line[] {
  const { verdict, where, because } = event;
  if (verdict === 'released' && !pen.style.everything) return [];
  const [mark, tone] = LOCK_MARKS[verdict];
  return note(
    { depth: 0 },
    { text: pen.marks[mark], tone },
    [pen.say(`lock ${verdict}`, tone), pen.say(` · ${where}: ${because}`)],
    pen,
  );
}

const LOCK_MARKS = {
  held: ['done', 'good'],
  released: ['notDone', 'faint'],
  unknown: ['unknown', 'doubt'],
  refused: ['failed', 'bad'],
  lost: ['failed', 'bad'],
} as const;

/** `vault-raft-deadlock · run 01K9… · cluster homelab · live`. */
function headerItems(event: EventOf<'run.started'>, pen: Pen): readonly Line[] {
  const { lab, mode } = event;
  const where = lab === undefined ? mode : `lab: ${lab.scenario}, seed ${lab.seed}`;
  return [
    [pen.say(event.runbook, 'strong')],
    [pen.say(`run ${event.run}`)],
    [pen.say(`cluster ${event.cluster}`)],
    [pen.say(where, 'strong')],
    ...(mode === 'plan' && lab !== undefined ? [[pen.say('plan', 'strong')]] : []),
  ];
}

/** Steps get their line when they are over; an end is over at once, and a call must stand above the steps it makes. */
function enteredLines(event: EventOf<'step.entered'>, before: Story, pen: Pen): readonly Line[] {
  const called = event.called === undefined ? [] : calledLines(event.called, event.depth, pen);
  if (event.kind !== 'end' && event.kind !== 'call' && !pen.style.everything) return called;
  const face = { ...event, number: before.steps + 1 };
  const predicted = event.predicted === true;
  const mark = predicted ? pen.marks.predicted : pen.marks.running;
  return [
    ...called,
    ...stepLine(
      face,
      event.kind === 'end' ? { text: ' ' } : { text: mark, tone: 'faint' },
      predicted ? [{ text: 'predicted', tone: 'faint' }] : [],
      pen,
    ),
  ];
}

/** Which runbook is called, and with what, below the step that calls it. */
function calledLines(
  called: NonNullable<EventOf<'step.entered'>['called']>,
  depth: number,
  pen: Pen,
): readonly Line[] {
  const { runbook, title, params } = called;
  const at = { depth: depth - 1 };
  const set =
    typeof params === 'object' && params !== null
      ? Object.entries(params).map(([key, it]) => [
          pen.say(
            `${key}=${typeof it === 'string' ? it : JSON.stringify(it)}`,
            undefined,
            LONGEST_PARAMETER,
          ),
        ])
      : [];
  const indent = evidenceIndent(at) + 2;
  const pad: Span = { text: ' '.repeat(indent) };
  return [
    ...note(
      at,
      pen.marks.call,
      [
        pen.say('runs ', 'faint'),
        pen.say(runbook, 'strong'),
        pen.say(title === undefined ? '' : `: ${title}`),
      ],
      pen,
    ),
    ...joinedLines(set, pen.columns - indent, pen).map((line) => [pad, ...line]),
  ];
}

/** A parameter may be a whole fact; the journal has it whole. */
const LONGEST_PARAMETER = 160;
