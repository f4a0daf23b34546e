import { itemsIn, listIn, record } from './listed.ts';
import type { Ran } from './ran.ts';

/** A moment that no event of the run marks: it was read out of what a command printed. */
export interface Inferred {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly what: string;
  /** What printed it, and when it was asked. */
  readonly source: string;
}

/** No more than these of one kind: the first ones are what a post-mortem is about. */
const MOST = 3;

type Items = NonNullable<ReturnType<typeof itemsIn>>;

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const timeOf = (...values: readonly unknown[]): string | undefined => {
  const found = values.map(text).find((it) => !Number.isNaN(Date.parse(it)));
  return found === undefined ? undefined : new Date(Date.parse(found)).toISOString();
};

/** Warnings that the API server remembers, by the first time of each (core/v1 Event; they expire after an hour). */
function firstWarnings(items: Items, it: Ran): readonly Inferred[] {
  return items.flatMap((event): readonly Inferred[] => {
    const about = record(event['involvedObject']);
    const at = timeOf(
      event['firstTimestamp'],
      event['eventTime'],
      record(event['metadata'])['creationTimestamp'],
    );
    if (at === undefined || text(event['type']) === 'Normal') return [];
    const who = `${text(about['namespace'])}/${text(about['name'])}`;
    return [{ at, what: `first ${text(event['reason'])} of ${who}`, source: sourceOf(it) }];
  });
}

/** Since when a node is not Ready, by its own condition (core/v1 NodeCondition). */
function notReady(items: Items, it: Ran): readonly Inferred[] {
  return items.flatMap((node): readonly Inferred[] => {
    const conditions = listIn(record(node['status'])['conditions']);
    const ready = conditions.find((c) => c['type'] === 'Ready');
    const at = timeOf(ready?.['lastTransitionTime']);
    if (ready === undefined || ready['status'] === 'True' || at === undefined) return [];
    const name = text(record(node['metadata'])['name']);
    return [{ at, what: `node ${name} is not Ready since then`, source: sourceOf(it) }];
  });
}

const sourceOf = (it: Ran): string => `${it.about} (${it.command}, asked ${it.startedAt})`;

const READERS: Readonly<Record<string, (items: Items, it: Ran) => readonly Inferred[]>> = {
  'kubectl.failed-mounts': firstWarnings,
  'kubectl.pod-events': firstWarnings,
  'kubectl.nodes': notReady,
};

/**
 * What the first look of each kind that could be read says about the time before the run: the earliest moments of each. Later looks see what the
 * run itself has done.
 */
export function inferredFrom(ran: readonly Ran[], before: string): readonly Inferred[] {
  const seen = new Set<string>();
  const found = ran.flatMap((it) => {
    const read = READERS[it.command];
    const look = `${it.command} ${it.argv}`;
    const items = read === undefined || seen.has(look) ? undefined : itemsIn(it);
    if (read === undefined || items === undefined) return [];
    seen.add(look);
    return read(items, it)
      .filter(({ at }) => at < before)
      .toSorted(byTime)
      .slice(0, MOST);
  });
  return found.toSorted(byTime);
}

const byTime = (a: Inferred, b: Inferred): number => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0);
