import { z } from 'zod';
import type { Command, RawOutput, Reading } from '../../runbook/command.ts';
import { value } from '../../runbook/command.ts';
import type { Site } from '../../runbook/site.ts';
import { readAs } from '../json.ts';
import { classify, getRaw, kubectl, segment } from '../kubectl/kubectl.ts';
import { andThen, failed } from '../reading.ts';

/** A server pod of the site's Vault, by its name; any `Pod` will do. */
export interface VaultPod {
  readonly name: string;
}

/** What `/v1/sys/health` says: always the pod's own word, never forwarded (COMMANDS A.1). */
export interface Health {
  readonly initialized: boolean;
  readonly sealed: boolean;
  readonly standby: boolean;
  /** `1.18.1`; OpenBao's own versions begin with `2.`. */
  readonly version?: string;
  /** On a standby of Vault 1.19 and later: whether its heartbeats reach the active node. */
  readonly haConnectionHealthy?: boolean;
  /** Milliseconds since the last heartbeat that got through to the active node; Vault 1.19 and later. */
  readonly lastHeartbeatMs?: number;
}

/** What `/v1/sys/leader` says. A standby names the last known leader, dead or alive: no evidence of one (fact 6). */
export interface Leader {
  readonly haEnabled: boolean;
  readonly isSelf: boolean;
  /** The API address of the leader, empty where none is known. */
  readonly leaderAddress: string;
  /** The cluster address, whose host names the pod: `https://vault-2.vault-internal:8201`. */
  readonly leaderClusterAddress: string;
  /** ISO 8601; absent where the zero time was given, as every standby does. */
  readonly activeTime?: string;
  /** The last index of the raft log; on an idle cluster it stands still (fact 7). */
  readonly committedIndex?: number;
  readonly appliedIndex?: number;
}

/**
 * What a standby's forwarding of an unauthenticated request shows. `leader-answers`: the leader turned it down, so its
 * HTTP path is alive. `no-active`: the standby knows of no active node. `unknown`: neither.
 */
export type HaStatus = 'leader-answers' | 'no-active' | 'unknown';

/** Every state answers 2xx, because `get --raw` drops the body of anything else (COMMANDS A.1). */
const ALWAYS_2XX =
  'standbycode=299&perfstandbyok=true&sealedcode=299&uninitcode=299&drsecondarycode=299' +
  '&performancestandbycode=299&haunhealthycode=299&removedcode=299';

const TIMEOUT_MS = 5000;

const pathOf = ({ vault }: Site, pod: VaultPod, path: string): string =>
  `/api/v1/namespaces/${segment(vault.namespace)}/pods/${vault.scheme}:${segment(pod.name)}:${vault.port}/proxy${path}`;

const healthSchema = z.object({
  initialized: z.boolean(),
  sealed: z.boolean(),
  standby: z.boolean(),
  version: z.string().optional(),
  ha_connection_healthy: z.boolean().optional(),
  last_request_forwarding_heartbeat_ms: z.number().optional(),
});

/** The health of one pod, through the API server and past the kubelet, without a token; 5 s. */
export function health(site: Site, pod: VaultPod): Command<Health> {
  return getRaw<Health>({
    cluster: site.cluster,
    id: 'vault.health',
    about: `read the health of ${pod.name}`,
    path: pathOf(site, pod, `/v1/sys/health?${ALWAYS_2XX}`),
    timeoutMs: TIMEOUT_MS,
    read: (json) =>
      andThen(readAs(json, `the health of ${pod.name}`, healthSchema), (it) =>
        value({
          initialized: it.initialized,
          sealed: it.sealed,
          standby: it.standby,
          ...(it.version === undefined ? {} : { version: it.version }),
          ...(it.ha_connection_healthy === undefined
            ? {}
            : { haConnectionHealthy: it.ha_connection_healthy }),
          ...(it.last_request_forwarding_heartbeat_ms === undefined
            ? {}
            : { lastHeartbeatMs: it.last_request_forwarding_heartbeat_ms }),
        }),
      ),
  });
}

const leaderSchema = z.object({
  ha_enabled: z.boolean(),
  is_self: z.boolean(),
  leader_address: z.string(),
  leader_cluster_address: z.string(),
  active_time: z.string().optional(),
  raft_committed_index: z.number().optional(),
  raft_applied_index: z.number().optional(),
});

/** Who leads, in the eyes of one pod, without a token; 5 s. A sealed pod answers 503, which reads as unreachable. */
export function leader(site: Site, pod: VaultPod): Command<Leader> {
  return getRaw<Leader>({
    cluster: site.cluster,
    id: 'vault.leader',
    about: `ask ${pod.name} who leads`,
    path: pathOf(site, pod, '/v1/sys/leader'),
    timeoutMs: TIMEOUT_MS,
    read: (json) =>
      andThen(readAs(json, `the leader in the eyes of ${pod.name}`, leaderSchema), (it) =>
        value({
          haEnabled: it.ha_enabled,
          isSelf: it.is_self,
          leaderAddress: it.leader_address,
          leaderClusterAddress: it.leader_cluster_address,
          ...(it.active_time === undefined || it.active_time.startsWith('0001-01-01')
            ? {}
            : { activeTime: it.active_time }),
          ...(it.raft_committed_index === undefined
            ? {}
            : { committedIndex: it.raft_committed_index }),
          ...(it.raft_applied_index === undefined ? {} : { appliedIndex: it.raft_applied_index }),
        }),
      ),
  });
}

/** The reasons that kubectl prints for a 4xx of the pod; the API server's own refusals carry a sentence with a name. */
const TURNED_DOWN: ReadonlySet<string> = new Set(['BadRequest', 'Forbidden']);

function readHaStatus(out: RawOutput): Reading<HaStatus> {
  const refusal = classify(out);
  if (refusal === undefined) return value('unknown');
  const { reason, message } = refusal;
  if (reason === 'Forbidden' && / is forbidden: |cannot \w+ (?:resource|path)/.test(message)) {
    return failed('denied', `not permitted to look through the pod proxy: ${message}`);
  }
  if (reason !== undefined && TURNED_DOWN.has(reason)) return value('leader-answers');
  if (reason === 'InternalError' && message.includes('("unknown") has prevented')) {
    return value('no-active');
  }
  if (reason === 'ServiceUnavailable' && !message.includes('error trying to reach')) {
    return value('unknown');
  }
  return refusal.reading;
}

/**
 * Whether the leader answers what a standby forwards to it, without a token; 5 s. Ask a standby: forwarding comes
 * before authentication there (COMMANDS A.1). Not to be trusted on OpenBao, whose standbys may turn it down themselves.
 */
export function haStatus(site: Site, pod: VaultPod): Command<HaStatus> {
  return kubectl<HaStatus>({
    cluster: site.cluster,
    id: 'vault.ha-status',
    about: `see whether the leader answers what ${pod.name} forwards`,
    args: ['get', '--raw', pathOf(site, pod, '/v1/sys/ha-status')],
    timeoutMs: TIMEOUT_MS,
    read: readHaStatus,
  });
}
