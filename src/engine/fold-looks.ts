import type { EventOf, Purpose } from './events.ts';
import { newLook } from './phases.ts';
import type { Acting, Frame, Look } from './state.ts';

/** How commands, their answers, and intents are folded into the frame whose look they belong to. */

/** When a look began: the `now` its commands were made with. */
export const sinceOf = (event: { readonly since?: string }, now: number): number =>
  event.since === undefined ? now : Date.parse(event.since);

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

/** A command of a look that was not begun yet begins it. */
export function openLook(frame: Frame, purpose: Purpose, sample: number, since: number): Frame {
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

/** Keeps an answer in its look; of a command that acts, it decides whether more are issued. */
export function answerIn(frame: Frame, event: EventOf<'command.finished'>, now: number): Frame {
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

/** The step waits until then. */
export function waitIn(frame: Frame, waitUntil: number, now: number): Frame {
  const { phase } = frame;
  if (phase.is === 'looking') return { ...frame, phase: { ...phase, waitUntil } };
  if (phase.is !== 'acting') return frame;
  return { ...frame, phase: { ...phase, waitUntil, judgingFrom: phase.judgingFrom ?? now } };
}

/** Keeps an intent: of a command that acts, or of an intrusive one of a look. */
export function intend(frame: Frame, event: EventOf<'intent.written'>, now: number): Frame {
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
