import { z } from 'zod';
import type { Command, RawOutput, Reading } from '../../runbook/command.ts';
import { value } from '../../runbook/command.ts';
import type { Cluster } from '../../runbook/site.ts';
import { parseJson, readAs } from '../json.ts';
import { andThen } from '../reading.ts';
import type { SeenPod } from './delete-pod.ts';
import { classify, kubectl, segment } from './kubectl.ts';

/**
 * What the API server made of an eviction. `accepted` is not `gone`: the node's kubelet still has to end it (COMMANDS
 * D.4). `blocked-by-budget`: a disruption budget does not allow it now.
 */
export type EvictAnswer = 'accepted' | 'blocked-by-budget' | 'gone' | 'already-replaced';

const acceptedSchema = z.object({ kind: z.literal('Status'), status: z.literal('Success') });

function readAnswer(out: RawOutput): Reading<EvictAnswer> {
  const refusal = classify(out);
  if (refusal === undefined) {
    return andThen(parseJson(out, 'the answer to an eviction'), (json) =>
      andThen(readAs(json, 'the answer to an eviction', acceptedSchema), () => value('accepted')),
    );
  }
  if (refusal.is === 'uid-conflict') return value('already-replaced');
  if (refusal.is === 'not-found') return value('gone');
  // The same status also says that the API server itself is busy: only the budget's own words count.
  const budget = refusal.reason === 'TooManyRequests' && /disruption budget/i.test(refusal.message);
  return budget ? value('blocked-by-budget') : refusal.reading;
}

/**
 * Evicts the very pod that was seen, by UID precondition: a delete that asks the disruption budgets first (COMMANDS D.4,
 * E). Without `graceSeconds` the pod's own grace holds.
 */
export function evictPod(
  cluster: Cluster,
  { namespace, name, uid }: SeenPod,
  graceSeconds?: number,
): Command<EvictAnswer> {
  const body = {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name, namespace },
    deleteOptions: {
      preconditions: { uid },
      ...(graceSeconds === undefined ? {} : { gracePeriodSeconds: graceSeconds }),
    },
  };
  const eviction = kubectl<EvictAnswer>({
    cluster,
    id: 'kubectl.evict-pod',
    about: `evict pod ${namespace}/${name}${graceSeconds === undefined ? '' : ` with ${graceSeconds} s of grace`}`,
    args: [
      'create',
      '--raw',
      `/api/v1/namespaces/${segment(namespace)}/pods/${segment(name)}/eviction`,
      '-f',
      '-',
    ],
    does: 'mutates',
    stdin: { kind: 'text', text: JSON.stringify(body) },
    scope: `pod ${namespace}/${name}`,
    read: readAnswer,
  });
  // A budget that does not let this pod go says nothing about the next one.
  return { ...eviction, independent: true };
}
