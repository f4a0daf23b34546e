import type { Observation } from '../../../src/runbook/observation.ts';
import type { Node } from '../../../src/tools/kubectl/nodes.ts';
import type { ServerAnswer } from '../../../src/tools/nfs/answer.ts';
import type { Kubelet } from '../../../src/tools/node/kubelet.ts';
import type { Task, TaskScan } from '../../../src/tools/node/tasks.ts';

/** What is looked at before a node is worked on (COMMANDS C.4, step 0). */
export interface GateLook {
  readonly scan: Observation<TaskScan>;
  readonly answer: Observation<ServerAnswer> | undefined;
  readonly node: Observation<Node | undefined>;
  readonly kubelet: Observation<Kubelet>;
}

export type Gate =
  | { readonly is: 'clear'; readonly because: string }
  /** A mount hangs, or the kubelet is beyond help: the kernel's runbook comes first. */
  | { readonly is: 'stuck'; readonly tasks: readonly Task[]; readonly because: string }
  | { readonly is: 'kubelet'; readonly because: string }
  | { readonly is: 'unserved'; readonly because: string }
  | { readonly is: 'blind'; readonly because: string };

/** The stuck mounts of a scan. */
export const stuckMounts = ({ tasks }: TaskScan): readonly Task[] =>
  tasks.filter((t) => t.state === 'D' && /^mount\.nfs4?$/.test(t.comm));

const sayTask = (t: Task): string => `${t.comm} (pid ${t.pid}) in ${t.wchan}`;

/** The gate of a node: its own way to the server, no mount that hangs, a kubelet that can be worked with. */
export function readGate(node: string, seen: GateLook): Gate {
  if (!seen.scan.ok)
    return { is: 'blind', because: `${node} could not be looked at: ${seen.scan.says}` };
  if (!seen.scan.value.root)
    return {
      is: 'blind',
      because: `${node} was not looked at as root: what was not seen proves nothing`,
    };
  if (!seen.node.ok || seen.node.value === undefined) {
    const says = seen.node.ok ? 'there is no such node' : seen.node.says;
    return { is: 'blind', because: `node ${node} could not be read: ${says}` };
  }
  if (seen.node.value.bootID !== seen.scan.value.bootId) {
    return {
      is: 'blind',
      because: `the machine reached as ${node} has boot ID ${seen.scan.value.bootId}, the API knows ${seen.node.value.bootID}`,
    };
  }
  const tasks = stuckMounts(seen.scan.value);
  if (tasks.length > 0) {
    return {
      is: 'stuck',
      tasks,
      because: `on ${node} ${tasks.map(sayTask).join(', ')}: mounts hang there, and no driver can mend that`,
    };
  }
  const unit = seen.kubelet.ok ? seen.kubelet.value.unit : undefined;
  const dead = seen.kubelet.ok
    ? seen.kubelet.value.processes.find((p) => p.state === 'Z' && p.threads > 1)
    : undefined;
  if (unit?.sub === 'final-sigkill' || dead !== undefined) {
    return {
      is: 'kubelet',
      because: `the kubelet of ${node} cannot be killed${unit === undefined ? '' : ` (${unit.active}, ${unit.sub})`}: only a reset clears it`,
    };
  }
  if (seen.node.value.ready !== 'True')
    return { is: 'kubelet', because: `${node} is Ready=${seen.node.value.ready}` };
  if (seen.answer?.ok !== true) {
    return {
      is: 'blind',
      because: `from ${node} the NFS server could not be asked: ${seen.answer?.says ?? 'the inventory names none'}`,
    };
  }
  const { tcp, rpc } = seen.answer.value;
  if (rpc === 'unknown')
    return { is: 'blind', because: `${node} has nothing to ask the NFS server with` };
  return rpc === 'answers'
    ? { is: 'clear', because: `the NFS server answers ${node}, and no mount hangs there` }
    : {
        is: 'unserved',
        because: `the NFS server does not answer ${node}: TCP ${tcp}, RPC ${rpc}`,
      };
}

/** Whether the same mount was stuck in an earlier look: one that is under way for a moment is no fault. */
export const sameStuck = (a: readonly Task[], b: readonly Task[]): boolean =>
  a.some((t) => b.some((o) => o.pid === t.pid && o.startTicks === t.startTicks));
