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
  /** The arguments of its command, as the pod's spec has them. */
  readonly args: readonly string[];
  /** How it ended, where it is terminated now. */
  readonly termination?: { readonly reason?: string; readonly exitCode: number };
  /** How its run before this one ended; the message is what it wrote last, where the kubelet kept it. */
  readonly lastTermination?: {
    readonly reason?: string;
    readonly message?: string;
    readonly exitCode: number;
  };
}

/** An init container that ends before the others start, as the kubelet last reported it. */
export type Init = Pick<Container, 'name' | 'state' | 'reason'>;

/** A volume of a pod's own spec: what a FailedMount event may name it by (COMMANDS C.2). */
export interface PodVolume {
  readonly name: string;
  /** The PersistentVolumeClaim behind it, a generic ephemeral one included. */
  readonly claim?: string;
  /** On NFS without a claim: of type `nfs`, or of an NFS CSI driver. */
  readonly inlineNfs: boolean;
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
  /** Its init containers that are no sidecars; absent where it has none. The kubelet starts them once all volumes are mounted. */
  readonly inits?: readonly Init[];
  /** The volumes of its spec; absent where it has none. */
  readonly volumes?: readonly PodVolume[];
  /** The names of its PersistentVolumeClaims, generic ephemeral ones included. */
  readonly claims: readonly string[];
  /** Its controller, or its first owner. */
  readonly owner?: { readonly kind: string; readonly name: string };
  readonly fsGroup?: number;
  /** Absent means `Always`: the kubelet changes the owner of every file at every start (COMMANDS A.6). */
  readonly fsGroupChangePolicy?: string;
  /** Its processes use the node's own network, and so its ports. */
  readonly hostNetwork: boolean;
  /** It stands for a static pod, which the kubelet runs from a file whatever the API says. */
  readonly mirror: boolean;
  /** The hash of a static pod's file: its UID in the container runtime, where the API shows another (COMMANDS C.3). */
  readonly configHash?: string;
  /** ISO 8601; when its kubelet took it up. */
  readonly startedAt?: string;
  /** A volume on NFS stands in its own spec, without a claim: of type `nfs`, or of an NFS CSI driver. */
  readonly inlineNfs: boolean;
  /** Why the whole pod is in its phase: `Evicted`, `NodeLost`. */
  readonly statusReason?: string;
}

const terminatedSchema = z.object({
  reason: z.string().optional(),
  message: z.string().optional(),
  exitCode: z.number(),
});

const stateSchema = z.object({
  running: z.object({}).nullish(),
  waiting: z.object({ reason: z.string().optional() }).nullish(),
  terminated: terminatedSchema.nullish(),
});

const statusSchema = z.object({
  name: z.string(),
  ready: z.boolean(),
  restartCount: z.number(),
  state: stateSchema.nullish(),
  lastState: z.object({ terminated: terminatedSchema.nullish() }).nullish(),
});

const containerSchema = z.object({
  name: z.string(),
  args: z.array(z.string()).nullish(),
  restartPolicy: z.string().nullish(),
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
    annotations: z.record(z.string(), z.string()).nullish(),
    ownerReferences: z
      .array(z.object({ kind: z.string(), name: z.string(), controller: z.boolean().nullish() }))
      .nullish(),
  }),
  spec: z.object({
    nodeName: z.string().optional(),
    hostNetwork: z.boolean().nullish(),
    containers: z.array(containerSchema),
    initContainers: z.array(containerSchema).nullish(),
    volumes: z
      .array(
        z.object({
          name: z.string(),
          persistentVolumeClaim: z.object({ claimName: z.string() }).nullish(),
          ephemeral: z.object({}).nullish(),
          nfs: z.object({}).nullish(),
          csi: z.object({ driver: z.string() }).nullish(),
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
    reason: z.string().optional(),
    startTime: z.string().nullish(),
    conditions: z.array(z.object({ type: z.string(), status: z.string() })).nullish(),
    containerStatuses: z.array(statusSchema).nullish(),
    initContainerStatuses: z.array(statusSchema).nullish(),
  }),
});

type PodObject = z.output<typeof podSchema>;

function toState(
  state: z.output<typeof stateSchema> | null | undefined,
): Pick<Container, 'state' | 'reason' | 'termination'> {
  if (state?.running) return { state: 'running' };
  if (state?.waiting) return { state: 'waiting', ...reasonOf(state.waiting) };
  if (state?.terminated) {
    const reason = reasonOf(state.terminated);
    const { exitCode } = state.terminated;
    return { state: 'terminated', ...reason, termination: { ...reason, exitCode } };
  }
  return { state: 'unknown' };
}

const reasonOf = ({ reason }: { readonly reason?: string | undefined }): { reason?: string } =>
  reason === undefined ? {} : { reason };

function lastOf(
  terminated: z.output<typeof terminatedSchema> | null | undefined,
): Pick<Container, 'lastTermination'> {
  if (!terminated) return {};
  const { message, exitCode } = terminated;
  return {
    lastTermination: {
      ...reasonOf(terminated),
      ...(message === undefined ? {} : { message }),
      exitCode,
    },
  };
}

function containersOf({ spec, status }: PodObject): readonly Container[] {
  const sidecars = (spec.initContainers ?? []).filter((c) => c.restartPolicy === 'Always');
  const statuses = [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])];
  return [...spec.containers, ...sidecars].map(({ name, args }) => {
    const seen = statuses.find((s) => s.name === name);
    return {
      name,
      ...toState(seen?.state),
      ready: seen?.ready ?? false,
      restarts: seen?.restartCount ?? 0,
      args: args ?? [],
      ...lastOf(seen?.lastState?.terminated),
    };
  });
}

function initsOf({ spec, status }: PodObject): readonly Init[] {
  return (spec.initContainers ?? [])
    .filter((c) => c.restartPolicy !== 'Always')
    .map(({ name }) => {
      const seen = (status.initContainerStatuses ?? []).find((s) => s.name === name);
      const { state, reason } = toState(seen?.state);
      return { name, state, ...reasonOf({ reason }) };
    });
}

function volumesOf({ metadata, spec }: PodObject): readonly PodVolume[] {
  return (spec.volumes ?? []).map(({ name, persistentVolumeClaim, ephemeral, nfs, csi }) => {
    const generic = ephemeral ? `${metadata.name}-${name}` : undefined;
    const claim = persistentVolumeClaim?.claimName ?? generic;
    return {
      name,
      ...(claim === undefined ? {} : { claim }),
      inlineNfs: nfs ? true : /(?:^|[.-])nfs(?:[.-]|$)/i.test(csi?.driver ?? ''),
    };
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
  const [inits, volumes] = [initsOf(object), volumesOf(object)];
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    uid: metadata.uid,
    phase: status.phase ?? 'Unknown',
    ready: (status.conditions ?? []).some((c) => c.type === 'Ready' && c.status === 'True'),
    createdAt: metadata.creationTimestamp,
    labels: metadata.labels ?? {},
    containers: containersOf(object),
    claims: volumes.flatMap((it) => (it.claim === undefined ? [] : [it.claim])),
    hostNetwork: spec.hostNetwork ?? false,
    mirror: metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined,
    inlineNfs: volumes.some((it) => it.inlineNfs),
    ...(inits.length === 0 ? {} : { inits }),
    ...(volumes.length === 0 ? {} : { volumes }),
    ...ownerOf(object),
    ...present({
      node: spec.nodeName,
      ip: status.podIP,
      configHash: metadata.annotations?.['kubernetes.io/config.hash'],
      startedAt: status.startTime,
      statusReason: status.reason,
      deletionTimestamp: metadata.deletionTimestamp,
      graceSeconds: metadata.deletionGracePeriodSeconds,
      fsGroup: spec.securityContext?.fsGroup,
      fsGroupChangePolicy: spec.securityContext?.fsGroupChangePolicy,
    }),
  };
}
