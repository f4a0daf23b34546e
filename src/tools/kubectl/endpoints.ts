import { z } from 'zod';
import type { Command } from '../../runbook/command.ts';
import { andThen } from '../reading.ts';
import { value } from '../../runbook/command.ts';
import type { Cluster } from '../../runbook/site.ts';
import { getRaw, segment } from './kubectl.ts';
import { listOf } from './list.ts';

/** One address behind a service. */
export interface Endpoint {
  readonly ip: string;
  readonly pod?: string;
  /** Without a word from the API it counts as ready (discovery/v1); with publishNotReadyAddresses it always is. */
  readonly ready: boolean;
}

const sliceSchema = z.object({
  endpoints: z
    .array(
      z.object({
        addresses: z.array(z.string()),
        conditions: z.object({ ready: z.boolean().nullish() }).nullish(),
        targetRef: z.object({ kind: z.string().optional(), name: z.string().optional() }).nullish(),
      }),
    )
    .nullish(),
});

function toEndpoints({ endpoints }: z.output<typeof sliceSchema>): readonly Endpoint[] {
  return (endpoints ?? []).flatMap(({ addresses, conditions, targetRef }) =>
    addresses.map((ip) => ({
      ip,
      ...(targetRef?.kind === 'Pod' && targetRef.name ? { pod: targetRef.name } : {}),
      ready: conditions?.ready ?? true,
    })),
  );
}

/**
 * The addresses behind a service, over all of its EndpointSlices. They follow labels: a hung pod that labelled itself
 * active stays listed, so an endpoint proves routing, never health (COMMANDS A.6).
 */
export function endpointsOf(
  cluster: Cluster,
  namespace: string,
  service: string,
): Command<readonly Endpoint[]> {
  const selector = encodeURIComponent(`kubernetes.io/service-name=${service}`);
  return getRaw({
    cluster,
    id: 'kubectl.endpoints',
    about: `read the endpoints of service ${namespace}/${service}`,
    path: `/apis/discovery.k8s.io/v1/namespaces/${segment(namespace)}/endpointslices?labelSelector=${selector}`,
    read: (json) =>
      andThen(listOf(json, 'a list of EndpointSlices', sliceSchema, toEndpoints), (slices) =>
        value(slices.flat()),
      ),
  });
}
