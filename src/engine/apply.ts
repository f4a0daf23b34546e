import { CHART_CSI, CHART_NETWORK } from '../runbook/site.ts';
import type { FollowUp, Step } from '../runbook/step.ts';
import type { Event, EventOf, Purpose } from './events.ts';
import type { Acting, Asking, Frame, Look, Phase, State } from './state.ts';

/** The state before anything happened. */
export const initial: State = {
  run: '',
  seq: 0,
  now: 0,
  mode: 'live',
  site: {
    cluster: { name: '', context: '' },
    nodes: [],
    hosts: [],
    vault: {
      namespace: '',
      statefulSet: '',
      selector: '',
      container: '',
      scheme: 'http',
      port: 8200,
      activeService: '',
      unseal: { by: 'hand' },
      token: false,
    },
    csi: CHART_CSI,
    network: CHART_NETWORK,
    maintenance: {},
    accessPath: [],
  },
  frames: [],
  visits: {},
  predicting: false,
  predicted: [],
  mutated: false,
  deeds: [],
  followUps: [],
  left: [],
};

const newLook = (sample: number, since: number): Look => ({
  sample,
  since,
  answers: {},
  intended: [],
});

const newActing = (now: number): Acting => ({
  is: 'acting',
  from: now,
  looks: {},
  guards: [],
  expired: 0,
  intents: 0,
  issued: 0,
});

function phaseOf(kind: Step['kind'], now: number): Phase {
  switch (kind) {
    case 'probe':
      return { is: 'looking', from: now, earlier: [], look: newLook(0, now) };
    case 'action':
      return newActing(now);
    case 'manual':
    case 'choice':
      return { is: 'asking' };
    case 'call':
      return { is: 'calling' };
    case 'end':
      return { is: 'ending' };
  }
}

/** Folds one event into the state. Total: an event that does not fit the state changes nothing but the time. */
export function apply(before: State, event: Event): State {
  const state: State = { ...before, seq: event.seq, now: Date.parse(event.at) };
  switch (event.type) {
    case 'run.started':
      return {
        ...state,
        run: event.run,
        mode: event.mode,
        site: event.site,
        frames: [
          {
            runbook: event.runbook,
            params: event.params,
            facts: {},
            taken: {},
            step: '',
            visit: 0,
            phase: { is: 'entering' },
          },
        ],
      };
    case 'run.interrupted':
      return { ...state, interrupted: { how: event.how, because: event.because } };
    case 'run.resumed':
      return onTop(reopened(state), (frame) => resumeFrame(frame, state.now));
    case 'run.finished':
      return { ...state, finished: { result: event.result, exitCode: event.exitCode } };
    case 'operator.noted':
      return state;
    case 'step.entered':
      return enter(state, event);
    case 'step.concluded':
      return conclude(state, event);
    case 'effect.judged':
      return acting(
        { ...state, followUps: followed(state.followUps, event.leaves, event.settles) },
        (phase) => ({ ...phase, judged: { effect: event.effect, because: event.because } }),
      );
    case 'intent.written':
      return onTop(
        {
          ...state,
          mutated: state.mutated || event.does === 'mutates',
          deeds:
            event.does === 'mutates'
              ? [...state.deeds, `${event.about} (at ${event.at.slice(11, 19)} UTC)`]
              : state.deeds,
        },
        (frame) => intend(frame, event, state.now),
      );
    case 'command.finished':
      return onTop(state, (frame) => answerIn(frame, event, state.now));
    case 'command.started':
      return onTop(state, (frame) =>
        openLook(frame, event.purpose, event.sample, sinceOf(event, state.now)),
      );
    case 'step.waiting':
      return onTop(state, (frame) => waitIn(frame, Date.parse(event.until), state.now));
    case 'guard.judged':
      return acting(state, (phase) => ({
        ...phase,
        guards: [
          ...phase.guards,
          { name: event.guard, verdict: event.verdict, because: event.because },
        ],
      }));
    case 'blast.measured':
      return acting(state, (phase) => ({
        ...phase,
        blast: { counts: event.counts, unknown: event.unknown },
      }));
    case 'drift.judged':
      return acting(state, (phase) => {
        const word = {
          drift: event.drift,
          because: event.because,
          seenAt: Date.parse(event.seenAt),
        };
        return event.gate === 'before'
          ? { ...phase, gateBefore: word }
          : { ...phase, gateAfter: word };
      });
    case 'action.planned':
      return acting(state, (phase) => ({ ...phase, planned: true }));
    case 'confirmation.asked':
      return acting(state, (phase) => ({
        ...phase,
        asked: { expiresAt: Date.parse(event.expiresAt) },
      }));
    case 'confirmation.answered':
      return acting(state, (phase) =>
        event.answer === 'expired' ? expire(phase) : answered(phase, event),
      );
    case 'operator.asked':
      return onTop(state, (frame) =>
        frame.phase.is === 'acting'
          ? {
              ...frame,
              phase:
                event.question.about === 'doubt'
                  ? { ...frame.phase, doubt: 'asked' }
                  : { ...frame.phase, hands: 'asked' },
            }
          : inPhase(frame, 'asking', (phase) => ({ ...phase, asked: event.question })),
      );
    case 'operator.answered':
      return onTop(state, (frame) => answerQuestion(frame, event));
    default:
      event satisfies never;
      return state;
  }
}

/** What was settled is off the list, and what is left again stands there once. */
function followed(
  before: readonly FollowUp[],
  leaves: readonly FollowUp[] = [],
  settles: readonly string[] = [],
): readonly FollowUp[] {
  const over = [...settles, ...leaves.map(({ id }) => id)];
  return [...before.filter(({ id }) => id === undefined || !over.includes(id)), ...leaves];
}

/** A run that was stopped, or ended in doubt, goes on where it was. */
function reopened(state: State): State {
  const { interrupted: _i, finished: _f, ...rest } = state;
  return rest;
}

/** When a look began: the `now` its commands were made with. */
const sinceOf = (event: { readonly since?: string }, now: number): number =>
  event.since === undefined ? now : Date.parse(event.since);

function onTop(state: State, change: (frame: Frame) => Frame): State {
  const top = state.frames.at(-1);
  return top === undefined
    ? state
    : { ...state, frames: [...state.frames.slice(0, -1), change(top)] };
}

function inPhase<K extends Phase['is']>(
  frame: Frame,
  is: K,
  change: (phase: Extract<Phase, { is: K }>) => Phase,
): Frame {
  const { phase } = frame;
  return phase.is === is ? { ...frame, phase: change(phase as Extract<Phase, { is: K }>) } : frame;
}

const acting = (state: State, change: (phase: Acting) => Acting): State =>
  onTop(state, (frame) => inPhase(frame, 'acting', change));

/**
 * A runbook that is called twice comes to its steps again: visits are counted over the whole run, so that depth, step and visit
 * name one visit and no other.
 */
export const visitKey = (depth: number, step: string): string => `${depth}/${step}`;

function enter(state: State, event: EventOf<'step.entered'>): State {
  const predicted =
    event.predicted === true
      ? [...state.predicted, `${event.depth}/${event.step}`]
      : state.predicted;
  const called: State =
    event.called === undefined
      ? state
      : {
          ...state,
          frames: [
            ...state.frames,
            {
              runbook: event.called.runbook,
              params: event.called.params,
              facts: {},
              taken: {},
              step: '',
              visit: 0,
              phase: { is: 'entering' },
            },
          ],
        };
  const visits = { ...state.visits, [visitKey(event.depth, event.step)]: event.visit };
  return onTop({ ...called, predicted, visits }, (frame) => ({
    ...frame,
    step: event.step,
    visit: event.visit,
    phase: phaseOf(event.kind, state.now),
  }));
}

function conclude(state: State, event: EventOf<'step.concluded'>): State {
  // A called runbook's end is concluded by its caller's step: the frame above it is finished.
  const frames = state.frames.slice(0, event.depth + 1);
  const seenAt = Date.parse(event.seenAt);
  const facts = Object.fromEntries(
    Object.entries(event.facts).map(([name, value]) => [name, { value, seenAt }]),
  );
  const edge = `${event.step}/${event.outcome}`;
  const left = event.left === undefined ? state.left : [...state.left, ...event.left];
  const followUps = followed(state.followUps, event.leaves);
  return onTop(
    { ...state, frames, left, followUps, predicting: state.predicting || event.predicted === true },
    (frame) => ({
      ...frame,
      facts: { ...frame.facts, ...facts },
      taken: { ...frame.taken, [edge]: (frame.taken[edge] ?? 0) + 1 },
      step: event.to,
      phase: { is: 'entering' },
    }),
  );
}

const added = (look: Look, key: string, event: EventOf<'command.finished'>, now: number): Look => {
  const { output } = event;
  const text = 'ref' in output ? { stdout: '', stderr: '' } : output;
  const out = {
    ending: event.ending,
    stdout: text.stdout,
    stderr: text.stderr,
    truncated: output.truncated,
  };
  return { ...look, answers: { ...look.answers, [key]: { out, at: now } } };
};

function openLook(frame: Frame, purpose: Purpose, sample: number, since: number): Frame {
  const { phase } = frame;
  if (phase.is === 'looking' && purpose === 'observe' && sample > phase.look.sample) {
    const { waitUntil: _, ...rest } = phase;
    return {
      ...frame,
      phase: { ...rest, earlier: [...phase.earlier, phase.look], look: newLook(sample, since) },
    };
  }
  if (phase.is === 'acting') {
    const look = phase.looks[purpose];
    if (look !== undefined && look.sample >= sample) return frame;
    const { waitUntil: _, ...rest } = phase;
    return {
      ...frame,
      phase: {
        ...rest,
        looks: { ...phase.looks, [purpose]: newLook(sample, since) },
        ...(purpose === 'identity-after' && phase.judgingFrom === undefined
          ? { judgingFrom: since }
          : {}),
      },
    };
  }
  if (phase.is === 'asking' && (phase.look === undefined || phase.look.sample < sample)) {
    return { ...frame, phase: { ...phase, look: newLook(sample, since) } };
  }
  return frame;
}

/** Whether the commands after this one are still issued: after a success, or a plain refusal of one that stands alone. */
const goesOn = ({ independent }: Acting, ending: EventOf<'command.finished'>['ending']): boolean =>
  ending.how === 'exited' && (ending.code === 0 || independent === true);

function answerIn(frame: Frame, event: EventOf<'command.finished'>, now: number): Frame {
  const since = sinceOf(event, now);
  const opened = openLook(frame, event.purpose, event.sample, since);
  const { phase } = opened;
  const { key, ending } = event;
  switch (phase.is) {
    case 'looking':
      return { ...opened, phase: { ...phase, look: added(phase.look, key, event, now) } };
    case 'acting': {
      const kept = phase.looks[event.purpose] ?? newLook(event.sample, since);
      const look = added(kept, key, event, now);
      const looks = { ...phase.looks, [event.purpose]: look };
      if (event.purpose !== 'act') return { ...opened, phase: { ...phase, looks } };
      return {
        ...opened,
        phase: {
          ...phase,
          looks,
          issued: phase.issued + 1,
          ...(goesOn(phase, ending) ? {} : { noMore: true }),
          ...(ending.how === 'refused' ? { neverBegan: ending.because } : {}),
        },
      };
    }
    case 'asking':
      return phase.look === undefined
        ? opened
        : { ...opened, phase: { ...phase, look: added(phase.look, key, event, now) } };
    case 'entering':
    case 'calling':
    case 'ending':
      return opened;
  }
}

function waitIn(frame: Frame, waitUntil: number, now: number): Frame {
  const { phase } = frame;
  if (phase.is === 'looking') return { ...frame, phase: { ...phase, waitUntil } };
  if (phase.is !== 'acting') return frame;
  return { ...frame, phase: { ...phase, waitUntil, judgingFrom: phase.judgingFrom ?? now } };
}

function intend(frame: Frame, event: EventOf<'intent.written'>, now: number): Frame {
  const { phase } = frame;
  if (phase.is === 'acting' && event.purpose === 'act') {
    return {
      ...frame,
      phase: {
        ...phase,
        intents: phase.intents + 1,
        independent: event.independent === true,
        // What a person does by hand is out of our hands once the intent is on disk.
        issued: event.byHand === true ? phase.issued + 1 : phase.issued,
      },
    };
  }
  const since = sinceOf(event, now);
  const opened = openLook(frame, event.purpose, event.sample, since);
  const mark = (look: Look = newLook(event.sample, since)): Look => ({
    ...look,
    intended: [...look.intended, event.key],
  });
  switch (opened.phase.is) {
    case 'looking':
    case 'asking':
      return { ...opened, phase: { ...opened.phase, look: mark(opened.phase.look) } };
    case 'acting': {
      const { looks } = opened.phase;
      const marked = { ...looks, [event.purpose]: mark(looks[event.purpose]) };
      return { ...opened, phase: { ...opened.phase, looks: marked } };
    }
    case 'entering':
    case 'calling':
    case 'ending':
      return opened;
  }
}

function expire(phase: Acting): Acting {
  const { asked: _a, gateBefore: _g, blast: _b, ...rest } = phase;
  return { ...rest, guards: [], expired: phase.expired + 1 };
}

const answered = (phase: Acting, event: EventOf<'confirmation.answered'>): Acting => ({
  ...phase,
  // A yes is good for what the guards say after it, not for what they said before.
  guards: event.answer === 'yes' ? [] : phase.guards,
  answer: {
    answer: event.answer,
    byHand: event.byHand === true,
    ...(event.note === undefined ? {} : { note: event.note }),
  },
});

function answerQuestion(frame: Frame, event: EventOf<'operator.answered'>): Frame {
  const { phase } = frame;
  if (phase.is === 'asking') {
    const answer: Asking['answered'] = {
      answer: event.answer,
      ...(event.note === undefined ? {} : { note: event.note }),
    };
    return { ...frame, phase: { ...phase, answered: answer } };
  }
  if (phase.is !== 'acting') return frame;
  if (phase.hands === 'asked') {
    const hands = event.answer === 'abort' ? 'aborted' : 'done';
    return { ...frame, phase: { ...phase, hands } };
  }
  if (event.answer === 'abort') return { ...frame, phase: { ...phase, doubt: 'answered' } };
  if (event.answer === 'examine') return { ...frame, phase: { ...phase, doubt: 'examine' } };
  return { ...frame, phase: judgedAnew(phase) };
}

/** Probe again: the effect is judged over a whole window, from a new look on. */
function judgedAnew(phase: Acting): Acting {
  const { judged: _j, doubt: _d, judgingFrom: _f, waitUntil: _w, ...rest } = phase;
  return rest;
}

/**
 * The tool was started anew. Nothing that was seen, asked or confirmed before is good for acting on now, so the visit under way
 * begins again; but an intent that was on disk is in doubt: never issued again, its effect is probed (DESIGN: promise 4).
 */
function resumeFrame(frame: Frame, now: number): Frame {
  const { phase } = frame;
  switch (phase.is) {
    case 'looking': {
      const look = newLook(phase.look.sample + 1, now);
      return { ...frame, phase: { is: 'looking', from: now, earlier: [], look } };
    }
    case 'acting':
      return { ...frame, phase: phase.intents === 0 ? newActing(now) : resumeActing(phase) };
    case 'asking':
      return {
        ...frame,
        phase: phase.answered?.answer === 'abort' ? { is: 'asking' } : asked(phase),
      };
    case 'entering':
    case 'calling':
    case 'ending':
      return frame;
  }
}

function resumeActing(phase: Acting): Acting {
  const proven = phase.judged !== undefined && phase.judged.effect !== 'unknown';
  const it: Acting = { ...phase, issued: phase.intents, noMore: true };
  return proven ? it : judgedAnew(it);
}

/** What was asked and answered stays so; what was looked at to verify it is looked at again. */
function asked(phase: Asking): Asking {
  const { look: _l, ...rest } = phase;
  return rest;
}
