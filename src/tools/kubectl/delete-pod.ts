import { z } from 'zod';
import type { Command, RawOutput, Reading } from '../../runbook/command.ts';
import { value } from '../../runbook/command.ts';
import type { Cluster } from '../../runbook/site.ts';
import { parseJson, readAs } from '../json.ts';
import { andThen } from '../reading.ts';
import { classify, kubectl, segment } from './kubectl.ts';

/** The pod to delete, with the UID that was seen: a delete never hits the one that came after it. */
export interface SeenPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** What the API server made of a delete. `accepted` is not `gone`: the node's kubelet still has to end it. */
export type DeleteAnswer =
  | { readonly is: 'accepted'; readonly deletionTimestamp?: string }
  /** A pod of that name exists with another UID: the one seen is gone already. */
  | { readonly is: 'already-replaced' }
  | { readonly is: 'gone' };

/** DELETE answers with the object, or with a Status of `Success` where it went at once. */
const answerSchema = z.object({
  kind: z.enum(['Pod', 'Status']),
  metadata: z.object({ deletionTimestamp: z.string().nullish() }).optional(),
});

function readAnswer(out: RawOutput): Reading<DeleteAnswer> {
  const refusal = classify(out);
  if (refusal === undefined) {
    return andThen(parseJson(out, 'the deleted pod'), (json) =>
      andThen(readAs(json, 'the deleted pod', answerSchema), ({ metadata }) =>
        value(
          metadata?.deletionTimestamp
            ? { is: 'accepted', deletionTimestamp: metadata.deletionTimestamp }
            : { is: 'accepted' },
        ),
      ),
    );
  }
  if (refusal.is === 'uid-conflict') return value({ is: 'already-replaced' });
  if (refusal.is === 'not-found') return value({ is: 'gone' });
  return refusal.reading;
}

function remove(
  cluster: Cluster,
  pod: SeenPod,
  graceSeconds: number,
  forces: boolean,
): Command<DeleteAnswer> {
  const { namespace, name, uid } = pod;
  const options = {
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    preconditions: { uid },
    gracePeriodSeconds: graceSeconds,
  };
  return kubectl<DeleteAnswer>({
    cluster,
    id: forces ? 'kubectl.force-delete-pod' : 'kubectl.delete-pod',
    about: forces
      ? `force the delete of pod ${namespace}/${name}, without waiting for it to end`
      : `delete pod ${namespace}/${name} with ${graceSeconds} s of grace`,
    args: [
      'delete',
      '--raw',
      `/api/v1/namespaces/${segment(namespace)}/pods/${segment(name)}`,
      '-f',
      '-',
    ],
    does: 'mutates',
    stdin: { kind: 'text', text: JSON.stringify(options) },
    scope: `pod ${namespace}/${name}`,
    ...(forces ? { forces: true } : {}),
    read: readAnswer,
  });
}

/**
 * Deletes the very pod that was seen, by UID precondition, with `graceSeconds` of grace (default 30). A plain
 * `kubectl delete` ignores the UID; only `--raw` with DeleteOptions keeps it (COMMANDS E, UID precondition).
 */
export function deletePod(
  cluster: Cluster,
  pod: SeenPod,
  graceSeconds = 30,
): Command<DeleteAnswer> {
  return remove(cluster, pod, graceSeconds, false);
}

/**
 * Deletes the object with grace 0, whether or not its processes ended: the same name may then run twice on shared
 * volumes. Only behind a fence or a proof that its processes are gone (COMMANDS F, force delete pod).
 */
export function forceDeletePod(cluster: Cluster, pod: SeenPod): Command<DeleteAnswer> {
  return remove(cluster, pod, 0, true);
}
