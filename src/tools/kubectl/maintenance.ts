import { z } from 'zod';
import type { Command, Reading } from '../../runbook/command.ts';
import { unparsable, value } from '../../runbook/command.ts';
import type { Cluster } from '../../runbook/site.ts';
import { readAs } from '../json.ts';
import { andThen } from '../reading.ts';
import { getRaw, segment } from './kubectl.ts';
import { listOf } from './list.ts';

/** Whether kured holds its reboot lock, and for which node. */
export interface KuredLock {
  readonly held: boolean;
  readonly by?: string;
}

const LOCK = 'weave.works/kured-node-lock';

const daemonSetSchema = z.object({
  metadata: z.object({ annotations: z.record(z.string(), z.string()).nullish() }),
});

/** One holder, or with a concurrency above one a list of them (kured pkg/daemonsetlock). */
const lockSchema = z.object({
  nodeID: z.string().optional(),
  locks: z.array(z.object({ nodeID: z.string() })).nullish(),
});

function readLock(annotation: string): Reading<KuredLock> {
  let json: unknown;
  try {
    json = JSON.parse(annotation);
  } catch {
    return unparsable(`expected JSON in the annotation ${LOCK}, and it is something else`);
  }
  return andThen(readAs(json, `the annotation ${LOCK}`, lockSchema), ({ nodeID, locks }) => {
    if (nodeID === undefined && !locks) {
      return unparsable(`expected a nodeID in the annotation ${LOCK}, and there is none`);
    }
    const by = [nodeID ?? [], (locks ?? []).map((l) => l.nodeID)].flat(2).filter((n) => n !== '');
    return value<KuredLock>(by.length === 0 ? { held: false } : { held: true, by: by.join(', ') });
  });
}

/**
 * The reboot lock of kured: an annotation on its DaemonSet. A lock past its time to live still reads as held: this
 * tool has no clock, and a lock left behind is worth a look.
 */
export function kuredLock(
  cluster: Cluster,
  { namespace, daemonSet }: { readonly namespace: string; readonly daemonSet: string },
): Command<KuredLock> {
  return getRaw<KuredLock>({
    cluster,
    id: 'kubectl.kured-lock',
    about: 'read the reboot lock of kured',
    path: `/apis/apps/v1/namespaces/${segment(namespace)}/daemonsets/${segment(daemonSet)}`,
    read: (json) =>
      andThen(readAs(json, `DaemonSet ${daemonSet}`, daemonSetSchema), ({ metadata }) => {
        const annotation = metadata.annotations?.[LOCK];
        return annotation ? readLock(annotation) : value<KuredLock>({ held: false });
      }),
  });
}

const jobSchema = z.object({
  metadata: z.object({ name: z.string().min(1) }),
  status: z.object({ active: z.number().nullish() }).optional(),
});

/** The names of the Jobs of a namespace that have a pod running: an upgrade or a drain somebody else started. */
export function activeJobs(cluster: Cluster, namespace: string): Command<readonly string[]> {
  return getRaw({
    cluster,
    id: 'kubectl.active-jobs',
    about: `list the jobs at work in ${namespace}`,
    path: `/apis/batch/v1/namespaces/${segment(namespace)}/jobs`,
    read: (json) =>
      andThen(
        listOf(json, 'a list of jobs', jobSchema, (job) => job),
        (jobs) =>
          value(jobs.filter((j) => (j.status?.active ?? 0) > 0).map((j) => j.metadata.name)),
      ),
  });
}
