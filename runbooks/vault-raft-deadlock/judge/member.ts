import type { Observation } from '../../../src/runbook/observation.ts';
import type { KubeEvent } from '../../../src/tools/kubectl/events.ts';
import type { Pod } from '../../../src/tools/kubectl/pods.ts';
import { podRefOf } from '../../../src/deeds/references.ts';
import type { TaskScan } from '../../../src/tools/node/tasks.ts';
import type { PodRef } from '../../../src/runbook/references.ts';

/** What is looked at when one member does not answer and Vault works without it. */
export interface MemberLook {
  readonly pod: Observation<Pod | undefined>;
  readonly events: Observation<readonly KubeEvent[]>;
  readonly scan: Observation<TaskScan> | undefined;
}

/** Whether a stuck mount on its node keeps the member down; otherwise what is known of it. */
export function readMember(
  member: PodRef,
  seen: MemberLook,
): { readonly mountStuck: boolean; readonly because: string } {
  const mount =
    seen.scan?.ok === true
      ? seen.scan.value.tasks.find((t) => t.comm === 'mount.nfs' && t.state === 'D')
      : undefined;
  const pod = seen.pod.ok ? seen.pod.value : undefined;
  const starting = pod?.phase === 'Pending';
  if (mount !== undefined && starting) {
    return {
      mountStuck: true,
      because: `${member.name} waits for its volume: on ${member.node} mount.nfs (pid ${mount.pid}) is stuck in ${mount.wchan} for ${Math.round(mount.ageSeconds)} s`,
    };
  }
  const said = [
    pod === undefined ? `${member.name} could not be read` : `${member.name} is ${pod.phase}`,
    seen.scan?.ok === false ? `${member.node} could not be looked at: ${seen.scan.says}` : '',
    seen.events.ok ? (seen.events.value.at(-1)?.message ?? '') : '',
  ];
  return { mountStuck: false, because: said.filter((it) => it !== '').join('; ') };
}

/** The first voter that has not started and whose node holds a stuck mount; `undefined` where none is seen to. */
export function waitsForMount(
  known: readonly PodRef[],
  seen: {
    readonly pods: Observation<readonly Pod[]>;
    readonly tasks: Readonly<Record<string, Observation<TaskScan>>>;
  },
): { readonly pod: PodRef; readonly because: string } | undefined {
  if (!seen.pods.ok) return undefined;
  const names = new Set(known.map((it) => it.name));
  const found = seen.pods.value.flatMap((pod) => {
    const scan = pod.node === undefined ? undefined : seen.tasks[pod.node];
    const look = { pod: { ok: true, value: pod, at: 0 } as const, events: NO_EVENTS, scan };
    const word = readMember(podRefOf(pod), look);
    return names.has(pod.name) && word.mountStuck
      ? [{ pod: podRefOf(pod), because: word.because }]
      : [];
  });
  return found[0];
}

const NO_EVENTS: MemberLook['events'] = { ok: true, value: [], at: 0 };
