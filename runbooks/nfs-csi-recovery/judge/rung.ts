import type { Observation } from '../../../src/runbook/observation.ts';
import type { Kubelet } from '../../../src/tools/node/kubelet.ts';
import type { Task, TaskScan } from '../../../src/tools/node/tasks.ts';
import type { Unit, UnitName } from '../../../src/tools/node/unit.ts';
import type { Service } from '../facts.ts';

/** What is looked at before a node's service is restarted. */
export interface RungLook {
  readonly scan: Observation<TaskScan>;
  readonly unit: Observation<Unit>;
  readonly kubelet: Observation<Kubelet>;
}

export type Rung =
  | { readonly is: 'clear'; readonly service: Service; readonly because: string }
  /** Beside these threads; none where it is the unit itself that cannot be killed. */
  | { readonly is: 'refused'; readonly tasks: readonly Task[]; readonly because: string }
  | { readonly is: 'blind'; readonly because: string };

/**
 * Whether a restart is offered at all: only where no thread is in D and nothing is a zombie. On 17 May a restarted kubelet
 * freed the port in a minute; on 22 April, beside blocked threads, it became a zombie itself (DOMAIN 2.0, conflicts).
 */
export function readRung(name: UnitName, node: string, seen: RungLook): Rung {
  if (!seen.scan.ok)
    return { is: 'blind', because: `${node} could not be looked at: ${seen.scan.says}` };
  if (!seen.scan.value.root)
    return {
      is: 'blind',
      because: `${node} was not looked at as root: what was not seen proves nothing`,
    };
  if (!seen.unit.ok)
    return { is: 'blind', because: `${name} on ${node} could not be looked at: ${seen.unit.says}` };
  const { tasks } = seen.scan.value;
  const [first] = tasks;
  if (first !== undefined) {
    const more = tasks.length > 1 ? ` and ${tasks.length - 1} more` : '';
    return {
      is: 'refused',
      tasks,
      because: `${first.comm} (pid ${first.pid}, ${first.state} in ${first.wchan})${more} on ${node}: beside blocked or dead threads a restarted ${name} becomes one of them`,
    };
  }
  const { bootId, active, sub, mainPid } = seen.unit.value;
  if (active === 'deactivating' || sub === 'final-sigkill')
    return {
      is: 'refused',
      tasks,
      because: `${name} on ${node} is ${active} (${sub}): it cannot be killed`,
    };
  return {
    is: 'clear',
    service: { node, bootId, mainPid: mainPid ?? 0 },
    because: `no thread on ${node} is in D state and none is a zombie; ${name} is ${active} with main pid ${mainPid ?? 'none'}`,
  };
}

/**
 * Whether two refusals are the same: a thread of the first is still there, or the unit itself still cannot be killed. The
 * process alone would not do: a busy database always has some thread in D, and each time another one.
 */
export function sameRefusal(now: Rung, before: Rung | undefined): boolean {
  if (now.is !== 'refused' || before?.is !== 'refused') return false;
  if (now.tasks.length === 0) return before.tasks.length === 0;
  return now.tasks.some((t) =>
    before.tasks.some((b) => b.pid === t.pid && b.tid === t.tid && b.startTicks === t.startTicks),
  );
}
