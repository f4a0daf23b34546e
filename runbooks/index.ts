import type { Runbook } from '../src/runbook/runbook.ts';
import vaultRaftDeadlock from './vault-raft-deadlock/runbook.ts';

/** The runbooks that ship with sre. */
export const runbooks: readonly Runbook[] = [vaultRaftDeadlock];
