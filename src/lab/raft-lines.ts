import { between } from './chance.ts';
import { say } from './change.ts';
import { peerAddress, podOf } from './raft.ts';
import type { Member, World } from './world.ts';

/** What Vault and raft write into their logs (COMMANDS A.4: leader log lines; DOMAIN 2.2: symptoms). */

const socket = (world: World, from: Member, to: Member): string => {
  const port = between(32768, 60999, world.seed, from.id, to.id, world.at);
  return `${podOf(world, from)?.ip ?? '10.10.0.1'}:${port}->${podOf(world, to)?.ip ?? '10.10.0.2'}:8201`;
};

const voter = (id: string): string => `"{Voter ${id} ${peerAddress(id)}}"`;

/** The line of a peer that gets no sense out of a hung server, about every 2–5 s. */
export function complaint(world: World, from: Member, about: Member): string {
  const error = `msgpack decode error [pos 0]: read tcp ${socket(world, from, about)}: i/o timeout`;
  return between(0, 2, world.seed, 'complaint', from.id, world.at) === 0
    ? `storage.raft: failed to make requestVote RPC: target=${voter(about.id)} error="${error}" term=${from.term}`
    : `storage.raft: failed to heartbeat to: peer=${peerAddress(about.id)} backoff time=2.5s error="${error}"`;
}

/** The line of a leader that cannot reach a server without a process. */
export function missing(world: World, about: Member): string {
  const pod = podOf(world, about);
  const error =
    pod?.ip === undefined
      ? `dial tcp: lookup ${about.id}.vault-internal on 10.96.0.10:53: no such host`
      : `dial tcp ${pod.ip}:8201: connect: connection refused`;
  return `storage.raft: failed to heartbeat to: peer=${peerAddress(about.id)} backoff time=2.5s error="${error}"`;
}

/** The line of a peer whose resolver does not find a name that is there (DOMAIN 2.2). */
export const unresolved = (id: string): string =>
  `storage.raft: failed to heartbeat to: peer=${peerAddress(id)} backoff time=2.5s error="dial tcp: lookup ${id}.vault-internal on 10.96.0.10:53: no such host"`;

/** The lines of a standby whose client gives up on a request that the leader does not answer (recorded: Vault 1.18.1). */
export const UNFORWARDED: readonly string[] = [
  'core: error during forwarded RPC request: error="rpc error: code = Canceled desc = context canceled"',
  'core: forward request error: error="error during forwarding RPC request"',
];

/** The lines of a follower that stands for election. */
export const stands = (id: string, last: string | undefined, term: number): readonly string[] => [
  `storage.raft: heartbeat timeout reached, starting election: last-leader-addr=${last === undefined ? '' : peerAddress(last)} last-leader-id=${last ?? ''}`,
  `storage.raft: entering candidate state: node="Node at ${peerAddress(id)} [Candidate]" term=${term}`,
];

/** The lines of the winner. */
export const wins = (id: string, term: number, tally: number): readonly string[] => [
  `storage.raft: election won: term=${term} tally=${tally}`,
  `storage.raft: entering leader state: leader="Node at ${peerAddress(id)} [Leader]"`,
];

/** The lines of a server that becomes active. */
export const ACTIVATES: readonly string[] = [
  'core: acquired lock, enabling active operation',
  'core: post-unseal setup starting',
  'core: post-unseal setup complete',
];

/** The lines of a server whose data can be read and whose key is not there yet. */
export const STARTS: readonly string[] = [
  'core: raft retry join initiated',
  'core: Initializing version history cache for core',
];

/** The lines of a server that was unsealed. */
export const unsealed = (id: string): readonly string[] => [
  'core.cluster-listener.tcp: starting listener: listener_address=0.0.0.0:8201',
  'core: vault is unsealed',
  `storage.raft: entering follower state: follower="Node at ${peerAddress(id)} [Follower]" leader-address= leader-id=`,
  'core: entering standby mode',
];

/** The line of an active server whose audit device cannot write (DOMAIN 2.2; 2.4, 11:18). */
export const AUDIT_FAILS =
  'core: failed to audit request: path=auth/token/lookup-self error="event not processed by enough \'sink\' nodes: context deadline exceeded"';

/** Writes lines about a server's own role into its log. */
export const sayRoles = (world: World, id: string, lines: readonly string[]): World =>
  lines.reduce(
    (now, line) => say(now, id, line.includes('timeout reached') ? 'WARN' : 'INFO', line),
    world,
  );
