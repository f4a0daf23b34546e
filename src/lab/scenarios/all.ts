import type { Scenario } from './scenario.ts';
import { vaultRaftDeadlock } from './vault-raft-deadlock.ts';

/** Every incident that can be rehearsed; the first is the default. */
export const scenarios: readonly Scenario[] = [vaultRaftDeadlock];

/** The scenario of that id. */
export const findScenario = (id: string): Scenario | undefined =>
  scenarios.find((scenario) => scenario.id === id);
