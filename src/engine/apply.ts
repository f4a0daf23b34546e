import { CHART_CSI, CHART_NETWORK } from '../runbook/site.ts';
import type { Site } from '../runbook/site.ts';
import type { FollowUp } from '../runbook/step.ts';
import type { Event, EventOf } from './events.ts';
import { answeredIn, askedIn, confirmedIn } from './fold-answers.ts';
import { answerIn, intend, openLook, sinceOf, waitIn } from './fold-looks.ts';
import { inPhase, phaseOf } from './phases.ts';
import { resumeFrame } from './resume-frame.ts';
import type { Acting, Frame, State } from './state.ts';

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
      return onTop(reopened(state, event.site), (frame) => resumeFrame(frame, state.now));
    case 'run.finished':
      return { ...state, finished: { result: event.result, exitCode: event.exitCode } };
    case 'operator.noted':
    case 'lock.judged':
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
              ? [
                  ...state.deeds,
                  `${event.byHand === true ? 'left to a person' : 'sent'} in this run: ${event.about} (at ${event.at.slice(11, 19)} UTC)`,
                ]
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
      return acting(state, (phase) => confirmedIn(phase, event));
    case 'operator.asked':
      return onTop(state, (frame) => askedIn(frame, event));
    case 'operator.answered':
      return onTop(state, (frame) => answeredIn(frame, event));
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
function reopened(state: State, site: Site = state.site): State {
  const { interrupted: _i, finished: _f, ...rest } = state;
  return { ...rest, site };
}

function onTop(state: State, change: (frame: Frame) => Frame): State {
  const top = state.frames.at(-1);
  return top === undefined
    ? state
    : { ...state, frames: [...state.frames.slice(0, -1), change(top)] };
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
