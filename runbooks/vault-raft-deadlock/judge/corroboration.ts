import type { Observation } from '../../../src/runbook/observation.ts';
import type { NfsClients } from '../../../src/tools/nfs/clients.ts';
import type { PodRef } from '../../../src/runbook/references.ts';
import { complaintsAbout } from './logs.ts';
import { blindSpots, isStandby, ok } from './look.ts';
import type { Dated, Look } from './look.ts';

/** The signals that a silent or storage-bound leader has besides its own silence, each with its sentence. */
export function corroboration(pods: readonly PodRef[], window: readonly Dated[], leader: string) {
  const last = window.at(-1)?.seen;
  const standbys = pods
    .map((p) => p.name)
    .filter((n) => n !== leader && last !== undefined && isStandby(last, n));
  const wanted = Math.max(1, Math.min(2, standbys.length));
  const cutOff = standbys.filter((n) => ok(last?.health[n])?.haConnectionHealthy === false);
  const complaints = complaintsAbout(window, pods, leader, standbys);
  const lost = window.filter((w) => ok(w.seen.canary)?.acked === false);
  const acked = window.some((w) => ok(w.seen.canary)?.acked === true);
  const indexes = window.map((w) => maxIndex(w.seen, standbys));
  const advanced = indexes.some(
    (it, i) => i > 0 && it !== undefined && it > (indexes[i - 1] ?? it),
  );
  const node = pods.find((p) => p.name === leader);
  const blocked = blockedThread(window, node);
  const stale = staleClient(last?.clients, node?.node);
  const empty = window.length > 1 && window.every((w) => ok(w.seen.endpoints)?.length === 0);
  return {
    standbys,
    standbysSee: [
      ...(standbys.length > 0 && cutOff.length >= wanted
        ? [`${cutOff.join(' and ')} say their connection to the active node is not healthy`]
        : []),
      ...(complaints.length >= wanted ? [complaints.map((c) => c.says).join('; ')] : []),
    ],
    noProgress:
      lost.length > 0 && !acked && !advanced
        ? [
            `${lost.length} canary ${lost.length === 1 ? 'write was' : 'writes were'} not acknowledged, and no standby's index moved`,
          ]
        : [],
    lostCanaries: lost.length,
    acked,
    advanced,
    node: [...(blocked === undefined ? [] : [blocked]), ...(stale === undefined ? [] : [stale])],
    routing: empty ? ['the active service has had no endpoint for the whole window'] : [],
    blind: last === undefined ? [] : blindSpots(last, pods),
    withheld: window.some((w) => w.seen.canary?.ok === false && w.seen.canary.why === 'withheld'),
  };
}

function maxIndex(look: Look, pods: readonly string[]): number | undefined {
  const seen = pods.flatMap((n) => ok(look.leader[n])?.committedIndex ?? []);
  return seen.length === 0 ? undefined : Math.max(...seen);
}

/** L6: a thread of the leader's pod in D state on an NFS, RPC or writeback wait channel, in three looks or more. */
function blockedThread(window: readonly Dated[], pod: PodRef | undefined): string | undefined {
  if (pod === undefined) return undefined;
  const hits = window.flatMap((w) => {
    const task = ok(w.seen.tasks[pod.node])?.tasks.find(
      (t) => t.state === 'D' && t.nfs && t.podUid === pod.uid,
    );
    return task === undefined ? [] : [task];
  });
  const first = hits[0];
  return first !== undefined && hits.length >= 3
    ? `on ${pod.node} its thread ${first.tid} (${first.comm}) is in D state in ${first.wchan}, ${hits.length} of ${window.length} looks`
    : undefined;
}

/** L7: the NFS server's own word on that node's client. */
function staleClient(
  clients: Observation<NfsClients> | undefined,
  node: string | undefined,
): string | undefined {
  const list = ok(clients);
  if (list === undefined || node === undefined) return undefined;
  const stale = list.clients.find(
    (c) =>
      c.hostname.split('.')[0] === node &&
      (c.status === 'courtesy' || (c.secondsSinceRenew ?? 0) > list.leaseSeconds),
  );
  return stale === undefined
    ? undefined
    : `the NFS server has not heard from ${node} for ${stale.secondsSinceRenew ?? 'an unknown number of'} s (lease ${list.leaseSeconds} s)`;
}
