import { reference } from '../cluster.ts';
import { HUNG_AT, START } from '../start.ts';
import { changeMember } from '../change.ts';
import { hang, plot, SOFT, stick, toStart } from './stage.ts';
import type { Scenario } from './scenario.ts';
import type { World } from '../world.ts';

/** Neither finds the other's name; as long as a leader sends heartbeats nobody notices. */
const strangers = (world: World, one: string, other: string): World =>
  [
    [one, other],
    [other, one],
  ].reduce(
    (now, [from = '', id = '']) =>
      changeMember(now, from, (it) => ({
        ...it,
        unresolved: [...it.unresolved, { id, until: START + 900_000 }],
      })),
    world,
  );

/** Resolvers that do not find names that are there (DOMAIN 2.2, branches; 2.4, 11:38). */
export const nxdomain: Scenario = {
  id: 'nxdomain',
  runbook: 'vault-raft-deadlock',
  title: 'The new pod comes up, and the voters do not find each other',
  story:
    'vault-0, the leader, is silent since 09:00. CoreDNS lost records of vault-internal: until 09:35 vault-1 and vault-2 do not find each other, and nobody notices while heartbeats go on. ' +
    'When vault-0 comes back it finds nobody for ten minutes, and is not found; its next start finds everybody.',
  make: (seed) => {
    const healthy = reference({
      scenario: 'nxdomain',
      seed,
      fsGroupChangePolicy: 'OnRootMismatch',
      leader: 'vault-0',
    });
    const silent = stick(hang(healthy, 'vault-0', 'silent', HUNG_AT), 'vault-0', SOFT);
    const parted = strangers(silent, 'vault-1', 'vault-2');
    return toStart(plot(parted, { unresolvedAfterStart: { id: 'vault-0', forMs: 600_000 } }));
  },
  ends: 'resolved: nobody can be elected at first; vault-0 is deleted once more and finds the others, one of them leads, 3 of 3 are back',
};
