import type { Observation } from '../../../src/runbook/observation.ts';
import type { Site } from '../../../src/runbook/site.ts';
import type { Node } from '../../../src/tools/kubectl/nodes.ts';
import type { Pod } from '../../../src/tools/kubectl/pods.ts';
import type { NfsClients } from '../../../src/tools/nfs/clients.ts';
import type { Remains } from '../../../src/tools/node/remains.ts';
import type { Task, TaskScan } from '../../../src/tools/node/tasks.ts';
import type { PodRef } from '../../../src/runbook/references.ts';

/** What is looked at when a deleted pod does not go away (COMMANDS F, DOMAIN B4). */
export interface Wreck {
  readonly pod: Observation<Pod | undefined>;
  readonly node: Observation<Node | undefined>;
  readonly remains: Observation<Remains>;
  readonly scan: Observation<TaskScan>;
  readonly clients: Observation<NfsClients> | undefined;
}

/** What holds a pod in Terminating. */
export type Holding =
  | { readonly is: 'gone'; readonly because: string }
  | { readonly is: 'stuck-mount'; readonly task: Task; readonly because: string }
  | { readonly is: 'zombie'; readonly because: string }
  | { readonly is: 'dead'; readonly because: string }
  | { readonly is: 'alive'; readonly because: string }
  | { readonly is: 'not-deleted'; readonly because: string }
  | { readonly is: 'blind'; readonly because: string };

/** A mount is as old as its process; how long any other thread has been stuck is not known. */
const sayTask = (task: Task, node: string): string => {
  const since = task.comm === 'mount.nfs' ? ` for ${Math.round(task.ageSeconds)} s` : '';
  return `${task.comm} (pid ${task.pid}, thread ${task.tid}) on ${node} is in ${task.state} state in ${task.wchan}${since}`;
};

/** Kubelet still has its turn this long after the grace is over: twice the grace in all (COMMANDS F). */
const GRACE_MS = 30_000;

/**
 * Decides which rung comes next. A killable `mount.nfs` older than `patience` seconds is killed first; a zombie with a
 * thread in D state goes to the node reset; only a pod without any process and without any lock may be forced.
 */
export function whatHolds(
  site: Site,
  pod: PodRef,
  backend: 'nfs' | 'block',
  patience: number,
  seen: Wreck,
  now: number,
): Holding {
  if (seen.pod.ok && seen.pod.value?.uid !== pod.uid) {
    return { is: 'gone', because: `the pod with uid ${pod.uid} is gone` };
  }
  if (seen.pod.ok && seen.pod.value?.deletionTimestamp === undefined) {
    return {
      is: 'not-deleted',
      because: `${pod.name} (uid ${pod.uid}) exists and is not being deleted`,
    };
  }
  if (!seen.remains.ok)
    return { is: 'blind', because: `${pod.node} could not be looked at: ${seen.remains.says}` };
  if (!seen.scan.ok)
    return {
      is: 'blind',
      because: `the tasks of ${pod.node} could not be read: ${seen.scan.says}`,
    };
  if (!seen.remains.value.root || !seen.scan.value.root) {
    return {
      is: 'blind',
      because: `on ${pod.node} the scan did not run as root, so what it did not see proves nothing`,
    };
  }
  const elsewhere = otherMachine(pod.node, seen, seen.remains.value.bootId, seen.scan.value.bootId);
  if (elsewhere !== undefined) return { is: 'blind', because: elsewhere };
  const mounts = seen.scan.value.tasks.filter((t) => t.comm === 'mount.nfs' && t.state === 'D');
  const killable = mounts.find((t) => t.killable === 'yes' && t.ageSeconds >= patience);
  if (killable !== undefined) {
    return {
      is: 'stuck-mount',
      task: killable,
      because: `${sayTask(killable, pod.node)}, and can be killed there`,
    };
  }
  const undead = seen.scan.value.tasks.find((t) => t.state === 'D' && t.podUid === pod.uid);
  const zombie = seen.remains.value.processes.find((p) => p.state === 'Z' && p.threads > 1);
  if (zombie !== undefined || (undead !== undefined && undead.killable === 'no')) {
    const what =
      undead === undefined
        ? `${zombie?.comm ?? 'a process'} (pid ${zombie?.pid ?? 0}) is a zombie with ${zombie?.threads ?? 0} threads`
        : sayTask(undead, pod.node);
    return { is: 'zombie', because: `${what}: no signal ends it, only a reset of ${pod.node}` };
  }
  const [first] = seen.remains.value.processes;
  if (first !== undefined) {
    return {
      is: 'alive',
      because: `${first.comm} (pid ${first.pid}, ${first.state}) of the old pod still runs on ${pod.node}`,
    };
  }
  if (mounts[0] !== undefined)
    return { is: 'alive', because: `${sayTask(mounts[0], pod.node)}, not old enough to kill` };
  // The API server dates a deletion to the end of its grace.
  const due = seen.pod.ok ? seen.pod.value?.deletionTimestamp : undefined;
  if (due === undefined || now < Date.parse(due) + GRACE_MS) {
    return {
      is: 'alive',
      because: `no process of uid ${pod.uid} is left on ${pod.node}; kubelet has until ${due ?? 'an unknown time'} and ${GRACE_MS / 1000} s more to say so`,
    };
  }
  return backend === 'nfs'
    ? lockless(site, pod, seen.clients)
    : { is: 'dead', because: `no process of uid ${pod.uid} is left on ${pod.node}` };
}

/** What was looked at must be the machine that the API calls by this name: an address may be wrong or stale. */
function otherMachine(
  name: string,
  seen: Wreck,
  ...bootIds: readonly string[]
): string | undefined {
  if (!seen.node.ok)
    return `${name} could not be read, so nothing proves that it was looked at: ${seen.node.says}`;
  const known = seen.node.value?.bootID;
  return known !== undefined && bootIds.every((it) => it === known)
    ? undefined
    : `the machine that was looked at is not ${name} as the API knows it, or has restarted since: boot ID ${bootIds.join(' and ')}, there ${known ?? 'unknown'}`;
}

/** On NFS a lock may outlive its process: the server's own list has the last word (COMMANDS B.8). */
function lockless(site: Site, pod: PodRef, clients: Observation<NfsClients> | undefined): Holding {
  if (clients?.ok !== true) {
    return {
      is: 'blind',
      because: `no process of uid ${pod.uid} is left, but the NFS server's locks could not be read: ${clients?.says ?? 'the inventory names no NFS host'}`,
    };
  }
  const held = clients.value.clients.flatMap((client) =>
    client.locks
      .filter((lock) => /vault|raft/.test(lock.filename))
      .map((lock) => ({ lock, node: nodeOfClient(site, client) })),
  );
  const mine = held.find((it) => it.node === pod.node);
  if (mine !== undefined) {
    return {
      is: 'alive',
      because: `the NFS server still knows a lock of ${pod.node} on ${mine.lock.filename}`,
    };
  }
  const nobodys = held.find((it) => it.node === undefined);
  return nobodys === undefined
    ? {
        is: 'dead',
        because: `no process of uid ${pod.uid} is left on ${pod.node}, and the NFS server knows no lock of it`,
      }
    : {
        is: 'blind',
        because: `no process of uid ${pod.uid} is left, but the NFS server knows a lock on ${nobodys.lock.filename} of a client that is no node we know`,
      };
}

/** The node that an NFS client is, by its address or by the first label of its host name. */
const nodeOfClient = (site: Site, client: NfsClients['clients'][number]): string | undefined =>
  site.nodes.find((n) => n.address === client.address || n.name === client.hostname.split('.')[0])
    ?.name;
