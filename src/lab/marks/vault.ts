import { assumed, type Behaviours, recorded, type RecordingId } from './mark.ts';

const vault = (name: string): RecordingId => `vault/1.18.1/${name}`;

/** What Vault's servers answer, and what its client prints. */
export const VAULT = {
  'vault/health-active': recorded('the health of the active server', vault('health-active')),
  'vault/health-standby': recorded(
    'the health of a standby',
    vault('health-standby'),
    vault('health-alone'),
  ),
  'vault/health-sealed': recorded('the health of a sealed server', vault('health-sealed')),
  'vault/health-blocked': recorded('the health of a blocked leader', vault('health-blocked')),
  'vault/health-cut-off': assumed(
    'a standby that does not reach the active server says so',
    'Vault 1.19 and later do; 1.18.1 was recorded',
    'COMMANDS.md A.1',
  ),
  'vault/slow': assumed(
    'a slow server answers after seconds',
    'how slow is chosen; what it answers is that of a quick one',
    'COMMANDS.md A.2, slow',
  ),
  'vault/leader-active': recorded(
    'the active server says who leads',
    vault('leader-active'),
    vault('leader-blocked'),
  ),
  'vault/leader-standby': recorded(
    'a standby names the last leader it knew',
    vault('leader-standby'),
    vault('leader-of-blocked'),
    vault('leader-alone'),
  ),
  'vault/leader-not-active': assumed(
    'a raft leader that is not active names nobody',
    'no such state was brought about',
    'COMMANDS.md A.2 iii',
  ),
  'vault/leader-sealed': recorded('a sealed server does not say who leads', vault('leader-sealed')),
  'vault/ha-status': recorded(
    'the leader turns down what has no token',
    vault('ha-status-active'),
    vault('ha-status-standby'),
    vault('ha-status-blocked'),
  ),
  'vault/ha-status-sealed': recorded('a sealed server forwards nothing', vault('ha-status-sealed')),
  'vault/ha-status-no-active': recorded('a standby knows no leader', vault('ha-status-alone')),
  'vault/ha-status-hangs': assumed(
    'what a standby forwards to a leader that hangs does not come back',
    'a leader that is stopped whole loses its office within seconds',
    'COMMANDS.md A.2',
  ),
  'vault/path-unknown': assumed(
    'has no such path',
    'the product does not ask it',
    'COMMANDS.md A.1',
  ),
  'vault-client/peers': recorded('lists the raft configuration', vault('peers')),
  'vault-client/canary': recorded('acknowledges a write', vault('canary')),
  'vault-client/audited': recorded('looks a token up', vault('audited')),
  'vault-client/sealed': recorded(
    'a sealed server refuses',
    vault('peers-sealed'),
    vault('canary-sealed'),
  ),
  'vault-client/no-active': recorded(
    'a standby knows no leader',
    vault('peers-alone'),
    vault('canary-alone'),
  ),
  'vault-client/refused': recorded('nobody listens', vault('peers-killed')),
  'vault-client/silent': recorded(
    'no answer before the client gives up',
    vault('peers-stopped'),
    vault('canary-blocked'),
  ),
  'vault-client/killed': assumed(
    'the client is killed in the pod before it gives up',
    'the product gives the client less time than the pod has',
    'timeout(1): SIGKILL of its own child is 137',
  ),
  'vault-client/audit-fails': assumed(
    'a request that cannot be audited fails',
    'no audit device that fails was set up',
    'COMMANDS.md A.2 iii; OpenBao, audit broker',
  ),
  'curl/status': assumed(
    'the outside gets the status through an ingress',
    'no ingress runs in the suite; how it answers for a dead backend is that of Traefik',
    'DOMAIN.md 2.2, symptoms',
  ),
  'curl/late': assumed(
    'the outside gets no answer in time',
    'no ingress runs in the suite',
    'curl(1), exit code 28',
  ),
} as const satisfies Behaviours;
