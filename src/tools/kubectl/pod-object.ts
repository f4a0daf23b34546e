import { z } from 'zod';

/** A container of a pod; sidecars that run as restartable init containers count as containers. */
export interface Container {
  readonly name: string;
  /** `unknown` where the kubelet has not reported it. */
  readonly state: 'running' | 'waiting' | 'terminated' | 'unknown';
  /** The state's reason: `CrashLoopBackOff`, `ContainerCreating`, `ContainerStatusUnknown`. */
  readonly reason?: string;
  readonly ready: boolean;
  readonly restarts: number;
}

/** A pod as the API server knows it: on a node whose kubelet is sick this is what was last reported. */
export interface Pod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly node?: string;
  readonly ip?: string;
  readonly phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
  readonly ready: boolean;
  /** ISO 8601; when the grace of an accepted delete ends. Present: the pod is Terminating. */
  readonly deletionTimestamp?: string;
  /** Seconds of grace of that delete. */
  readonly graceSeconds?: number;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly containers: readonly Container[];
  /** The names of its PersistentVolumeClaims, generic ephemeral ones included. */
  readonly claims: readonly string[];
  /** Its controller, or its first owner. */
  readonly owner?: { readonly kind: string; readonly name: string };
  readonly fsGroup?: number;
  /** Absent means `Always`: the kubelet changes the owner of every file at every start (COMMANDS A.6). */
  readonly fsGroupChangePolicy?: string;
}

const stateSchema = z.object({
  running: z.object({}).nullish(),
  waiting: z.object({ reason: z.string().optional() }).nullish(),
  terminated: z.object({ reason: z.string().optional() }).nullish(),
});

const statusSchema = z.object({
  name: z.string(),
  ready: z.boolean(),
  restartCount: z.number(),
  state: stateSchema.nullish(),
});

/** What is needed of a Pod object (core/v1). */
export const podSchema = z.object({
  metadata: z.object({
    namespace: z.string().min(1),
    name: z.string().min(1),
    uid: z.string().min(1),
    creationTimestamp: z.string(),
    deletionTimestamp: z.string().nullish(),
    deletionGracePeriodSeconds: z.number().nullish(),
    labels: z.record(z.string(), z.string()).nullish(),
    ownerReferences: z
      .array(z.object({ kind: z.string(), name: z.string(), controller: z.boolean().nullish() }))
      .nullish(),
  }),
  spec: z.object({
    nodeName: z.string().optional(),
    containers: z.array(z.object({ name: z.string() })),
    initContainers: z
      .array(z.object({ name: z.string(), restartPolicy: z.string().nullish() }))
      .nullish(),
    volumes: z
      .array(
        z.object({
          name: z.string(),
          persistentVolumeClaim: z.object({ claimName: z.string() }).nullish(),
          ephemeral: z.object({}).nullish(),
        }),
      )
      .nullish(),
    securityContext: z
      .object({ fsGroup: z.number().nullish(), fsGroupChangePolicy: z.string().nullish() })
      .nullish(),
  }),
  status: z.object({
    phase: z.enum(['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown']).optional(),
    podIP: z.string().optional(),
    conditions: z.array(z.object({ type: z.string(), status: z.string() })).nullish(),
    containerStatuses: z.array(statusSchema).nullish(),
    initContainerStatuses: z.array(statusSchema).nullish(),
  }),
});

type PodObject = z.output<typeof podSchema>;

function toState(
  state: z.output<typeof stateSchema> | null | undefined,
): Pick<Container, 'state' | 'reason'> {
  if (state?.running) return { state: 'running' };
  if (state?.waiting) return { state: 'waiting', ...reasonOf(state.waiting) };
  if (state?.terminated) return { state: 'terminated', ...reasonOf(state.terminated) };
  return { state: 'unknown' };
}

const reasonOf = ({ reason }: { readonly reason?: string | undefined }): { reason?: string } =>
  reason === undefined ? {} : { reason };

function containersOf({ spec, status }: PodObject): readonly Container[] {
  const sidecars = (spec.initContainers ?? []).filter((c) => c.restartPolicy === 'Always');
  const statuses = [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])];
  return [...spec.containers, ...sidecars].map(({ name }) => {
    const seen = statuses.find((s) => s.name === name);
    return {
      name,
      ...toState(seen?.state),
      ready: seen?.ready ?? false,
      restarts: seen?.restartCount ?? 0,
    };
  });
}

function claimsOf({ metadata, spec }: PodObject): readonly string[] {
  return (spec.volumes ?? []).flatMap((volume) => {
    if (volume.persistentVolumeClaim) return [volume.persistentVolumeClaim.claimName];
    return volume.ephemeral ? [`${metadata.name}-${volume.name}`] : [];
  });
}

function ownerOf({ metadata }: PodObject): Pick<Pod, 'owner'> {
  const owners = metadata.ownerReferences ?? [];
  const owner = owners.find((o) => o.controller === true) ?? owners[0];
  return owner === undefined ? {} : { owner: { kind: owner.kind, name: owner.name } };
}

/** The parts of `object` that are neither null, undefined nor empty text, for optional fields. */
const present = <T extends object>(object: T): { [K in keyof T]?: NonNullable<T[K]> } =>
  Object.fromEntries(
    Object.entries(object).filter(([, v]) => v !== undefined && v !== null && v !== ''),
  ) as { [K in keyof T]?: NonNullable<T[K]> };

/** A Pod object as the tools promise it. */
export function toPod(object: PodObject): Pod {
  const { metadata, spec, status } = object;
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    uid: metadata.uid,
    phase: status.phase ?? 'Unknown',
    ready: (status.conditions ?? []).some((c) => c.type === 'Ready' && c.status === 'True'),
    createdAt: metadata.creationTimestamp,
    labels: metadata.labels ?? {},
    containers: containersOf(object),
    claims: claimsOf(object),
    ...ownerOf(object),
    ...present({
      node: spec.nodeName,
      ip: status.podIP,
      deletionTimestamp: metadata.deletionTimestamp,
      graceSeconds: metadata.deletionGracePeriodSeconds,
      fsGroup: spec.securityContext?.fsGroup,
      fsGroupChangePolicy: spec.securityContext?.fsGroupChangePolicy,
    }),
  };
}
