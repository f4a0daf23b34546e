import type { Step } from '../runbook/step.ts';
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
    maintenance: {},
    accessPath: [],
  },
  frames: [],
  predicting: false,
  predicted: [],
  mutated: false,
  followUps: [],
  left: [],
};

const newLook = (sample: number, since: number): Look => ({
  sample,
  since,
  answers: {},
  intended: [],
});

const newActing = (): Acting => ({
  is: 'acting',
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
      return newActing();
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
            visits: {},
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
      return onTop(withoutInterruption(state), resumeFrame);
    case 'run.finished':
      return { ...state, finished: { result: event.result, exitCode: event.exitCode } };
    case 'operator.noted':
      return state;
    case 'step.entered':
      return enter(state, event);
    case 'step.concluded':
      return conclude(state, event);
    case 'effect.judged':
      return onTop({ ...state, followUps: [...state.followUps, ...event.leaves] }, (frame) =>
        inPhase(frame, 'acting', (phase) => ({
          ...phase,
          judged: { effect: event.effect, because: event.because },
        })),
      );
    case 'intent.written':
      return onTop(
        { ...state, mutated: state.mutated || event.does === 'mutates' },
        (frame) => intend(frame, event, state.now),
      );
    case 'command.finished':
      return onTop(state, (frame) => answerIn(frame, event, state.now));
    case 'command.started':
      return onTop(state, (frame) => openLook(frame, event.purpose, event.sample, state.now));
    case 'step.waiting':
      return onTop(state, (frame) => waitIn(frame, Date.parse(event.until)));
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
      return acting(state, (phase) => (event.answer === 'expired' ? expire(phase) : answered(phase, event)));
    case 'operator.asked':
      return onTop(state, (frame) =>
        event.question.about === 'doubt' && frame.phase.is === 'acting'
          ? { ...frame, phase: { ...frame.phase, doubt: 'asked' } }
          : inPhase(frame, 'asking', (phase) => ({ ...phase, asked: event.question })),
      );
    case 'operator.answered':
      return onTop(state, (frame) => answerQuestion(frame, event));
  }
}

const withoutInterruption = ({ interrupted: _, ...state }: State): State => state;

function onTop(state: State, change: (frame: Frame) => Frame): State {
  const top = state.frames.at(-1);
  return top === undefined ? state : { ...state, frames: [...state.frames.slice(0, -1), change(top)] };
}

function inPhase<K extends Phase['is']>(
  frame: Frame,
  is: K,
  change: (phase: Extract<Phase, { is: K }>) => Phase,
): Frame {
  const { phase } = frame;
  return phase.is === is
    ? { ...frame, phase: change(phase as Extract<Phase, { is: K }>) }
    : frame;
}

const acting = (state: State, change: (phase: Acting) => Acting): State =>
  onTop(state, (frame) => inPhase(frame, 'acting', change));

function enter(state: State, event: EventOf<'step.entered'>): State {
  const predicted =
    event.predicted === true ? [...state.predicted, `${event.depth}/${event.step}`] : state.predicted;
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
              visits: {},
              taken: {},
              step: '',
              visit: 0,
              phase: { is: 'entering' },
            },
          ],
        };
  return onTop({ ...called, predicted }, (frame) => ({
    ...frame,
    step: event.step,
    visit: event.visit,
    visits: { ...frame.visits, [event.step]: event.visit },
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
  return onTop(
    { ...state, frames, left, predicting: state.predicting || event.predicted === true },
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

function openLook(frame: Frame, purpose: Purpose, sample: number, now: number): Frame {
  const { phase } = frame;
  if (phase.is === 'looking' && purpose === 'observe' && sample > phase.look.sample) {
    const { waitUntil: _, ...rest } = phase;
    return {
      ...frame,
      phase: { ...rest, earlier: [...phase.earlier, phase.look], look: newLook(sample, now) },
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
        looks: { ...phase.looks, [purpose]: newLook(sample, now) },
        ...(purpose === 'identity-after' && phase.judgingFrom === undefined
          ? { judgingFrom: now }
          : {}),
      },
    };
  }
  if (phase.is === 'asking' && (phase.look === undefined || phase.look.sample < sample)) {
    return { ...frame, phase: { ...phase, look: newLook(sample, now) } };
  }
  return frame;
}

function answerIn(frame: Frame, event: EventOf<'command.finished'>, now: number): Frame {
  const opened = openLook(frame, event.purpose, event.sample, now);
  const { phase } = opened;
  const { key } = event;
  switch (phase.is) {
    case 'looking':
      return { ...opened, phase: { ...phase, look: added(phase.look, key, event, now) } };
    case 'acting': {
      const look = added(phase.looks[event.purpose] ?? newLook(event.sample, now), key, event, now);
      const looks = { ...phase.looks, [event.purpose]: look };
      if (event.purpose !== 'act') return { ...opened, phase: { ...phase, looks } };
      return {
        ...opened,
        phase: {
          ...phase,
          looks,
          issued: phase.issued + 1,
          ...(event.ending.how === 'refused' ? { neverBegan: event.ending.because } : {}),
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

function waitIn(frame: Frame, waitUntil: number): Frame {
  const { phase } = frame;
  return phase.is === 'looking' || phase.is === 'acting'
    ? { ...frame, phase: { ...phase, waitUntil } }
    : frame;
}

function intend(frame: Frame, event: EventOf<'intent.written'>, now: number): Frame {
  const { phase } = frame;
  if (phase.is === 'acting' && event.does === 'mutates') {
    return {
      ...frame,
      phase: {
        ...phase,
        intents: phase.intents + 1,
        // What a person does by hand is out of our hands once the intent is on disk.
        issued: event.byHand === true ? phase.issued + 1 : phase.issued,
      },
    };
  }
  const opened = openLook(frame, event.purpose, event.sample, now);
  const mark = (look: Look): Look => ({ ...look, intended: [...look.intended, event.key] });
  if (opened.phase.is === 'looking') {
    return { ...opened, phase: { ...opened.phase, look: mark(opened.phase.look) } };
  }
  if (opened.phase.is !== 'acting') return opened;
  const look = opened.phase.looks[event.purpose] ?? newLook(event.sample, now);
  const looks = { ...opened.phase.looks, [event.purpose]: mark(look) };
  return { ...opened, phase: { ...opened.phase, looks } };
}

function expire(phase: Acting): Acting {
  const { asked: _a, gateBefore: _g, ...rest } = phase;
  return { ...rest, expired: phase.expired + 1 };
}

const answered = (phase: Acting, event: EventOf<'confirmation.answered'>): Acting => ({
  ...phase,
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
  if (event.answer === 'abort') return { ...frame, phase: { ...phase, doubt: 'answered' } };
  // Probe again: the effect is judged anew over a whole window.
  const { judged: _j, doubt: _d, judgingFrom: _f, waitUntil: _w, ...rest } = phase;
  return { ...frame, phase: rest };
}

/** An intent that was on disk when the tool died is in doubt: never issued again, its effect is probed. */
function resumeFrame(frame: Frame): Frame {
  const { phase } = frame;
  if (phase.is === 'looking') return { ...frame, phase: { ...phase, look: abandon(phase.look) } };
  if (phase.is !== 'acting') return frame;
  const looks = Object.fromEntries(
    Object.entries(phase.looks).map(([purpose, look]) => [purpose, abandon(look)]),
  );
  return { ...frame, phase: { ...phase, looks, issued: Math.max(phase.issued, phase.intents) } };
}

const LOST = {
  stdout: '',
  stderr: '',
  truncated: false,
  ending: { how: 'lost', because: 'the tool stopped while it was under way' },
} as const;

/** Intrusive commands that were under way are not run again: their answer is lost. */
function abandon(look: Look): Look {
  const open = look.intended.filter((key) => !(key in look.answers));
  const lost = open.map((key) => [key, { out: LOST, at: look.since }]);
  return { ...look, answers: { ...look.answers, ...Object.fromEntries(lost) } };
}
