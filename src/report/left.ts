import { apply, initial } from '../engine/apply.ts';
import type { Event, EventOf } from '../engine/events.ts';
import { leftBehind } from '../engine/finish.ts';
import { standingOf } from '../journal/standing.ts';
import type { FollowUp } from '../runbook/step.ts';

/** What the run left behind. */
export interface Left {
  /** What stays changed or undone and has no follow-up, one sentence each. */
  readonly undone: readonly string[];
  /** What is to be done about what was changed on the way. */
  readonly followUps: readonly FollowUp[];
  /** What was sent and whose effect nobody knows. */
  readonly doubt: readonly string[];
  /** Where it would go on, of a run that has not come to an end of its runbook. */
  readonly next?: string;
}

/** From the end of the run, or from the fold of its events where it has none. */
export function leftBy(events: readonly Event[]): Left {
  const { is, doubt, next } = standingOf(events);
  const end = events.findLast((it): it is EventOf<'run.finished'> => it.type === 'run.finished');
  const open = is === 'open' ? events.reduce(apply, initial) : undefined;
  const left = open === undefined ? (end?.left ?? []) : leftBehind(open, 'aborted');
  const followUps = open === undefined ? (end?.followUps ?? []) : open.followUps;
  const followed = new Set(followUps.map((it) => it.left));
  return {
    undone: left.filter((it) => !followed.has(it)),
    followUps,
    doubt,
    ...(is === 'finished' || next === undefined
      ? {}
      : { next: next.title ?? `step '${next.step}'` }),
  };
}
