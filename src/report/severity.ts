import type { Event } from '../engine/events.ts';
import type { PodCount } from './pods.ts';
import { externalHealth } from '../tools/vault/external.ts';
import type { Ran } from './ran.ts';

/** A proposal, and why; a person decides. */
export interface Severity {
  readonly proposed: 'SEV1' | 'SEV2' | 'SEV3' | 'to be decided';
  readonly because: string;
}

/** It reads what was printed as the runbook did. */
const OUTSIDE = externalHealth('');

/** SEV1: the core path is down, or more than half of the pods are not well; SEV2: a part; SEV3: minor (DOMAIN 5). */
export function severityOf(
  events: readonly Event[],
  ran: readonly Ran[],
  before: PodCount | undefined,
): Severity {
  const outside = ran.find((it) => it.command === OUTSIDE.id);
  const word = outside === undefined ? undefined : OUTSIDE.read(outside);
  // Where the call itself failed (no curl, no name, no route from here), nothing is known of the outside.
  const down = word?.ok === true ? word.value.status !== 200 : word?.why === 'timeout';
  if (down) {
    const answer =
      word?.ok === true ? `the first answer was ${word.value.status}` : 'nobody answered';
    return { proposed: 'SEV1', because: `the core path was down: from outside ${answer}` };
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
