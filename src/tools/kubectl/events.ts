import { z } from 'zod';
import type { Command } from '../../runbook/command.ts';
import { value } from '../../runbook/command.ts';
import type { Cluster } from '../../runbook/site.ts';
import { andThen } from '../reading.ts';
import { getRaw, segment } from './kubectl.ts';
import { listOf } from './list.ts';
import { managedFields, setAt } from './managed-fields.ts';

/** An event about an object. Events expire after an hour: absence is not health (COMMANDS C.2). */
export interface KubeEvent {
  readonly reason: string;
  readonly message: string;
  /** ISO 8601: when it was last seen, by a clock that agrees with the API server's. */
  readonly last: string;
  readonly count: number;
  /** The UID of the pod it is about: a StatefulSet reuses names. */
  readonly podUid?: string;
}

const eventSchema = z.object({
  metadata: z.object({ creationTimestamp: z.string().nullish(), managedFields }),
  reason: z.string().optional(),
  message: z.string().optional(),
  count: z.number().nullish(),
  lastTimestamp: z.string().nullish(),
  eventTime: z.string().nullish(),
  series: z
    .object({ lastObservedTime: z.string().nullish(), count: z.number().nullish() })
    .nullish(),
  involvedObject: z.object({
    kind: z.string().nullish(),
    namespace: z.string().nullish(),
    name: z.string().nullish(),
    uid: z.string().nullish(),
  }),
  source: z.object({ host: z.string().nullish() }).nullish(),
  reportingInstance: z.string().nullish(),
});

/** How late an event may come: a reporter tries twelve times, 10 s apart (client-go, tools/record/event.go). In milliseconds. */
const LATE_MS = 5 * 60_000;

/**
 * When an event was last seen. The reporter's own time is exact, and by its node's clock: where that is further from the
 * API server's than an event can be late, the API server's is taken.
 */
function lastSeen({ series, metadata, ...event }: z.output<typeof eventSchema>): string {
  const own = series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime;
  const fields = ['series', 'lastTimestamp', 'eventTime'];
  const noted = fields.flatMap((it) => setAt(metadata.managedFields, it) ?? []).toSorted();
  const written = noted.at(-1) ?? metadata.creationTimestamp;
  if (!own || noted.length === 0) return own ?? written ?? '';
  return Math.abs(Date.parse(own) - Date.parse(written ?? own)) > LATE_MS ? (written ?? own) : own;
}

function toEvent(event: z.output<typeof eventSchema>): KubeEvent {
  const { series, involvedObject } = event;
  return {
    reason: event.reason ?? '',
    message: event.message ?? '',
    last: lastSeen(event),
    count: series?.count ?? event.count ?? 1,
    ...(involvedObject.uid ? { podUid: involvedObject.uid } : {}),
  };
}

/** The events about a pod of that name, of whichever UID. */
export function podEvents(
  cluster: Cluster,
  namespace: string,
  pod: string,
): Command<readonly KubeEvent[]> {
  const selector = encodeURIComponent(`involvedObject.name=${pod}`);
  return getRaw({
    cluster,
    id: 'kubectl.pod-events',
    about: `read the events of pod ${namespace}/${pod}`,
    path: `/api/v1/namespaces/${segment(namespace)}/events?fieldSelector=${selector}`,
    read: (json) => listOf(json, 'a list of events', eventSchema, toEvent),
  });
}

/** A volume that a node's kubelet could not mount for a pod. It tries again, so the newest is what holds. */
export interface FailedMount {
  readonly namespace: string;
  readonly pod: string;
  readonly podUid?: string;
  readonly message: string;
  /** ISO 8601: when it was last seen. */
  readonly last: string;
  readonly count: number;
  /** The node whose kubelet reported it. */
  readonly host?: string;
  /**
   * `not-registered`: the node has no such driver. `deadline`: the mount or the wait for it ran out of time. `no-entry`:
   * the server has no such directory (DOMAIN 2.1, decision points).
   */
  readonly kind: 'not-registered' | 'deadline' | 'no-entry' | 'other';
  /** The CSI driver that is not registered. */
  readonly driver?: string;
}

/** csi_mounter.go, SetUpAt, and csi_attacher.go, MountDevice, of the kubelet (COMMANDS C.2). */
const NOT_REGISTERED = /driver name (\S+) not found in the list of registered CSI drivers/;
const NO_ENTRY = /No such file or directory/;
const DEADLINE =
  /DeadlineExceeded|deadline exceeded|timed out waiting for the condition|timeout expired waiting/i;

function kindOf(message: string): Pick<FailedMount, 'kind' | 'driver'> {
  const driver = NOT_REGISTERED.exec(message)?.[1];
  if (driver !== undefined) return { kind: 'not-registered', driver };
  if (NO_ENTRY.test(message)) return { kind: 'no-entry' };
  return { kind: DEADLINE.test(message) ? 'deadline' : 'other' };
}

/**
 * The volumes that a FailedMount message is about. `for volume "…"` gives the PersistentVolume, or a volume of the pod's
 * own spec; `unmounted volumes=[…]` gives names of the spec (the kubelet's operation_generator.go and volume_manager.go).
 */
export const volumesNamed = (message: string): readonly string[] => [
  ...[...message.matchAll(/for volume "([^"]+)"/g)].map((it) => it[1] ?? ''),
  ...(/unmounted volumes=\[([^\]]*)\]/.exec(message)?.[1] ?? '')
    .split(/[\s,]+/)
    .filter((name) => name !== ''),
];

function toFailedMount(event: z.output<typeof eventSchema>): readonly FailedMount[] {
  const { kind, namespace, name } = event.involvedObject;
  if (!namespace || !name || (kind && kind !== 'Pod')) return [];
  const host = event.source?.host || event.reportingInstance;
  const { reason: _, ...seen } = toEvent(event);
  return [{ namespace, pod: name, ...seen, ...(host ? { host } : {}), ...kindOf(seen.message) }];
}

/** The mounts that failed, in every namespace, as far as events remember: an hour (COMMANDS C.2). */
export function failedMounts(cluster: Cluster): Command<readonly FailedMount[]> {
  return getRaw({
    cluster,
    id: 'kubectl.failed-mounts',
    about: 'list the mounts that failed, of all namespaces',
    path: '/api/v1/events?fieldSelector=reason%3DFailedMount',
    read: (json) =>
      andThen(listOf(json, 'a list of events', eventSchema, toFailedMount), (it) =>
        value(it.flat()),
      ),
  });
}
