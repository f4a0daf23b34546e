import type { Observation } from '../../../src/runbook/observation.ts';
import type { KubeEvent } from '../../../src/tools/kubectl/events.ts';
import type { Pod } from '../../../src/tools/kubectl/pods.ts';
import type { LogFile } from '../../../src/tools/node/pod-log.ts';
import type { TaskScan } from '../../../src/tools/node/tasks.ts';
import { auditFailures, dnsFailures, readVaultLog } from '../../../src/tools/vault/log-lines.ts';
import type { HaStatus, Health, Leader } from '../../../src/tools/vault/proxy.ts';
import type { Canary } from '../../../src/tools/vault/token.ts';
import { podRefOf } from '../../../src/deeds/references.ts';
import type { PodRef } from '../../../src/runbook/references.ts';
import { neverActivated } from './logs.ts';

/** What is looked at while the new pod comes up (DOMAIN B7). */
export interface Arrival {
  readonly pods: Observation<readonly Pod[]>;
  readonly events: Observation<readonly KubeEvent[]>;
  readonly health: Observation<Health>;
  readonly scans: Readonly<Record<string, Observation<TaskScan>>>;
}

export type Arrived =
  | {
      readonly is: 'up' | 'sealed' | 'chown-loop' | 'mount-stuck';
      readonly pod: PodRef;
      readonly because: string;
    }
  | { readonly is: 'coming'; readonly because: string };

const MOUNT_TROUBLE =
  /MountVolume\.SetUp failed|timed out waiting for the condition|context deadline exceeded|timeout after 110s/;
/** A sidecar polls every 10 s; a pod still sealed after this long needs a person. */
const SEALED_FOR_MS = 60_000;
/** Walking a volume takes this long before it is called a loop: kubelet's own deadline is 2 min (DOMAIN 2.4). */
const CHOWN_FOR_MS = 120_000;

/** Reads one look at the pod that replaces `old`; `since` is when the watch began, `now` the look's own time. */
export function readArrival(old: PodRef, seen: Arrival, since: number, now: number): Arrived {
  if (!seen.pods.ok)
    return { is: 'coming', because: `the pods could not be read: ${seen.pods.says}` };
  const pod = seen.pods.value.find((p) => p.name === old.name);
  if (pod === undefined)
    return { is: 'coming', because: `${old.name} has not been created again yet` };
  if (pod.uid === old.uid) return { is: 'coming', because: `${old.name} is still the old pod` };
  const ref = podRefOf(pod);
  if (seen.health.ok && !seen.health.value.sealed && pod.ready) {
    return {
      is: 'up',
      pod: ref,
      because: `${pod.name} is up on ${ref.node}, unsealed and ready, uid ${pod.uid}`,
    };
  }
  if (seen.health.ok && seen.health.value.sealed) {
    return now - since >= SEALED_FOR_MS
      ? {
          is: 'sealed',
          pod: ref,
          because: `${pod.name} runs and is still sealed after ${Math.round((now - since) / 1000)} s`,
        }
      : { is: 'coming', because: `${pod.name} is sealed` };
  }
  return (
    stalled(pod, ref, seen, since, now) ?? {
      is: 'coming',
      because: `${pod.name} is ${pod.phase}${pod.node === undefined ? ' and not scheduled' : ` on ${pod.node}`}`,
    }
  );
}

function stalled(
  pod: Pod,
  ref: PodRef,
  seen: Arrival,
  since: number,
  now: number,
): Arrived | undefined {
  const events = seen.events.ok
    ? seen.events.value.filter((e) => e.podUid === undefined || e.podUid === pod.uid)
    : [];
  const walking = events.find((e) => e.reason === 'VolumePermissionChangeInProgress');
  if (
    walking !== undefined &&
    now - since >= CHOWN_FOR_MS &&
    pod.fsGroupChangePolicy !== 'OnRootMismatch'
  ) {
    return {
      is: 'chown-loop',
      pod: ref,
      because: `kubelet walks the volume of ${pod.name} again and again ("${walking.message}"), and its pod says fsGroupChangePolicy ${pod.fsGroupChangePolicy ?? 'Always'}`,
    };
  }
  const scan = seen.scans[ref.node];
  const mount =
    scan?.ok === true
      ? scan.value.tasks.find((t) => t.comm === 'mount.nfs' && t.ageSeconds >= 60)
      : undefined;
  const failed = events.findLast(
    (e) => e.reason === 'FailedMount' && MOUNT_TROUBLE.test(e.message),
  );
  if (mount !== undefined && (failed !== undefined || now - since >= 60_000)) {
    return {
      is: 'mount-stuck',
      pod: ref,
      because: `${ref.node} cannot mount: mount.nfs (pid ${mount.pid}) is in ${mount.state} state in ${mount.wchan} for ${Math.round(mount.ageSeconds)} s`,
    };
  }
  return undefined;
}

/** Reads a pod that was waiting before its node was repaired, and is still the same one: what keeps it, if anything. */
export function readWaiting(pod: Pod, seen: Arrival, since: number, now: number): Arrived {
  return (
    stalled(pod, podRefOf(pod), seen, since, now) ?? {
      is: 'coming',
      because: `${pod.name} is ${pod.phase}`,
    }
  );
}

/** What is looked at to see whether Vault works as a whole. */
export interface Whole {
  readonly health: Readonly<Record<string, Observation<Health>>>;
  readonly leader: Readonly<Record<string, Observation<Leader>>>;
  readonly logs: Readonly<Record<string, Observation<LogFile>>>;
  readonly ha: Observation<HaStatus> | undefined;
  readonly canary: Observation<Canary> | undefined;
  readonly audited: Observation<true> | undefined;
  readonly outside: Observation<{ readonly status: number }> | undefined;
}

export type Working =
  | { readonly is: 'active'; readonly pod: string; readonly because: string }
  | { readonly is: 'ha-inactive' | 'nxdomain'; readonly pod: string; readonly because: string }
  | { readonly is: 'audit' | 'not-yet'; readonly because: string };

/** Whether one pod is active and takes writes; if not, what stands in the way. `since` is when the watch began. */
export function readWhole(names: readonly string[], seen: Whole, since: number): Working {
  const recent = (name: string) => {
    const file = seen.logs[name];
    if (file?.ok !== true) return undefined;
    return {
      log: readVaultLog(file.value.lines),
      since: file.value.now * 1000 - (file.at - since),
    };
  };
  for (const name of names) {
    const own = recent(name);
    const audit = own === undefined ? undefined : auditFailures(own.log, own.since).at(-1);
    if (audit !== undefined)
      return { is: 'audit', because: `${name} cannot write its audit log: "${audit.text}"` };
  }
  const active = names.filter((n) => {
    const it = seen.health[n];
    return it?.ok === true && !it.value.sealed && !it.value.standby;
  });
  const [only] = active;
  if (only !== undefined && active.length === 1) return accepted(only, seen);
  if (active.length > 1)
    return { is: 'not-yet', because: `${active.join(' and ')} both say they are active` };
  const inactive = neverActivated(names, seen);
  if (inactive !== undefined) return { is: 'ha-inactive', ...inactive };
  for (const name of names) {
    const own = recent(name);
    const failures = own === undefined ? [] : dnsFailures(own.log, own.since);
    const line = failures.at(-1);
    if (line !== undefined && failures.length >= 3) {
      return {
        is: 'nxdomain',
        pod: name,
        because: `${name} cannot resolve its peers: "${line.text}"`,
      };
    }
  }
  return { is: 'not-yet', because: 'no pod is active yet' };
}

function accepted(pod: string, seen: Whole): Working {
  if (seen.canary?.ok === false) {
    return {
      is: 'not-yet',
      because: `${pod} is active, and no canary could be written: ${seen.canary.says}`,
    };
  }
  if (seen.canary?.value.acked === false) {
    return {
      is: 'not-yet',
      because: `${pod} is active, and a canary write was not acknowledged: ${seen.canary.value.because}`,
    };
  }
  if (seen.audited !== undefined && !seen.audited.ok) {
    return {
      is: 'not-yet',
      because: `${pod} is active, and an audited call failed: ${seen.audited.says}`,
    };
  }
  if (seen.outside?.ok === false) {
    return {
      is: 'not-yet',
      because: `${pod} is active, and from outside nothing answers: ${seen.outside.says}`,
    };
  }
  if (seen.outside !== undefined && seen.outside.value.status !== 200) {
    return {
      is: 'not-yet',
      because: `${pod} is active, and outside the answer is ${seen.outside.value.status}`,
    };
  }
  const proof =
    seen.canary === undefined
      ? 'no write was tried: the inventory names no token'
      : 'a canary write is acknowledged';
  const outside = seen.outside === undefined ? '' : ', and outside the answer is 200';
  return { is: 'active', pod, because: `${pod} is active, ${proof}${outside}` };
}
