/** How a fake Vault behaves; sent to it whole whenever it changes. */
export interface VaultState {
  /** `silent` accepts connections and never sends a byte, as a frozen process does. */
  readonly mode: 'active' | 'standby' | 'sealed' | 'silent';
  /** Whom `/v1/sys/leader` names, even when nobody leads. */
  readonly leader: { readonly apiAddress: string; readonly clusterAddress: string } | undefined;
  /** What a standby makes of `/v1/sys/ha-status` without a token, which it forwards. */
  readonly haStatus: 'answers' | 'no-active' | 'hangs';
  /** What a standby of Vault 1.19 or newer says of its link to the leader. */
  readonly heartbeat: 'absent' | 'healthy' | 'lost';
  readonly version: string;
  readonly clusterName: string;
  readonly raftIndex: number;
}

/** A healthy standby that knows no leader; the base of every other state. */
export const STANDBY: VaultState = {
  mode: 'standby',
  leader: undefined,
  haStatus: 'answers',
  heartbeat: 'absent',
  version: '1.18.1',
  clusterName: 'vault-cluster-sre-e2e',
  raftIndex: 2_475_732,
};
