import type { Observation } from '../../../src/runbook/observation.ts';
import { isStatic, orphanOf } from '../../../src/tools/csi/orphans.ts';
import type { Pod } from '../../../src/tools/kubectl/pods.ts';
import type { PortHolder, PortOwner } from '../../../src/tools/node/port-owner.ts';
import type { Sandbox, Sandboxes } from '../../../src/tools/node/sandboxes.ts';
import type { Contest, Holder, Patient } from '../facts.ts';
import { path } from './pods.ts';

/** What is looked at to know who holds a port (COMMANDS C.3). */
export interface PortLook {
  /** By port number. */
  readonly owners: Readonly<Record<string, Observation<PortOwner>>>;
  readonly sandboxes: Observation<Sandboxes>;
  readonly pods: Observation<readonly Pod[]>;
  readonly ready: Observation<'ready'>;
}

/** A look, and when it was taken: milliseconds since 1970, UTC. */
export interface Taken {
  readonly at: number;
  readonly seen: PortLook;
}

/** Who holds the port that the pod needs. */
export type Held =
  | { readonly is: 'free'; readonly because: string }
  /** A pod that the API does not know, with a sandbox that crictl lists. */
  | { readonly is: 'orphan'; readonly holder: Holder; readonly because: string }
  /** A pod that the API does not know, and crictl lists nothing that could be stopped. */
  | { readonly is: 'stray'; readonly because: string }
  /** A pod that the API knows and that is on its way out. */
  | { readonly is: 'leaving'; readonly because: string }
  | { readonly is: 'live'; readonly because: string }
  /** Z with a thread in D: it holds its sockets, `ss` names nobody, and only a reset clears it. */
  | { readonly is: 'dead-holder'; readonly because: string }
  | { readonly is: 'host-service'; readonly because: string }
  | { readonly is: 'unknown'; readonly because: string };

/** The two lists of pods that prove an orphan are read this far apart, in milliseconds (COMMANDS C.3: twice, 10 s). */
export const APART_MS = 10_000;

const sayHolder = (it: PortHolder): string =>
  `${it.comm} (pid ${it.pid}${it.tid === it.pid ? '' : `, thread ${it.tid}`}, state ${it.state})`;

/**
 * Who holds the port now, from one look. That a pod is unknown to the API is taken as said by this look alone: it is an
 * orphan only after {@link settled} has heard it twice.
 */
export function readPort(patient: Patient, contest: Contest, seen: PortLook): Held {
  if (contest.ports.length === 0) {
    return {
      is: 'unknown',
      because: `no port of ${patient.pod.name} is known (${contest.from}): whether it is free cannot be looked at`,
    };
  }
  const owners: { readonly port: number; readonly owner: PortOwner }[] = [];
  for (const port of contest.ports) {
    const it = seen.owners[String(port)];
    const where = `port ${port} of ${patient.node}`;
    if (it?.ok !== true) {
      const says = it?.says ?? 'not asked';
      return { is: 'unknown', because: `${where} could not be looked at: ${says}` };
    }
    if (!it.value.root) return { is: 'unknown', because: `${where} was not looked at as root` };
    if (it.value.listeners.length > 0 || it.value.holders.length > 0)
      owners.push({ port, owner: it.value });
  }
  const foreign = owners.find(({ owner }) => !isOwn(patient, owner));
  return foreign === undefined
    ? { is: 'free', because: sayFree(patient, contest, owners.length > 0) }
    : judgeHolder(patient, foreign.port, foreign.owner, seen);
}

/** A protocol of the port that is listened on, and none of whose listeners has a holder that was seen (COMMANDS C.3). */
const ownerless = ({ listeners, holders }: PortOwner): 'tcp' | 'udp' | undefined =>
  listeners.find((it) => !holders.some((h) => h.protocol === it.protocol))?.protocol;

/** The pod's own processes are no obstacle: they end with it. A listener that nobody was seen to hold is not its own. */
const isOwn = (patient: Patient, owner: PortOwner): boolean =>
  owner.holders.length > 0 &&
  ownerless(owner) === undefined &&
  owner.holders.every((h) => h.podUid === patient.pod.uid && h.shown && h.state !== 'Z');

function sayFree(patient: Patient, { ports, from }: Contest, own: boolean): string {
  const which = `${ports.length === 1 ? 'port' : 'ports'} ${ports.join(', ')} on ${patient.node} (${from})`;
  return own ? `nobody but ${patient.pod.name} itself holds ${which}` : `nobody holds ${which}`;
}

function judgeHolder(patient: Patient, port: number, owner: PortOwner, seen: PortLook): Held {
  const where = `port ${port} on ${patient.node}`;
  const dead = owner.holders.find((h) => !h.shown || (h.state === 'Z' && h.threads > 1));
  if (dead !== undefined) {
    return {
      is: 'dead-holder',
      because: `${where} is held by a thread of ${sayHolder(dead)}: no signal ends it, only a reset of the node`,
    };
  }
  const other = owner.holders.find((h) => h.podUid !== patient.pod.uid);
  const nobodys = ownerless(owner);
  const holder = other ?? (nobodys === undefined ? owner.holders[0] : undefined);
  if (holder === undefined) {
    return {
      is: 'unknown',
      because: `${where} has a listener${nobodys === undefined ? '' : ` (${nobodys})`} and no owner that root can see: a kernel socket, or a thread that was not found`,
    };
  }
  const who = `${where} is held by ${sayHolder(holder)}`;
  const uid = holder.podUid;
  if (uid === undefined) {
    return { is: 'host-service', because: `${who}, which is in no pod: a service of the host` };
  }
  if (!seen.ready.ok) {
    return {
      is: 'unknown',
      because: `${who} of pod ${uid}; whether that pod exists is not asked of an API server that is not ready: ${seen.ready.says}`,
    };
  }
  if (!seen.pods.ok || seen.pods.value.length === 0) {
    return {
      is: 'unknown',
      because: `${who} of pod ${uid}; the pods could not be listed: ${seen.pods.ok ? 'the list is empty' : seen.pods.says}`,
    };
  }
  if (orphanOf(uid, seen.pods.value) === 'known') {
    const pod = seen.pods.value.find((p) => p.uid === uid || p.configHash === uid);
    if (pod === undefined && isStatic(uid)) {
      return {
        is: 'live',
        because: `${who} of a static pod (its file has the hash ${uid}), which is never an orphan; the API shows no mirror pod of it now`,
      };
    }
    const name = pod === undefined ? `pod ${uid}` : path(pod);
    return pod?.deletionTimestamp === undefined
      ? { is: 'live', because: `${who} of ${name}, which the API knows` }
      : { is: 'leaving', because: `${who} of ${name}, which is being deleted` };
  }
  const because = `${who} of pod ${uid}, which the API does not know`;
  const sandbox = sandboxOf(seen.sandboxes, uid);
  return sandbox === undefined
    ? { is: 'stray', because: `${because}; ${sayNoSandbox(seen.sandboxes)}` }
    : {
        is: 'orphan',
        because: `${because}: an orphan of ${path(sandbox)} (sandbox ${sandbox.id.slice(0, 12)})`,
        holder: {
          node: patient.node,
          sandbox,
          containers: containersOf(seen.sandboxes, sandbox.id),
          process: `${holder.comm} (pid ${holder.pid})`,
          because,
        },
      };
}

/** The sandbox of a pod: of several the one that is ready, then the newest. */
function sandboxOf(seen: Observation<Sandboxes>, uid: string): Sandbox | undefined {
  if (!seen.ok) return undefined;
  return seen.value.sandboxes
    .filter((s) => s.podUid === uid)
    .toSorted((a, b) => Number(b.ready) - Number(a.ready) || b.createdAt - a.createdAt)[0];
}

/** The names of a sandbox's containers, each once. */
export const containersOf = (seen: Observation<Sandboxes>, id: string): readonly string[] =>
  seen.ok
    ? [...new Set(seen.value.containers.filter((c) => c.sandbox === id).map((c) => c.name))]
    : [];

const sayNoSandbox = (seen: Observation<Sandboxes>): string =>
  seen.ok ? 'crictl lists no sandbox of it' : `crictl gave no answer: ${seen.says}`;

/**
 * What several looks agree on: the last two say the same of the same holder, and were taken 10 s or more apart, so that an
 * orphan was absent from the API twice, and a listener that comes and goes is not mistaken for a free port.
 * `undefined` while they do not.
 */
export function settled(
  patient: Patient,
  contest: Contest,
  looks: readonly Taken[],
): Held | undefined {
  const last = looks.at(-1);
  if (last === undefined) return undefined;
  const now = readPort(patient, contest, last.seen);
  const before = looks.findLast((l) => last.at - l.at >= APART_MS - 500);
  if (before === undefined) return undefined;
  const then = readPort(patient, contest, before.seen);
  const same =
    now.is === then.is &&
    (now.is !== 'orphan' ||
      then.is !== 'orphan' ||
      (now.holder.sandbox.id === then.holder.sandbox.id &&
        now.holder.sandbox.ready === then.holder.sandbox.ready));
  return same ? now : undefined;
}
