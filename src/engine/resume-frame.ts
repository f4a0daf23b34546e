import { judgedAnew, newActing, newLook } from './phases.ts';
import type { Acting, Asking, Frame } from './state.ts';

/**
 * The tool was started anew. Nothing that was seen, asked or confirmed before is good for acting on now, so the visit under way
 * begins again; but an intent that was on disk is in doubt: never issued again, its effect is probed (DESIGN: promise 4).
 */
export function resumeFrame(frame: Frame, now: number): Frame {
  const { phase } = frame;
  switch (phase.is) {
    case 'looking': {
      const look = newLook(phase.look.sample + 1, now);
      return { ...frame, phase: { is: 'looking', from: now, earlier: [], look } };
    }
    case 'acting':
      return { ...frame, phase: phase.intents === 0 ? newActing(now) : resumeActing(phase) };
    case 'asking':
      return { ...frame, phase: resumeAsking(phase) };
    case 'entering':
    case 'calling':
    case 'ending':
      return frame;
  }
}

function resumeActing(phase: Acting): Acting {
  const { judged, hands, failed, ...rest } = phase;
  const it: Acting = {
    ...rest,
    issued: phase.intents,
    noMore: true,
    // Where a command had ended badly nothing more was to be sent: that is no work of the crash.
    ...(phase.noMore === undefined || phase.issued < phase.intents ? { cutOff: phase.issued } : {}),
    // A person who had not said that it is done is asked anew, with the words before their eyes.
    ...(hands === 'done' ? { hands } : {}),
  };
  return judged === undefined || judged.effect === 'unknown'
    ? judgedAnew(it)
    : { ...it, judged, ...(decided(failed) ? { failed } : {}) };
}

/** An answer stands, unless it stopped the run: that is what was gone back on. */
const decided = (word: { readonly answer?: string } | undefined): word is { answer: string } =>
  word?.answer !== undefined && word.answer !== 'abort';

/** What was asked and answered stays so; what was looked at to verify it is looked at again. */
function resumeAsking({ answered }: Asking): Asking {
  return decided(answered) ? { is: 'asking', answered } : { is: 'asking' };
}
