import type { EventOf } from './events.ts';
import { inPhase, judgedAnew } from './phases.ts';
import type { Acting, Asking, Frame } from './state.ts';

/** How the operator's words are folded into the frame that asked for them. */

/** A question was put. */
export function askedIn(frame: Frame, { question }: EventOf<'operator.asked'>): Frame {
  const { phase } = frame;
  if (phase.is === 'asking') return { ...frame, phase: { ...phase, asked: question } };
  if (question.about === 'failure') {
    const failing = inPhase(frame, 'looking', (it) => ({ ...it, failed: {} }));
    return inPhase(failing, 'acting', (it) => ({ ...it, failed: {} }));
  }
  return inPhase(frame, 'acting', (it) =>
    question.about === 'doubt' ? { ...it, doubt: 'asked' } : { ...it, hands: 'asked' },
  );
}

/** A confirmation was answered. */
export const confirmedIn = (phase: Acting, event: EventOf<'confirmation.answered'>): Acting =>
  event.answer === 'expired' ? expire(phase) : answered(phase, event);

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

/** A question was answered. */
export function answeredIn(frame: Frame, event: EventOf<'operator.answered'>): Frame {
  const { phase } = frame;
  if (phase.is === 'asking') {
    const answer: Asking['answered'] = {
      answer: event.answer,
      ...(event.note === undefined ? {} : { note: event.note }),
    };
    return { ...frame, phase: { ...phase, answered: answer } };
  }
  if (phase.is === 'looking') {
    return phase.failed === undefined
      ? frame
      : { ...frame, phase: { ...phase, failed: wordOf(event) } };
  }
  if (phase.is !== 'acting') return frame;
  if (phase.hands === 'asked') {
    const hands = event.answer === 'abort' ? 'aborted' : 'done';
    return { ...frame, phase: { ...phase, hands } };
  }
  if (phase.failed !== undefined) return { ...frame, phase: afterFailure(phase, event) };
  if (event.answer === 'abort') return { ...frame, phase: { ...phase, doubt: 'answered' } };
  if (event.answer === 'examine') return { ...frame, phase: { ...phase, doubt: 'examine' } };
  return { ...frame, phase: judgedAnew(phase) };
}

const wordOf = ({ answer, note }: EventOf<'operator.answered'>): NonNullable<Acting['failed']> => ({
  answer,
  ...(note === undefined ? {} : { note }),
});

/** To look again at what was refuted, or to do it by hand first, leaves the visit open; the rest decides how it ends. */
function afterFailure(phase: Acting, event: EventOf<'operator.answered'>): Acting {
  if (event.answer === 'probe') return judgedAnew(phase);
  if (event.answer !== 'by-hand') return { ...phase, failed: wordOf(event) };
  const { hands: _, ...rest } = judgedAnew(phase);
  return { ...rest, takenOver: true };
}
