import type { VaultState } from './vault-state.ts';

/** An answer of Vault's API; `hang` means that none ever comes. */
export type VaultAnswer = { readonly code: number; readonly body: unknown } | 'hang';

/** What a Vault in this state answers without a token. */
export function answerOf(state: VaultState, url: URL): VaultAnswer {
  if (state.mode === 'silent') return 'hang';
  switch (url.pathname) {
    case '/v1/sys/health':
      return health(state, url.searchParams);
    case '/v1/sys/seal-status':
      return { code: 200, body: sealStatus(state) };
    case '/v1/sys/leader':
      return state.mode === 'sealed' ? sealed() : { code: 200, body: leader(state) };
    case '/v1/sys/ha-status':
      return haStatus(state);
    default:
      return errors(state.mode === 'sealed' ? 503 : 403, 'permission denied');
  }
}

function health(state: VaultState, query: URLSearchParams): VaultAnswer {
  const standby = state.mode !== 'active';
  const code = healthCode(state, query);
  if (Number.isNaN(code)) return errors(400, 'bad status code');
  const cluster = { cluster_name: state.clusterName, cluster_id: CLUSTER_ID };
  const body = {
    initialized: true,
    sealed: state.mode === 'sealed',
    standby,
    performance_standby: false,
    replication_performance_mode: state.mode === 'sealed' ? 'unknown' : 'disabled',
    replication_dr_mode: state.mode === 'sealed' ? 'unknown' : 'disabled',
    server_time_utc: Math.floor(Date.now() / 1000),
    version: state.version,
    enterprise: false,
    ...(state.mode === 'sealed' ? {} : cluster),
    ...heartbeatFields(state),
  };
  return { code, body };
}

function healthCode({ mode, heartbeat }: VaultState, query: URLSearchParams): number {
  const chosen = (name: string, otherwise: number) => Number(query.get(name) ?? otherwise);
  if (mode === 'sealed') return chosen('sealedcode', 503);
  if (mode === 'active') return chosen('activecode', 200);
  if (heartbeat === 'lost') return chosen('haunhealthycode', 474);
  return truthy(query.get('standbyok')) ? chosen('activecode', 200) : chosen('standbycode', 429);
}

function heartbeatFields({ mode, heartbeat }: VaultState): object {
  if (mode !== 'standby' || heartbeat === 'absent') return {};
  const healthy = heartbeat === 'healthy';
  return {
    ha_connection_healthy: healthy,
    last_request_forwarding_heartbeat_ms: healthy ? 1200 : 45_000,
  };
}

function sealStatus({ mode, version, clusterName }: VaultState): unknown {
  const cluster = { cluster_name: clusterName, cluster_id: CLUSTER_ID };
  return {
    type: 'shamir',
    initialized: true,
    sealed: mode === 'sealed',
    t: 1,
    n: 1,
    progress: 0,
    nonce: '',
    version,
    build_date: '2024-10-29T14:21:31Z',
    migration: false,
    recovery_seal: false,
    storage_type: 'raft',
    ...(mode === 'sealed' ? {} : cluster),
  };
}

function leader({ mode, leader: named, raftIndex }: VaultState): unknown {
  const active = mode === 'active';
  return {
    ha_enabled: true,
    is_self: active,
    active_time: active ? '2026-04-20T07:12:44.118274Z' : '0001-01-01T00:00:00Z',
    leader_address: named?.apiAddress ?? '',
    leader_cluster_address: named?.clusterAddress ?? '',
    performance_standby: false,
    performance_standby_last_remote_wal: 0,
    raft_committed_index: raftIndex,
    raft_applied_index: raftIndex,
  };
}

function haStatus(state: VaultState): VaultAnswer {
  if (state.mode === 'sealed') return sealed();
  if (state.mode === 'active' || state.haStatus === 'answers')
    return errors(403, 'permission denied');
  if (state.haStatus === 'hangs') return 'hang';
  return errors(500, 'local node not active but active cluster node not found');
}

function sealed(): VaultAnswer {
  return errors(503, 'Vault is sealed');
}

function errors(code: number, message: string): VaultAnswer {
  return { code, body: { errors: [message] } };
}

function truthy(value: string | null): boolean {
  return value !== null && value !== 'false' && value !== '0';
}

const CLUSTER_ID = '3d5e0a0e-6c5b-4f0e-9d6e-0f6d2a3b7c11';
