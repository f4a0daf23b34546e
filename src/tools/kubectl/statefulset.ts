import { z } from 'zod';
import type { Command, Reading } from '../../runbook/command.ts';
import { value } from '../../runbook/command.ts';
import type { Cluster } from '../../runbook/site.ts';
import { parseJson, readAs } from '../json.ts';
import { andThen } from '../reading.ts';
import { classify, getRaw, kubectl, segment } from './kubectl.ts';

/** A StatefulSet, as far as its pods' restarts go. */
export interface StatefulSet {
  readonly name: string;
  readonly replicas: number;
  /** `OnDelete` or `RollingUpdate`: under the second a patch of the template restarts every pod. */
  readonly updateStrategy: string;
  /** `Parallel` or `OrderedReady`. */
  readonly podManagement: string;
  readonly fsGroup?: number;
  /** Absent means `Always` (COMMANDS A.6). */
  readonly fsGroupChangePolicy?: string;
  /** Seconds. */
  readonly terminationGraceSeconds?: number;
}

const statefulSetSchema = z.object({
  metadata: z.object({ name: z.string().min(1) }),
  spec: z.object({
    replicas: z.number(),
    podManagementPolicy: z.string(),
    updateStrategy: z.object({ type: z.string() }),
    template: z.object({
      spec: z.object({
        terminationGracePeriodSeconds: z.number().nullish(),
        securityContext: z
          .object({ fsGroup: z.number().nullish(), fsGroupChangePolicy: z.string().nullish() })
          .nullish(),
      }),
    }),
  }),
});

function readStatefulSet(json: unknown, name: string): Reading<StatefulSet> {
  return andThen(readAs(json, `StatefulSet ${name}`, statefulSetSchema), ({ metadata, spec }) => {
    const pod = spec.template.spec;
    const fsGroup = pod.securityContext?.fsGroup;
    const policy = pod.securityContext?.fsGroupChangePolicy;
    const grace = pod.terminationGracePeriodSeconds;
    return value({
      name: metadata.name,
      replicas: spec.replicas,
      updateStrategy: spec.updateStrategy.type,
      podManagement: spec.podManagementPolicy,
      ...(typeof fsGroup === 'number' ? { fsGroup } : {}),
      ...(typeof policy === 'string' ? { fsGroupChangePolicy: policy } : {}),
      ...(typeof grace === 'number' ? { terminationGraceSeconds: grace } : {}),
    });
  });
}

/** One StatefulSet; `undefined` where none of that name exists. */
export function getStatefulSet(
  cluster: Cluster,
  namespace: string,
  name: string,
): Command<StatefulSet | undefined> {
  return getRaw<StatefulSet | undefined>({
    cluster,
    id: 'kubectl.statefulset',
    about: `read StatefulSet ${namespace}/${name}`,
    path: `/apis/apps/v1/namespaces/${segment(namespace)}/statefulsets/${segment(name)}`,
    read: (json) => readStatefulSet(json, name),
    notFound: { value: undefined },
  });
}

/**
 * Sets `fsGroupChangePolicy: OnRootMismatch` for pods created later. It is refused by the server unless the update
 * strategy is OnDelete (else it would restart pods) and the fsGroup still is the one seen (COMMANDS A.6). With
 * `dryRun` the server checks everything and keeps nothing.
 */
export function patchFsGroupChangePolicy(
  cluster: Cluster,
  namespace: string,
  name: string,
  { fsGroup, dryRun }: { readonly fsGroup: number; readonly dryRun: boolean },
): Command<StatefulSet> {
  const context = '/spec/template/spec/securityContext';
  const patch = [
    { op: 'test', path: '/spec/updateStrategy/type', value: 'OnDelete' },
    { op: 'test', path: `${context}/fsGroup`, value: fsGroup },
    { op: 'add', path: `${context}/fsGroupChangePolicy`, value: 'OnRootMismatch' },
  ];
  return kubectl<StatefulSet>({
    cluster,
    id: 'kubectl.patch-fsgroup-change-policy',
    about: `${dryRun ? 'try' : 'set'} fsGroupChangePolicy OnRootMismatch on StatefulSet ${namespace}/${name}`,
    args: [
      '-n',
      namespace,
      'patch',
      'statefulset',
      name,
      '--type=json',
      ...(dryRun ? ['--dry-run=server'] : []),
      '-o',
      'json',
      '-p',
      JSON.stringify(patch),
    ],
    ...(dryRun ? {} : { does: 'mutates', scope: `statefulset ${namespace}/${name}` }),
    read: (out) => {
      const refusal = classify(out);
      if (refusal !== undefined) return refusal.reading;
      return andThen(parseJson(out, `StatefulSet ${name}`), (json) => readStatefulSet(json, name));
    },
  });
}
