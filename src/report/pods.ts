import { itemsIn, listIn, record } from './listed.ts';
import type { Ran } from './ran.ts';

/** The pods of one listing of the whole cluster. */
export interface PodCount {
  readonly at: string;
  readonly pods: number;
  /** `namespace/name` of those that are not ready and should be. */
  readonly notReady: readonly string[];
}

/** A pod that has done its work is not unready. */
function isUnready(pod: Readonly<Record<string, unknown>>): boolean {
  const status = record(pod['status']);
  if (status['phase'] === 'Succeeded') return false;
  const conditions = listIn(status['conditions']);
  const ready = conditions.find((c) => c['type'] === 'Ready');
  return ready?.['status'] !== 'True';
}

/** `undefined` where the listing could not be read whole: that no pod is unready is a claim of its own. */
function countIn(it: Ran): PodCount | undefined {
  const pods = itemsIn(it);
  if (pods === undefined) return undefined;
  const notReady = pods.filter(isUnready).map((pod) => {
    const { namespace, name } = record(pod['metadata']);
    return `${String(namespace)}/${String(name)}`;
  });
  return { at: it.endedAt, pods: pods.length, notReady };
}

/** How the pods of the cluster were before anything was done, and when they were last seen after that. */
export interface PodCounts {
  readonly before?: PodCount;
  readonly after?: PodCount;
}

/** From the listings of all pods: what was done makes pods unready by itself, so a later first listing is no "before". */
export function podCounts(ran: readonly Ran[], firstDeed: string | undefined): PodCounts {
  const counts = ran
    .filter((it) => it.command === 'kubectl.all-pods')
    .flatMap((it) => countIn(it) ?? []);
  const before = counts.find(({ at }) => firstDeed === undefined || at < firstDeed);
  const after = counts.findLast(({ at }) => firstDeed !== undefined && at > firstDeed);
  return {
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
  };
}
