import { podRefOf } from '../../../src/deeds/references.ts';
import type { Observation } from '../../../src/runbook/observation.ts';
import type { Site } from '../../../src/runbook/site.ts';
import { orphanOf } from '../../../src/tools/csi/orphans.ts';
import type { Pod } from '../../../src/tools/kubectl/pods.ts';
import type { NfsClients } from '../../../src/tools/nfs/clients.ts';
import type { LogFile } from '../../../src/tools/node/pod-log.ts';
import type { Sandbox, Sandboxes } from '../../../src/tools/node/sandboxes.ts';
import type { Holder, Locked } from '../facts.ts';
import { directoryOf, isStale, locksOf, mayBeOn, sayClient } from './locks.ts';
import type { HeldLock } from './locks.ts';
import type { Known } from './nodes.ts';
import { nfsVolumes, path } from './pods.ts';
import { containersOf } from './port.ts';

/** Vault pods that were started and are not ready: their log says whether their database is held. */
export const unopened = (site: Site, it: Known): readonly Locked[] =>
  it.pods
    .filter(
      (p) =>
        p.namespace === site.vault.namespace &&
        p.owner?.kind === 'StatefulSet' &&
        p.owner.name === site.vault.statefulSet &&
        p.deletionTimestamp === undefined &&
        p.node !== undefined &&
        p.containers.some((c) => c.name === site.vault.container && !c.ready && c.restarts > 0),
    )
    .map((p) => ({
      pod: podRefOf(p),
      directory:
        nfsVolumes(p, it.claims, it.volumes)
          .filter((v) => it.claims.some((c) => c.volume === v.name && c.name === `data-${p.name}`))
          .map((v) => directoryOf(v.nfsPath))[0] ?? null,
    }));

/** bbolt's own words after its one second of waiting for the flock (COMMANDS fact 10). */
const HELD = /failed to open bolt file: timeout/;

/** What the logs say of the databases: one is held, none is, or a log could not be read. */
export type Databases =
  | { readonly is: 'held'; readonly locked: Locked; readonly because: string }
  | { readonly is: 'no' | 'unread'; readonly because: string };

/** The first pod whose log says that its database is held by somebody else. */
export function heldDatabase(
  vaults: readonly Locked[],
  logs: Readonly<Record<string, Observation<LogFile>>>,
): Databases {
  const locked = vaults.find((v) => {
    const log = logs[v.pod.name];
    return log?.ok === true && log.value.lines.some((line) => HELD.test(line));
  });
  if (locked !== undefined) {
    return {
      is: 'held',
      locked,
      because: `${path(locked.pod)} on ${locked.pod.node} cannot open its database: another process holds the lock (failed to open bolt file: timeout)`,
    };
  }
  const unread = vaults.flatMap((v) => {
    const log = logs[v.pod.name];
    return log?.ok === true ? [] : [`${v.pod.name}: ${log?.says ?? 'it was not looked at'}`];
  });
  return unread.length === 0
    ? {
        is: 'no',
        because: `${vaults.map((v) => v.pod.name).join(', ')} say nothing of a held database`,
      }
    : {
        is: 'unread',
        because: `whether a database is held could not be read: ${unread.join('; ')}`,
      };
}

/** What is looked at to find who holds a database. */
export interface LockLook {
  readonly clients: Observation<NfsClients> | undefined;
  readonly sandboxes: Readonly<Record<string, Observation<Sandboxes>>>;
  readonly pods: Observation<readonly Pod[]>;
  readonly pod: Observation<Pod | undefined>;
}

export type LockHolder =
  | { readonly is: 'open'; readonly because: string }
  | { readonly is: 'orphan'; readonly holder: Holder; readonly because: string }
  /** The server takes a lock back by itself once its client has been silent for a lease. */
  | { readonly is: 'lease'; readonly because: string }
  | { readonly is: 'live'; readonly because: string }
  | { readonly is: 'unknown'; readonly because: string };

/**
 * Names the holder by the server's client list and by what runs on its node (COMMANDS B.8, C.4): an orphan of that very pod,
 * a client whose lease runs out, or somebody alive. No file is ever deleted: there is none, the lock is the process's.
 */
export function readLockHolder(site: Site, locked: Locked, seen: LockLook): LockHolder {
  const { pod, directory } = locked;
  if (seen.pod.ok && (seen.pod.value?.uid !== pod.uid || seen.pod.value.ready)) {
    return { is: 'open', because: `${pod.name} is ready, or another pod by now` };
  }
  if (!seen.pods.ok || seen.pods.value.length === 0)
    return {
      is: 'unknown',
      because: `the pods could not be listed: ${seen.pods.ok ? 'the list is empty' : seen.pods.says}`,
    };
  const pods = seen.pods.value;
  if (directory !== null && seen.clients?.ok !== true) {
    return {
      is: 'unknown',
      because: `who holds the database is the NFS server's to say, and its client list could not be read: ${seen.clients?.says ?? 'the inventory names no NFS host'}`,
    };
  }
  const locks = locksOn(site, directory, pod.name, seen);
  const nodes = directory === null ? [pod.node] : site.nodes.map((n) => n.name);
  const orphans = nodes.flatMap((node) => {
    const here = seen.sandboxes[node];
    if (here?.ok !== true) return [];
    return here.value.sandboxes
      .filter(
        (s) =>
          s.namespace === pod.namespace &&
          s.name === pod.name &&
          (s.ready || runs(here.value, s)) &&
          orphanOf(s.podUid, pods) === 'orphan',
      )
      .map((sandbox) => ({ node, sandbox, here }));
  });
  const [first, more] = orphans;
  const lock = locks.find((l) => l.node === first?.node);
  // An orphan beside a lock that the server has for another node holds something else, or nothing.
  const mayHold = lock !== undefined || locks.length === 0;
  if (first !== undefined && more === undefined && mayHold) {
    const because = `an orphan of ${path(pod)} (sandbox ${first.sandbox.id.slice(0, 12)}, uid ${first.sandbox.podUid}) runs on ${first.node}${lock === undefined ? '' : `, whose NFS client holds ${lock.filename}`}`;
    const containers = containersOf(first.here, first.sandbox.id);
    return {
      is: 'orphan',
      because,
      holder: {
        node: first.node,
        sandbox: first.sandbox,
        containers,
        process: containers.join(', '),
        because,
      },
    };
  }
  if (more !== undefined) {
    return {
      is: 'unknown',
      because: `several orphans of ${path(pod)}: on ${orphans.map((o) => o.node).join(', ')}`,
    };
  }
  return withoutOrphan(pod.name, nodes, locks, seen);
}

/** Vault's container runs in both looks, without a restart in between: one that cannot open its database ends in seconds. */
export function staysUp(
  site: Site,
  before: Pick<LockLook, 'pod'>,
  after: Pick<LockLook, 'pod'>,
): boolean {
  const [a, b] = [before, after].map(({ pod }) =>
    pod.ok ? pod.value?.containers.find((c) => c.name === site.vault.container) : undefined,
  );
  return a?.state === 'running' && b?.state === 'running' && a.restarts === b.restarts;
}

const runs = ({ containers }: Sandboxes, sandbox: Sandbox): boolean =>
  containers.some((c) => c.sandbox === sandbox.id && c.state === 'running');

/** Locks on the pod's own directory; its own node's client counts too, since the holder may be beside it. */
function locksOn(
  site: Site,
  directory: string | null,
  name: string,
  { clients }: LockLook,
): readonly HeldLock[] {
  if (directory === null || clients?.ok !== true) return [];
  return locksOf(site, clients.value).filter(
    (l) =>
      mayBeOn(l, [directory], []) && (l.filename.includes(directory) || l.filename.includes(name)),
  );
}

function withoutOrphan(
  name: string,
  nodes: readonly string[],
  locks: readonly HeldLock[],
  seen: LockLook,
): LockHolder {
  const blind = nodes.filter((n) => seen.sandboxes[n]?.ok !== true);
  const lease = seen.clients?.ok === true ? seen.clients.value.leaseSeconds : 90;
  const [lock] = locks;
  if (lock !== undefined) {
    const stale = locks.every((l) => isStale(l.client, lease));
    const said = `the NFS server names as holder of ${lock.filename}: ${locks.map(sayClient).join('; ')}`;
    return stale
      ? { is: 'lease', because: `${said}; it is silent past its lease of ${lease} s` }
      : {
          is: blind.length > 0 ? 'unknown' : 'live',
          because: `${said}; no orphan of ${name} runs there${blind.length > 0 ? `, as far as it could be looked at (not on ${blind.join(', ')})` : ''}`,
        };
  }
  return {
    is: blind.length > 0 ? 'unknown' : 'lease',
    because:
      blind.length > 0
        ? `no holder was found, and ${blind.join(', ')} could not be looked at`
        : `no process and no client holds it any more: it frees itself within a lease (${lease} s)`,
  };
}
