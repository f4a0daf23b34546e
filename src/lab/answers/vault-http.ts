import { between } from '../chance.ts';
import type { AnswerId } from '../marks/answers.ts';
import { hung, leaderOf, memberOf, serving } from '../raft.ts';
import { serverIn } from '../objects/pod.ts';
import { HUNG_AT } from '../start.ts';
import type { Member, Pod, World } from '../world.ts';

/** Vault's API as one server answers it (COMMANDS A.1, A.2). */

/** What a client of a Vault server's API port sees. */
export type Heard = { readonly by: AnswerId } & (
  | {
      readonly is: 'status';
      readonly status: number;
      readonly body: object;
      readonly afterMs: number;
    }
  /** TCP is accepted, and no byte comes. */
  | { readonly is: 'silent' }
  /** Nobody listens. */
  | { readonly is: 'refused' }
);

/** When a slow server answers: an unauthenticated call after 3–8 s, a request that writes after about 6 s. */
function lag(world: World, member: Member, about: 'health' | 'leader' | 'request'): number {
  if (member.health !== 'slow') return 0;
  const [low, high] = about === 'request' ? [5_500, 6_500] : [3_000, 8_000];
  return between(low, high, world.seed, about, member.id, world.at);
}

const answer = (by: AnswerId, status: number, body: object, afterMs = 0): Heard => ({
  by,
  is: 'status',
  status,
  body,
  afterMs,
});

/** Vault from 1.19 on tells whether its heartbeats reach the active node. */
export function heartbeatsOf(world: World, member: Member): object {
  const [major = 0, minor = 0] = world.vaultVersion.split('.').map(Number);
  if (major < 1 || (major === 1 && minor < 19) || member.activeSince !== undefined) return {};
  const leader = leaderOf(world);
  const healthy = leader?.activeSince !== undefined && !hung(leader);
  return {
    ha_connection_healthy: healthy,
    last_request_forwarding_heartbeat_ms: healthy
      ? between(40, 4_900, world.seed, member.id, world.at)
      : Math.max(5_000, world.at - HUNG_AT),
  };
}

const isActive = (member: Member): boolean =>
  member.role === 'leader' && member.activeSince !== undefined;

/** Which of its healths a server shows. */
function healthBy(member: Member, status: number): AnswerId {
  if (member.sealed) return 'vault/health-sealed';
  if (member.health === 'slow') return 'vault/slow';
  if (status === 474) return 'vault/health-cut-off';
  if (status === 429) return 'vault/health-standby';
  return member.health === 'blocked' ? 'vault/health-blocked' : 'vault/health-active';
}

const health = (world: World, member: Member): Heard => {
  const standby = !isActive(member);
  const cutOff = JSON.stringify(heartbeatsOf(world, member)).includes(
    '"ha_connection_healthy":false',
  );
  const unsealed = standby ? (cutOff ? 474 : 429) : 200;
  const status = member.sealed ? 503 : unsealed;
  return answer(
    healthBy(member, status),
    status,
    {
      initialized: true,
      sealed: member.sealed,
      standby,
      performance_standby: false,
      replication_performance_mode: member.sealed ? 'unknown' : 'disabled',
      replication_dr_mode: member.sealed ? 'unknown' : 'disabled',
      server_time_utc: Math.floor(world.at / 1000),
      version: world.vaultVersion,
      enterprise: false,
      ...(member.sealed
        ? {}
        : {
            cluster_name: 'vault-cluster-7d1c02',
            cluster_id: '5b0c4b84-9d0c-7d0b-1c61-5a8f3c2a9e10',
          }),
      echo_duration_ms: 0,
      clock_skew_ms: 0,
      replication_primary_canary_age_ms: 0,
      ...(member.sealed ? {} : heartbeatsOf(world, member)),
    },
    lag(world, member, 'health'),
  );
};

const SEALED = { errors: ['Vault is sealed'] };
const NO_ACTIVE = { errors: ['local node not active but active cluster node not found'] };

/** Which of its words about the leader a server says. */
function leaderBy(member: Member, self: boolean): AnswerId {
  if (member.health === 'slow') return 'vault/slow';
  if (self) return 'vault/leader-active';
  return member.role === 'leader' ? 'vault/leader-not-active' : 'vault/leader-standby';
}

/** What a standby says of its leader is what it was last told; dead or alive (COMMANDS 0.6). */
const leader = (world: World, member: Member): Heard => {
  if (member.sealed) return answer('vault/leader-sealed', 503, SEALED);
  const self = isActive(member);
  // A raft leader that is not active ignores its own stale advertisement (COMMANDS A.2 iii).
  const known =
    !self && (member.role === 'leader' || member.knows?.id === member.id)
      ? undefined
      : member.knows;
  return answer(
    leaderBy(member, self),
    200,
    {
      ha_enabled: true,
      is_self: self,
      active_time: self ? new Date(member.activeSince ?? 0).toISOString() : '0001-01-01T00:00:00Z',
      leader_address: known === undefined ? '' : `http://${known.ip}:8200`,
      leader_cluster_address: known === undefined ? '' : `https://${known.id}.vault-internal:8201`,
      performance_standby: false,
      performance_standby_last_remote_wal: 0,
      raft_committed_index: member.index,
      raft_applied_index: member.index,
    },
    lag(world, member, 'leader'),
  );
};

/** Where a request that only the active node can answer ends up. */
export type Forwarded =
  | { readonly is: 'active'; readonly member: Member; readonly afterMs: number }
  | { readonly is: 'silent' }
  | { readonly is: 'no-active' }
  | { readonly is: 'sealed' };

/** Follows a request from the server that got it to the one that leads (COMMANDS A.1, forwarding). */
export function forward(world: World, from: Member): Forwarded {
  if (from.sealed) return { is: 'sealed' };
  const led = leaderOf(world);
  if (led?.activeSince !== undefined) {
    const works = serving(world);
    if (hung(led)) return { is: 'silent' };
    if (works !== undefined)
      return { is: 'active', member: works, afterMs: lag(world, works, 'request') };
    return { is: 'silent' };
  }
  const known = from.knows === undefined ? undefined : memberOf(world, from.knows.id);
  return known !== undefined && known.id !== from.id && hung(known)
    ? { is: 'silent' }
    : { is: 'no-active' };
}

const haStatus = (world: World, member: Member): Heard => {
  const led = leaderOf(world);
  // Turning down what has no token takes no write: the HTTP side of a blocked leader is alive.
  if (!member.sealed && led?.activeSince !== undefined && led.health === 'blocked') {
    return answer('vault/ha-status', 403, { errors: ['permission denied'] });
  }
  const there = forward(world, member);
  if (there.is === 'active') {
    const { afterMs } = there;
    const by = afterMs > 0 ? 'vault/slow' : 'vault/ha-status';
    return answer(by, 403, { errors: ['permission denied'] }, afterMs);
  }
  if (there.is === 'silent') return { by: 'vault/ha-status-hangs', is: 'silent' };
  return there.is === 'sealed'
    ? answer('vault/ha-status-sealed', 503, SEALED)
    : answer('vault/ha-status-no-active', 500, NO_ACTIVE);
};

/** What comes back from a pod's API port for an unauthenticated GET. */
export function get(world: World, pod: Pod, path: string): Heard {
  if (world.nodes.some((node) => node.name === pod.node && node.power !== 'on')) {
    return { by: 'api/proxy-silent', is: 'silent' };
  }
  const member = serverIn(world, pod);
  if (member === undefined || member.health === 'gone') {
    return { by: 'api/proxy-refused', is: 'refused' };
  }
  if (member.health === 'silent' || member.health === 'frozen') {
    return { by: 'api/proxy-silent', is: 'silent' };
  }
  switch (path) {
    case '/v1/sys/health':
      return health(world, member);
    case '/v1/sys/leader':
      return leader(world, member);
    case '/v1/sys/ha-status':
      return haStatus(world, member);
    default:
      return answer('vault/path-unknown', 404, { errors: [] });
  }
}

/** The status under which a health answer goes out when the query renames codes (COMMANDS A.1). */
export function renamed(status: number, query: URLSearchParams): number {
  const names: Readonly<Record<number, string>> = {
    200: 'activecode',
    429: 'standbycode',
    474: 'haunhealthycode',
    501: 'uninitcode',
    503: 'sealedcode',
  };
  const name = names[status];
  const code = name === undefined ? null : query.get(name);
  return code === null ? status : Number(code);
}
