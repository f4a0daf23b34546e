import { reference } from '../cluster.ts';
import { START } from '../start.ts';
import { plot, toStart } from './stage.ts';
import type { Scenario } from './scenario.ts';

/** A process frozen whole (COMMANDS A.2, S2). */
export const processFrozen: Scenario = {
  id: 'process-frozen',
  runbook: 'vault-raft-deadlock',
  title: 'The leader is stopped whole, and the others elect',
  story:
    'vault-2, the raft leader, has just been stopped with SIGSTOP: the kernel still accepts its connections, and its heartbeats are over. ' +
    'The standbys elect a new leader within ten seconds; then vault-2 is a failed member, and no leader to remove.',
  make: (seed) => {
    const healthy = reference({
      scenario: 'process-frozen',
      seed,
      fsGroupChangePolicy: 'OnRootMismatch',
    });
    const strikes = [{ at: START, id: 'vault-2', health: 'frozen' }] as const;
    return toStart(plot(healthy, { strikes, electionMs: [8_500, 9_900] }));
  },
  ends: 'escalate, nothing touched: another voter leads since about 09:20:10, and vault-2 does not answer',
};
