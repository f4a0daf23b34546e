import type { Answer, At, Event, EventOf, EventType, Mode, Purpose } from '../engine/events.ts';
import type { Does } from '../runbook/command.ts';
import type { Judgement, Step } from '../runbook/step.ts';

/**
 * What a reader has to remember of the events so far, to put the next one into words: the number of a step, when it was
 * entered, what is under way. A pure fold.
 */

/** A command that was started and is not finished. */
export interface UnderWay {
  readonly about: string;
  readonly where: string;
  readonly does: Does;
  readonly purpose: Purpose;
  /** Milliseconds since 1970, UTC. */
  readonly startedAt: number;
  readonly deadlineMs: number;
}

/** A step that was entered and is not concluded. */
export interface OpenStep extends At {
  /** Counted over the whole run, from 1. */
  readonly number: number;
  readonly kind: Step['kind'];
  readonly title: string;
  readonly predicted: boolean;
  readonly enteredAt: number;
  readonly underWay: ReadonlyMap<string, UnderWay>;
  /** Why a watching probe is still looking, and until when. */
  readonly waiting?: { readonly because: string; readonly until: string };
  readonly answer?: Answer;
  readonly effect?: Judgement['effect'];
  /** Of a call: the runbook that it runs. */
  readonly calls?: string;
  /** It has a line on a guided screen already. */
  readonly shown: boolean;
  /** A plan has shown its card. */
  readonly planned: boolean;
}

export interface Story {
  readonly mode: Mode;
  readonly startedAt: number | undefined;
  readonly steps: number;
  /** The steps under way, the outermost first: a call is open while its steps run. */
  readonly open: readonly OpenStep[];
  /** Families of intrusive commands that the reader was told of. */
  readonly announced: ReadonlySet<string>;
}

/** Nothing told yet. */
export const untold: Story = {
  mode: 'live',
  startedAt: undefined,
  steps: 0,
  open: [],
  announced: new Set(),
};

/** The step that is under way now. */
export const current = (story: Story): OpenStep | undefined => story.open.at(-1);

/** The open step that an event belongs to. */
export const stepOf = (story: Story, at: At): OpenStep | undefined =>
  story.open.findLast(
    (open) => open.step === at.step && open.visit === at.visit && open.depth === at.depth,
  );

/** What a started and a finished command have in common. */
export const keyOf = (event: EventOf<'command.started'> | EventOf<'command.finished'>): string =>
  `${event.purpose} ${event.sample} ${event.key}`;

const atMs = (event: Event): number => Date.parse(event.at);

function change(story: Story, at: At, update: (step: OpenStep) => OpenStep): Story {
  const step = stepOf(story, at);
  if (step === undefined) return story;
  return { ...story, open: story.open.map((open) => (open === step ? update(step) : open)) };
}

function enter(story: Story, event: EventOf<'step.entered'>): Story {
  const entered: OpenStep = {
    number: story.steps + 1,
    step: event.step,
    visit: event.visit,
    depth: event.depth,
    kind: event.kind,
    title: event.title,
    predicted: event.predicted === true,
    enteredAt: atMs(event),
    underWay: new Map(),
    shown: event.kind === 'call',
    planned: false,
  };
  // Whatever was open as deep as this is over, whether or not it was concluded: an end has no conclusion.
  const { called } = event;
  const above = story.open
    .filter((step) => step.depth < event.depth)
    .map((step) =>
      called !== undefined && step.depth === event.depth - 1
        ? { ...step, calls: called.runbook }
        : step,
    );
  const open = [...above, entered];
  return { ...story, steps: story.steps + 1, open };
}

const ignored = (story: Story): Story => story;

const show = (story: Story, at: At): Story =>
  change(story, at, (step) => ({ ...step, shown: true }));

type Fold = { readonly [T in EventType]: (story: Story, event: EventOf<T>) => Story };

const FOLD: Fold = {
  'run.started': (story, event) => ({ ...story, mode: event.mode, startedAt: atMs(event) }),
  'step.entered': enter,
  'command.started': (story, event) => {
    const tells = event.does === 'intrusive' && !story.announced.has(event.command);
    const announced = tells ? new Set([...story.announced, event.command]) : story.announced;
    return change({ ...story, announced }, event, (step) => ({
      ...step,
      shown: step.shown || tells,
      underWay: new Map(step.underWay).set(keyOf(event), {
        about: event.about,
        where: event.where,
        does: event.does,
        purpose: event.purpose,
        startedAt: atMs(event),
        deadlineMs: event.deadlineMs,
      }),
    }));
  },
  'command.finished': (story, event) =>
    change(story, event, (step) => {
      const underWay = new Map(step.underWay);
      underWay.delete(keyOf(event));
      return { ...step, underWay };
    }),
  'step.waiting': (story, event) =>
    change(story, event, (step) => ({
      ...step,
      waiting: { because: event.because, until: event.until },
    })),
  'step.concluded': (story, event) => {
    const step = stepOf(story, event);
    if (step === undefined) return story;
    return { ...story, open: story.open.filter((open) => open.depth < step.depth) };
  },
  'guard.judged': ignored,
  'blast.measured': ignored,
  'drift.judged': ignored,
  'action.planned': (story, event) => change(story, event, (step) => ({ ...step, planned: true })),
  'confirmation.asked': show,
  'confirmation.answered': (story, event) =>
    change(story, event, (step) => ({ ...step, shown: true, answer: event.answer })),
  'intent.written': ignored,
  'effect.judged': (story, event) =>
    change(story, event, (step) => ({ ...step, effect: event.effect })),
  'operator.asked': show,
  'operator.answered': ignored,
  'operator.noted': ignored,
  'lock.judged': ignored,
  'run.interrupted': ignored,
  'run.resumed': ignored,
  'run.finished': (story) => ({ ...story, open: [] }),
};

/** The story with one more event. An event of a type that this version does not know changes nothing. */
export function tell(story: Story, event: Event): Story {
  const fold = FOLD[event.type] as ((story: Story, event: Event) => Story) | undefined;
  return fold === undefined ? story : fold(story, event);
}
