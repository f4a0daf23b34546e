import type { Observation } from '../../../src/runbook/observation.ts';
import type { KubeEvent } from '../../../src/tools/kubectl/events.ts';
import type { Pod } from '../../../src/tools/kubectl/pods.ts';
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
