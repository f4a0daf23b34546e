import { haStatus, health, leader } from '../../../src/tools/vault/proxy.ts';
import { audited, canary, raftConfiguration } from '../../../src/tools/vault/token.ts';
import type { World } from '../../../src/lab/index.ts';
import type { Cases, InLab } from '../case.ts';

const LEADER = { name: 'vault-2' };
const STANDBY = { name: 'vault-0' };

type Member = World['members'][number];

const HEALTHY: InLab = { scenario: 'healthy' };

/** The healthy raft with its members made otherwise. */
const raft = (how: (member: Member) => Member): InLab => ({
  scenario: 'healthy',
  world: (world) => ({ ...world, members: world.members.map(how) }),
});

const only = (id: string, change: Partial<Member>): InLab =>
  raft((member) => (member.id === id ? { ...member, ...change } : member));

const SEALED = only('vault-0', { sealed: true });
const BLOCKED = only('vault-2', { health: 'blocked' });
const STOPPED = only('vault-2', { health: 'frozen' });
const KILLED = only('vault-2', { health: 'gone' });
/** One of three is left: it stands by, and nobody leads. */
const ALONE = raft((member) => {
  const { activeSince: _, ...rest } = member;
  return { ...rest, role: 'follower', health: member.id === 'vault-0' ? member.health : 'gone' };
});

/** Vault's API without a token, through the pod proxy of the API server, by what the server is. */
export const VAULT_API = {
  'health-uninitialised': {
    about: 'a server that was never initialised',
    asks: ({ site }) => health(site, STANDBY),
    means: { ok: true, value: { initialized: false, sealed: true, standby: true } },
  },
  'leader-uninitialised': {
    about: 'a server that was never initialised',
    asks: ({ site }) => leader(site, STANDBY),
    means: { ok: false, why: 'unreachable' },
  },
  'ha-status-uninitialised': {
    about: 'a server that was never initialised',
    asks: ({ site }) => haStatus(site, STANDBY),
    means: { ok: true },
  },
  'health-active': {
    about: 'the active server',
    asks: ({ site }) => health(site, LEADER),
    means: { ok: true, value: { initialized: true, sealed: false, standby: false } },
    lab: HEALTHY,
  },
  'health-standby': {
    about: 'a standby',
    asks: ({ site }) => health(site, STANDBY),
    means: { ok: true, value: { initialized: true, sealed: false, standby: true } },
    lab: HEALTHY,
  },
  'leader-active': {
    about: 'the active server',
    asks: ({ site }) => leader(site, LEADER),
    means: { ok: true, value: { haEnabled: true, isSelf: true } },
    lab: HEALTHY,
  },
  'leader-standby': {
    about: 'a standby',
    asks: ({ site }) => leader(site, STANDBY),
    means: { ok: true, value: { haEnabled: true, isSelf: false } },
    lab: HEALTHY,
  },
  'ha-status-active': {
    about: 'the active server, without a token',
    asks: ({ site }) => haStatus(site, LEADER),
    means: { ok: true, value: 'leader-answers' },
    lab: HEALTHY,
  },
  'ha-status-standby': {
    about: 'a standby that forwards, without a token',
    asks: ({ site }) => haStatus(site, STANDBY),
    means: { ok: true, value: 'leader-answers' },
    lab: HEALTHY,
  },
  'health-sealed': {
    about: 'a server that was restarted and is sealed',
    asks: ({ site }) => health(site, STANDBY),
    means: { ok: true, value: { initialized: true, sealed: true, standby: true } },
    lab: SEALED,
  },
  'leader-sealed': {
    about: 'a server that was restarted and is sealed',
    asks: ({ site }) => leader(site, STANDBY),
    means: { ok: false, why: 'unreachable' },
    lab: SEALED,
  },
  'ha-status-sealed': {
    about: 'a server that was restarted and is sealed',
    asks: ({ site }) => haStatus(site, STANDBY),
    means: { ok: true, value: 'unknown' },
    lab: SEALED,
  },
  'health-blocked': {
    about: 'a leader whose storage is blocked',
    asks: ({ site }) => health(site, LEADER),
    means: { ok: true, value: { sealed: false, standby: false } },
    lab: BLOCKED,
  },
  'leader-blocked': {
    about: 'a leader whose storage is blocked',
    asks: ({ site }) => leader(site, LEADER),
    means: { ok: true, value: { isSelf: true } },
    lab: BLOCKED,
  },
  'leader-of-blocked': {
    about: 'a standby of a leader whose storage is blocked',
    asks: ({ site }) => leader(site, STANDBY),
    means: { ok: true, value: { isSelf: false } },
    lab: BLOCKED,
  },
  'ha-status-blocked': {
    about: 'a standby of a leader whose storage is blocked',
    asks: ({ site }) => haStatus(site, STANDBY),
    means: { ok: true, value: 'leader-answers' },
    lab: BLOCKED,
  },
  'health-stopped': {
    about: 'a server whose process is stopped whole',
    asks: ({ site }) => health(site, LEADER),
    means: { ok: false, why: 'timeout' },
    lab: STOPPED,
  },
  'health-killed': {
    about: 'a server whose process is gone',
    asks: ({ site }) => health(site, LEADER),
    means: { ok: false, why: 'unreachable' },
    lab: KILLED,
  },
  'health-pod-missing': {
    about: 'no pod of that name',
    asks: ({ site }) => health(site, { name: 'vault-9' }),
    means: { ok: false, why: 'exit' },
    lab: HEALTHY,
  },
  'health-alone': {
    about: 'a standby whose peers are gone',
    asks: ({ site }) => health(site, STANDBY),
    means: { ok: true, value: { sealed: false, standby: true } },
    byChance: true,
    lab: ALONE,
  },
  'leader-alone': {
    about: 'a standby whose peers are gone',
    asks: ({ site }) => leader(site, STANDBY),
    means: { ok: true, value: { isSelf: false } },
    byChance: true,
    lab: ALONE,
  },
  'ha-status-alone': {
    about: 'a standby whose peers are gone',
    asks: ({ site }) => haStatus(site, STANDBY),
    means: { ok: true, value: 'no-active' },
    byChance: true,
    lab: ALONE,
  },
} as const satisfies Cases;

/** The Vault client in a pod with a token on its standard input, by what its server is. */
export const VAULT_CLIENT = {
  peers: {
    about: 'through a standby, with a token',
    asks: ({ site }) => raftConfiguration(site, STANDBY),
    means: { ok: true },
    inPod: true,
    lab: HEALTHY,
  },
  canary: {
    about: 'through a standby, with a token',
    asks: ({ site }) => canary(site, STANDBY, 'run-1'),
    means: { ok: true, value: { acked: true } },
    inPod: true,
    lab: HEALTHY,
  },
  audited: {
    about: 'through a standby, with a token',
    asks: ({ site }) => audited(site, STANDBY),
    means: { ok: true, value: true },
    inPod: true,
    lab: HEALTHY,
  },
  'peers-sealed': {
    about: 'through a server that is sealed',
    asks: ({ site }) => raftConfiguration(site, STANDBY),
    means: { ok: false, why: 'exit' },
    inPod: true,
    lab: SEALED,
  },
  'canary-sealed': {
    about: 'through a server that is sealed',
    asks: ({ site }) => canary(site, STANDBY, 'run-1'),
    means: { ok: true, value: { acked: false } },
    inPod: true,
    lab: SEALED,
  },
  'canary-blocked': {
    about: 'through a standby of a leader whose storage is blocked',
    asks: ({ site }) => canary(site, STANDBY, 'run-1'),
    means: { ok: true, value: { acked: false } },
    inPod: true,
    lab: BLOCKED,
  },
  'peers-stopped': {
    about: 'through a server whose process is stopped whole',
    asks: ({ site }) => raftConfiguration(site, LEADER),
    means: { ok: false, why: 'timeout' },
    inPod: true,
    lab: STOPPED,
  },
  'peers-killed': {
    about: 'in a container whose server is gone',
    asks: ({ site }) => raftConfiguration(site, LEADER),
    means: { ok: false, why: 'exit' },
    inPod: true,
    lab: KILLED,
  },
  'peers-alone': {
    about: 'through a standby whose peers are gone',
    asks: ({ site }) => raftConfiguration(site, STANDBY),
    means: { ok: false, why: 'exit' },
    inPod: true,
    byChance: true,
    lab: ALONE,
  },
  'canary-alone': {
    about: 'through a standby whose peers are gone',
    asks: ({ site }) => canary(site, STANDBY, 'run-1'),
    means: { ok: true, value: { acked: false } },
    inPod: true,
    byChance: true,
    lab: ALONE,
  },
} as const satisfies Cases;
