import type { Event } from '../engine/events.ts';
import type { PodCount } from './pods.ts';
import type { Ran } from './said.ts';

/** A proposal, and why; a person decides. */
export interface Severity {
  readonly proposed: 'SEV1' | 'SEV2' | 'SEV3' | 'to be decided';
  readonly because: string;
}

/** SEV1: the core path is down, or more than half of the pods are not well; SEV2: a part; SEV3: minor (DOMAIN 5). */
export function severityOf(
  events: readonly Event[],
  ran: readonly Ran[],
  before: PodCount | undefined,
): Severity {
  const outside = ran.find(
    (it) => it.command === 'vault.external-health' && it.ending.how === 'exited',
  );
  const status = outside?.stdout.trim() ?? '';
  if (outside !== undefined && status !== '200') {
    return {
      proposed: 'SEV1',
      because: `the core path was down: from outside the first answer was ${/^[1-5]\d\d$/.test(status) ? status : 'none'}`,
    };
  }
  if (before !== undefined && before.pods > 0 && before.notReady.length * 2 > before.pods) {
    return {
      proposed: 'SEV1',
      because: `more than half of the pods were not ready: ${before.notReady.length} of ${before.pods}`,
    };
  }
  if (before !== undefined && before.notReady.length > 0) {
    return {
      proposed: 'SEV2',
      because: `a part was not well: ${before.notReady.length} of ${before.pods} pods were not ready`,
    };
  }
  const end = events.findLast((it) => it.type === 'run.finished');
  if (end?.type === 'run.finished' && end.result === 'not-this-incident') {
    return { proposed: 'to be decided', because: 'it was not the incident of this runbook' };
  }
  return { proposed: 'to be decided', because: 'the run recorded no count that tells' };
}
