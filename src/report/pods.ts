import { itemsIn, listIn, record } from './listed.ts';
import type { Ran } from './said.ts';

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

function countIn(it: Ran): PodCount {
  const pods = itemsIn(it.stdout);
  const notReady = pods.filter(isUnready).map((pod) => {
    const { namespace, name } = record(pod['metadata']);
    return `${String(namespace)}/${String(name)}`;
  });
  return { at: it.endedAt, pods: pods.length, notReady };
}

/** The first and the last listing of all pods in the run; absent where there was none, or only one. */
export function podCounts(
  ran: readonly Ran[],
): { readonly before: PodCount; readonly after: PodCount } | undefined {
  const lists = ran.filter(
    (it) => it.command === 'kubectl.all-pods' && it.ending.how === 'exited' && it.ending.code === 0,
  );
  const [first] = lists;
  const last = lists.at(-1);
  if (first === undefined || last === undefined || first === last) return undefined;
  return { before: countIn(first), after: countIn(last) };
}
