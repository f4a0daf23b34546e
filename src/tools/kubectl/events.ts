import { z } from 'zod';
import type { Command } from '../../runbook/command.ts';
import type { Cluster } from '../../runbook/site.ts';
import { getRaw, segment } from './kubectl.ts';
import { listOf } from './list.ts';

/** An event about an object. Events expire after an hour: absence is not health (COMMANDS C.2). */
export interface KubeEvent {
  readonly reason: string;
  readonly message: string;
  /** ISO 8601: when it was last seen. */
  readonly last: string;
  readonly count: number;
  /** The UID of the pod it is about: a StatefulSet reuses names. */
  readonly podUid?: string;
}

const eventSchema = z.object({
  metadata: z.object({ creationTimestamp: z.string().nullish() }),
  reason: z.string().optional(),
  message: z.string().optional(),
  count: z.number().nullish(),
  lastTimestamp: z.string().nullish(),
  eventTime: z.string().nullish(),
  series: z
    .object({ lastObservedTime: z.string().nullish(), count: z.number().nullish() })
    .nullish(),
  involvedObject: z.object({ uid: z.string().nullish() }),
});

function toEvent(event: z.output<typeof eventSchema>): KubeEvent {
  const { series, involvedObject, metadata } = event;
  return {
    reason: event.reason ?? '',
    message: event.message ?? '',
    last:
      series?.lastObservedTime ??
      event.lastTimestamp ??
      event.eventTime ??
      metadata.creationTimestamp ??
      '',
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
