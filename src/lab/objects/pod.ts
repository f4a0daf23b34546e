import { endedOf } from '../agent-processes.ts';
import { hex } from '../chance.ts';
import { memberOf } from '../raft.ts';
import { containerId, runtimeUid } from '../sandboxes.ts';
import type { Member, Pod, World } from '../world.ts';
import { nodeReady } from './node.ts';
import { argsOf, lastState, upOf, waits } from './agents.ts';
import { stamp } from './when.ts';

/** Pods as the API server shows them (core/v1), and what kubelet reports of their containers. */

/** The raft server whose process this very pod is. */
export function serverIn(world: World, pod: Pod): Member | undefined {
  const member = pod.owner?.name === 'vault' ? memberOf(world, pod.name) : undefined;
  return member?.podUid === pod.uid ? member : undefined;
}

/** `vault status` comes back within the probe's three seconds, and with exit code 0 (COMMANDS A.6): not from a slow one. */
function statusSucceeds(world: World, pod: Pod): boolean {
  if (pod.owner?.name !== 'vault') return true;
  const member = serverIn(world, pod);
  if (member === undefined || member.sealed) return false;
  return member.health === 'working' || member.health === 'blocked';
}

/** Ready as the probe last reported it: of the others' containers the Vault container alone has one. */
export const containerReady = (world: World, pod: Pod, container: string): boolean =>
  pod.lost === undefined &&
  (upOf(pod, container) ??
    (pod.stage === 'running' && (container !== 'vault' || statusSucceeds(world, pod))));

/** The pod's Ready condition: the node controller takes it away with the node's (COMMANDS D.3). */
export const podReady = (world: World, pod: Pod): boolean =>
  world.nodes.some((node) => node.name === pod.node && nodeReady(world, node) === 'True') &&
  pod.containers.every((container) => containerReady(world, pod, container));

/** What kubelet writes where it no longer finds a container (COMMANDS C.4). */
const LOST = {
  exitCode: 137,
  reason: 'ContainerStatusUnknown',
  message: 'The container could not be located when the pod was terminated',
  startedAt: null,
  finishedAt: null,
};

function state(pod: Pod, container: string): object {
  if (pod.lost === true) return { terminated: LOST };
  if (waits(pod, container)) {
    const message = `back-off 5m0s restarting failed container=${container} pod=${pod.name}_${pod.namespace}(${pod.uid})`;
    return { waiting: { reason: 'CrashLoopBackOff', message } };
  }
  if (pod.stage === 'crashing' && container === 'vault') {
    const message = `back-off 5m0s restarting failed container=vault pod=${pod.name}_${pod.namespace}(${pod.uid})`;
    return { waiting: { reason: 'CrashLoopBackOff', message } };
  }
  return started(pod)
    ? { running: { startedAt: stamp(pod.since) } }
    : { waiting: { reason: 'ContainerCreating' } };
}

const containerStatus = (world: World, pod: Pod, name: string): object => ({
  name,
  image: imageOf(world, name),
  imageID: '',
  ...(pod.stage === 'running' || endedOf(pod, name) !== undefined
    ? { containerID: `containerd://${containerId(runtimeUid(pod), name)}` }
    : {}),
  ready: containerReady(world, pod, name),
  started: upOf(pod, name) ?? pod.stage === 'running',
  restartCount: endedOf(pod, name)?.restarts ?? (name === pod.containers[0] ? pod.restarts : 0),
  state: state(pod, name),
  lastState: lastState(pod, name),
});

const imageOf = (world: World, container: string): string =>
  container === 'vault' || container === 'auto-unseal'
    ? `docker.io/hashicorp/vault:${world.vaultVersion}`
    : `docker.io/library/${container}:latest`;

const owner = (pod: Pod): object =>
  pod.owner === undefined
    ? {}
    : {
        ownerReferences: [
          {
            apiVersion: pod.owner.kind === 'Job' ? 'batch/v1' : 'apps/v1',
            kind: pod.owner.kind,
            name: pod.owner.name,
            uid: `${hex(8, 'owner', pod.owner.name)}-0000-4000-8000-${hex(12, pod.owner.name)}`,
            controller: true,
            blockOwnerDeletion: true,
          },
        ],
      };

const started = (pod: Pod): boolean => pod.stage === 'running' || pod.stage === 'crashing';

function phaseOf(pod: Pod): 'Failed' | 'Running' | 'Pending' {
  if (pod.lost === true) return 'Failed';
  return started(pod) ? 'Running' : 'Pending';
}

/** The mirror of a static pod: its own UID, and the hash by which containerd knows it (COMMANDS C.3). */
const mirror = ({ configHash }: Pod): object =>
  configHash === undefined
    ? {}
    : {
        annotations: {
          'kubernetes.io/config.hash': configHash,
          'kubernetes.io/config.mirror': configHash,
          'kubernetes.io/config.source': 'file',
        },
      };

const conditions = (world: World, pod: Pod): readonly object[] =>
  [
    ['PodReadyToStartContainers', started(pod)],
    ['Initialized', true],
    ['Ready', podReady(world, pod)],
    ['ContainersReady', podReady(world, pod)],
    ['PodScheduled', pod.node !== ''],
  ].map(([type, holds]) => ({
    type,
    status: holds === true ? 'True' : 'False',
    lastProbeTime: null,
    lastTransitionTime: stamp(pod.since),
  }));

/** A pod as `GET /api/v1/namespaces/NS/pods/NAME` shows it. */
export function podObject(world: World, pod: Pod): object {
  const deletion =
    pod.deletion === undefined
      ? {}
      : {
          deletionTimestamp: stamp(pod.deletion.askedAt + pod.deletion.graceMs),
          deletionGracePeriodSeconds: pod.deletion.graceMs / 1000,
        };
  const { fsGroup, fsGroupChangePolicy } = pod;
  return {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: {
      name: pod.name,
      namespace: pod.namespace,
      uid: pod.uid,
      resourceVersion: String(80_000_000 + Math.floor((world.at - pod.createdAt) / 1000)),
      creationTimestamp: stamp(pod.createdAt),
      ...deletion,
      labels: pod.labels,
      ...mirror(pod),
      ...owner(pod),
    },
    spec: {
      ...(pod.node === '' ? {} : { nodeName: pod.node }),
      ...(pod.hostNetwork === true ? { hostNetwork: true } : {}),
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: pod.owner?.name === 'vault' ? 10 : 30,
      containers: pod.containers.map((name) => ({
        name,
        image: imageOf(world, name),
        ...argsOf(pod, name),
      })),
      volumes: pod.claims.map((claimName) => ({
        name: claimName.replace(/-vault-\d$/, ''),
        persistentVolumeClaim: { claimName },
      })),
      securityContext:
        fsGroup === undefined
          ? {}
          : {
              runAsUser: 100,
              runAsGroup: 1000,
              runAsNonRoot: true,
              fsGroup,
              ...(fsGroupChangePolicy === undefined ? {} : { fsGroupChangePolicy }),
            },
    },
    status: {
      phase: phaseOf(pod),
      conditions: conditions(world, pod),
      ...(pod.ip === undefined ? {} : { podIP: pod.ip, podIPs: [{ ip: pod.ip }] }),
      startTime: stamp(pod.createdAt),
      containerStatuses: pod.containers.map((name) => containerStatus(world, pod, name)),
      qosClass: 'Burstable',
    },
  };
}
