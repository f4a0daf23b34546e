import type { Observation } from '../../../src/runbook/observation.ts';
import { sayClock } from '../../../src/tools/node/clock.ts';
import type { LogFile } from '../../../src/tools/node/pod-log.ts';
import {
  elections,
  haEvents,
  leaderComplaints,
  readVaultLog,
  unforwarded,
} from '../../../src/tools/vault/log-lines.ts';
import type { HaStatus, Health } from '../../../src/tools/vault/proxy.ts';
import { namedBy, ok } from './look.ts';
import type { Dated } from './look.ts';
import type { PodRef } from '../../../src/runbook/references.ts';

/**
 * Log lines carry the node's clock, which may be hours off: a moment of ours is moved by the difference that the node's
 * own `now`, read with the log, shows.
 */
const onNodeClock = (file: LogFile, readAt: number, moment: number): number =>
  file.now * 1000 - (readAt - moment);

/** Nodes whose clock is not this machine's, by the time that each told with its log. */
export function clockRemarks(
  logs: Readonly<Record<string, Observation<LogFile>>>,
  pods: readonly PodRef[],
): readonly string[] {
  const remarks = pods.flatMap(({ name, node }) => {
    const file = logs[name];
    const off = file?.ok === true ? sayClock(node, file.value.now, file.at) : undefined;
    return off === undefined ? [] : [`${off}: its log is read by its own`];
  });
  return [...new Set(remarks)];
}

/** An election that began within the window, by any pod's own log; `undefined` where none is seen. */
export function electionsSince(
  window: readonly Dated[],
  pods: readonly string[],
): string | undefined {
  const [first, last] = [window[0], window.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  for (const pod of pods) {
    const file = last.seen.logs[pod];
    if (file?.ok !== true) continue;
    const since = onNodeClock(file.value, file.at, first.since);
    // A candidate that nobody elects moves nothing: only a winner begins a new window.
    const found = elections(readVaultLog(file.value.lines), since).findLast((line) =>
      /election won|entering leader state/.test(line.text),
    );
    if (found !== undefined) return `${pod} logged an election in the window: "${found.text}"`;
  }
  return undefined;
}

/** Pods that stood for election within the window, whoever won. */
export function candidatesSince(
  window: readonly Dated[],
  pods: readonly string[],
): readonly string[] {
  const [first, last] = [window[0], window.at(-1)];
  if (first === undefined || last === undefined) return [];
  return pods.filter((pod) => {
    const file = last.seen.logs[pod];
    if (file?.ok !== true) return false;
    const since = onNodeClock(file.value, file.at, first.since);
    return elections(readVaultLog(file.value.lines), since).length > 0;
  });
}

/** Standbys whose log did not cover the window, so that an election in it cannot be ruled out. */
export function unreadLogs(
  window: readonly Dated[],
  standbys: readonly string[],
): readonly string[] {
  const [first, last] = [window[0], window.at(-1)];
  if (first === undefined || last === undefined) return standbys;
  return standbys.filter((pod) => {
    const file = last.seen.logs[pod];
    if (file?.ok !== true || !file.value.present) return true;
    const oldest = readVaultLog(file.value.lines).lines[0]?.at;
    const full = file.value.lines.join('\n').length > 60_000;
    return full && (oldest === undefined || oldest > onNodeClock(file.value, file.at, first.since));
  });
}

/**
 * L3: standbys with three lines or more about the leader in the last 60 s (COMMANDS A.4): raft calls that name it, or
 * requests of clients that did not get through to it, as the active node that the standby itself names.
 */
export function complaintsAbout(
  window: readonly Dated[],
  pods: readonly PodRef[],
  leader: string,
  standbys: readonly string[],
): readonly { readonly pod: string; readonly says: string }[] {
  const look = window.at(-1);
  const ip = pods.find((p) => p.name === leader)?.ip ?? '';
  if (look === undefined) return [];
  return standbys.flatMap((pod) => {
    const file = look.seen.logs[pod];
    if (file?.ok !== true) return [];
    const since = file.value.now * 1000 - 60_000;
    const log = readVaultLog(file.value.lines);
    const calls = leaderComplaints(log, since).filter(
      (line) => line.text.includes(leader) || (ip !== '' && line.text.includes(ip)),
    );
    if (calls.length >= 3) {
      return [
        { pod, says: `${pod} logged ${calls.length} failed raft calls to ${leader} in 60 s` },
      ];
    }
    const answer = ok(look.seen.leader[pod]);
    const follows = answer !== undefined && namedBy(answer, pods) === leader;
    const requests = follows ? unforwarded(log, since) : [];
    return requests.length >= 3
      ? [{ pod, says: `${pod} could not forward ${requests.length} requests to ${leader} in 60 s` }]
      : [];
  });
}

/**
 * The pod whose raft leads and whose HA layer was never activated (A.4): its newest word on its role is that it leads the
 * raft, no pod is active, and the HA status says that there is no active node. Any part unknown: no.
 */
export function neverActivated(
  pods: readonly string[],
  seen: {
    readonly logs: Readonly<Record<string, Observation<LogFile>>>;
    readonly health: Readonly<Record<string, Observation<Health>>>;
    readonly ha: Observation<HaStatus> | undefined;
  },
): { readonly pod: string; readonly because: string } | undefined {
  const active = pods.some((n) => {
    const it = seen.health[n];
    return it?.ok === true && !it.value.sealed && !it.value.standby;
  });
  if (active || seen.ha?.ok !== true || seen.ha.value !== 'no-active') return undefined;
  for (const pod of pods) {
    const file = seen.logs[pod];
    if (file?.ok !== true) continue;
    const newest = haEvents(readVaultLog(file.value.lines)).findLast((e) => ROLES.has(e.is));
    if (newest?.is !== 'raft-leader') continue;
    return {
      pod,
      because: `${pod} leads the raft since ${new Date(newest.at).toISOString()} by its own log and never activated its HA layer; the HA status names no active node`,
    };
  }
  return undefined;
}

/** What a log says of its server's place in the raft; the rest (unsealed, lock failed) does not end a leadership. */
const ROLES: ReadonlySet<string> = new Set([
  'candidate',
  'raft-leader',
  'raft-follower',
  'active',
  'leadership-lost',
  'sealed',
]);
