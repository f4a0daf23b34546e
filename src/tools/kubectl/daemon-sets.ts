import { z } from 'zod';
import type { Command } from '../../runbook/command.ts';
import { value } from '../../runbook/command.ts';
import type { Cluster } from '../../runbook/site.ts';
import { readAs } from '../json.ts';
import { andThen } from '../reading.ts';
import { getRaw, segment } from './kubectl.ts';

/** A DaemonSet as its controller last counted it. */
export interface DaemonSet {
  readonly namespace: string;
  readonly name: string;
  /** On how many nodes a pod of it should run. */
  readonly desired: number;
  readonly ready: number;
  /** On how many nodes the pod is of the newest template. */
  readonly updated: number;
}

const daemonSetSchema = z.object({
  metadata: z.object({ namespace: z.string().min(1), name: z.string().min(1) }),
  status: z.object({
    desiredNumberScheduled: z.number(),
    numberReady: z.number(),
    updatedNumberScheduled: z.number().nullish(),
  }),
});

/** One DaemonSet; `undefined` where none of that name exists. */
export function getDaemonSet(
  cluster: Cluster,
  namespace: string,
  name: string,
): Command<DaemonSet | undefined> {
  return getRaw<DaemonSet | undefined>({
    cluster,
    id: 'kubectl.daemonset',
    about: `read DaemonSet ${namespace}/${name}`,
    path: `/apis/apps/v1/namespaces/${segment(namespace)}/daemonsets/${segment(name)}`,
    read: (json) =>
      andThen(readAs(json, `DaemonSet ${name}`, daemonSetSchema), ({ metadata, status }) =>
        value({
          namespace: metadata.namespace,
          name: metadata.name,
          desired: status.desiredNumberScheduled,
          ready: status.numberReady,
          updated: status.updatedNumberScheduled ?? 0,
        }),
      ),
    notFound: { value: undefined },
  });
}
