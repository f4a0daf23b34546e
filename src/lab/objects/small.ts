import { endedOf } from '../agent-processes.ts';
import { agentOf } from '../agents.ts';
import { hash, hex } from '../chance.ts';
import { memberOf } from '../raft.ts';
import type { KubeEvent, Pod, World } from '../world.ts';
import { agentLog } from './agent-log.ts';
import { nanoStamp, stamp } from './when.ts';

/** Small objects of the API server, and the text of container logs. */

/** An event (core/v1). */
export const eventObject = (event: KubeEvent): object => ({
  metadata: {
    name: `${event.pod}.${hex(16, event.podUid, event.reason, event.first)}`,
    namespace: event.namespace,
    creationTimestamp: stamp(event.first),
  },
  involvedObject: { kind: 'Pod', namespace: event.namespace, name: event.pod, uid: event.podUid },
  reason: event.reason,
  message: event.message,
  type: event.type,
  count: event.count,
  firstTimestamp: stamp(event.first),
  lastTimestamp: stamp(event.last),
  source: { component: 'kubelet', ...(event.host === undefined ? {} : { host: event.host }) },
});

/** kured's DaemonSet: nobody holds the reboot lock. */
export const daemonSetObject = (): object => ({
  kind: 'DaemonSet',
  apiVersion: 'apps/v1',
  metadata: {
    name: 'kured',
    namespace: 'kured',
    annotations: { 'deprecated.daemonset.template.generation': '7' },
  },
  status: { desiredNumberScheduled: 4, numberReady: 4 },
});

/** Whether a container has written a log that kubelet still has: it runs, or ended and waits to be started again. */
export const hasLog = (pod: Pod, container: string): boolean =>
  pod.stage === 'running' ||
  (pod.stage === 'crashing' &&
    (agentOf(pod) !== undefined || endedOf(pod, container) !== undefined));

/** The lines of a container's log: as kubelet sends them, or as they lie on the node (CRI). */
export function logText(
  world: World,
  pod: Pod,
  container: string,
  tail: number,
  form: 'kubectl' | 'cri',
): string {
  if (agentOf(pod) !== undefined) {
    const stream = form === 'cri' ? ' stderr F' : '';
    return agentLog(world, pod, container)
      .slice(-tail)
      .map(({ at, text }) => `${nanoStamp(at, hash(text))}${stream} ${text}\n`)
      .join('');
  }
  const member = memberOf(world, pod.name);
  const own = container === 'vault' && member?.podUid === pod.uid ? member.log : [];
  return own
    .slice(-tail)
    .map(({ at, level, text }) => {
      const line = `${new Date(at).toISOString()} [${level}]${level.length === 4 ? ' ' : ''} ${text}`;
      const stream = form === 'cri' ? ' stderr F' : '';
      return `${nanoStamp(at, hash(text))}${stream} ${line}\n`;
    })
    .join('');
}
