import type { Event, EventOf } from '../engine/events.ts';
import { SreError } from '../runbook/sre-error.ts';
import { standingOf } from './standing.ts';
import { startOf } from './start.ts';

/**
 * The start of a run that can be gone on with. Refuses, and says why, what holds no start, what its runbook has ended, and a
 * plan: what it saw is no ground to act on.
 */
export function takeable(events: readonly Event[], run: string): EventOf<'run.started'> {
  const started = startOf(events, run);
  const again = `sre runbook ${started.runbook}`;
  if (started.mode === 'plan') {
    throw new SreError('is-a-plan', `run ${run} is a plan, and changed nothing`, {
      source: 'operator',
      hint: `make it anew with \`${again} --dry-run\`, or leave --dry-run out`,
    });
  }
  const { is, finished } = standingOf(events);
  if (is === 'finished') {
    throw new SreError('is-over', `run ${run} is over: it ended '${finished?.result ?? ''}'`, {
      source: 'operator',
      hint: `\`sre report ${run}\` tells what it did; \`${again}\` begins a new one`,
    });
  }
  return started;
}
