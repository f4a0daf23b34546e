import type { Observation } from '../../../src/runbook/observation.ts';
import type { LogFile } from '../../../src/tools/node/pod-log.ts';
import {
  elections,
  haEvents,
  leaderComplaints,
  readVaultLog,
} from '../../../src/tools/vault/log-lines.ts';
import type { Leader } from '../../../src/tools/vault/proxy.ts';
import type { Dated } from './look.ts';
import type { PodRef } from '../facts.ts';

/**
 * Log lines carry the node's clock, which may be hours off: a moment of ours is moved by the difference that the node's
 * own `now`, read with the log, shows.
 */
const onNodeClock = (file: LogFile, readAt: number, moment: number): number =>
  file.now * 1000 - (readAt - moment);

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
    const found = elections(readVaultLog(file.value.lines), since).at(-1);
    if (found !== undefined) return `${pod} logged an election in the window: "${found.text}"`;
  }
  return undefined;
}

/** L3: standbys with three lines or more about the leader in the last 60 s (COMMANDS A.4). */
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
    const lines = leaderComplaints(readVaultLog(file.value.lines), since).filter(
      (line) => line.text.includes(leader) || (ip !== '' && line.text.includes(ip)),
    );
    return lines.length >= 3
      ? [{ pod, says: `${pod} logged ${lines.length} failed raft calls to ${leader} in 60 s` }]
      : [];
  });
}

/** The pod whose raft leads and whose HA layer was never activated, by its own log and its own answer (A.4). */
export function neverActivated(
  logs: Readonly<Record<string, Observation<LogFile>>>,
  pods: readonly string[],
  answer: (pod: string) => Leader | undefined,
): { readonly pod: string; readonly because: string } | undefined {
  for (const pod of pods) {
    const file = logs[pod];
    if (file?.ok !== true) continue;
    const events = haEvents(readVaultLog(file.value.lines));
    const led = events.findLast((e) => e.is === 'raft-leader')?.at;
    const active = events.findLast((e) => e.is === 'active')?.at ?? 0;
    if (led === undefined || led <= active) continue;
    const own = answer(pod);
    if (own?.isSelf === true && own.activeTime !== undefined) continue;
    return {
      pod,
      because: `${pod} leads the raft since ${new Date(led).toISOString()} by its own log, and never activated its HA layer`,
    };
  }
  return undefined;
}
