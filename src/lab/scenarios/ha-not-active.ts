import { reference } from '../cluster.ts';
import { changeMember, changeMembers, label } from '../change.ts';
import { stands, wins } from '../raft-lines.ts';
import { ago, leaderless, podNamed, toStart } from './stage.ts';
import type { Scenario } from './scenario.ts';

/** A raft leader whose HA layer was never activated (COMMANDS A.2 iii; DOMAIN 2.4, 10:48). */
export const haNotActive: Scenario = {
  id: 'ha-not-active',
  runbook: 'vault-raft-deadlock',
  title: 'Raft has a leader, and Vault has no active node',
  story:
    'At 09:01 vault-0 lost the lead; vault-2 won the election and leads raft since. Its HA layer never came up: nobody is active, vault-active has no endpoint. ' +
    'A restart of that pod lets another take over.',
  make: (seed) => {
    const healthy = reference({
      scenario: 'ha-not-active',
      seed,
      fsGroupChangePolicy: 'OnRootMismatch',
    });
    const led = changeMembers(healthy, (member) => ({ ...leaderless(member), term: 32 }));
    const stuck = changeMember(led, 'vault-2', (member) => ({
      ...member,
      activates: 'never',
      log: [
        ...member.log,
        ...[...stands('vault-2', 'vault-0', 32), ...wins('vault-2', 32, 2)].map((text) => ({
          at: ago(19),
          level: 'INFO' as const,
          text,
        })),
      ],
    }));
    return toStart(label(stuck, podNamed(stuck, 'vault-2').uid, 'vault-active', 'false'));
  },
  ends: 'resolved: vault-2 is deleted once, another voter leads and becomes active, 3 of 3 are back',
};
