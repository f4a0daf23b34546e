import { expect, test } from 'vitest';
import { crashesOf, scenariosOf } from '../crash/crashes.ts';

/** A few of what `npm run test:crash` does at every moment of every scenario. */

const scenarios = [...scenariosOf('vault-raft-deadlock'), ...scenariosOf('kernel-nfs-reset')];

test.for(['vault-raft-deadlock', 'zombie-terminating', 'kernel-nfs-reset', 'reset-no-op'])(
  '%s is stopped around each of its mutations, and does nothing twice',
  async (id) => {
    const scenario = scenarios.find((it) => it.id === id);
    if (scenario === undefined) throw new Error(`the lab has no scenario ${id}`);
    const { points, mutations, faults } = await crashesOf(scenario, 'mutations');
    expect(faults).toEqual([]);
    expect(points).toBeGreaterThanOrEqual(3 * mutations);
  },
);

test.for(['standby-hung', 'server-hung'])('%s is stopped at every moment', async (id) => {
  const scenario = scenarios.find((it) => it.id === id);
  if (scenario === undefined) throw new Error(`the lab has no scenario ${id}`);
  const { events, points, faults } = await crashesOf(scenario, 'all');
  expect(faults).toEqual([]);
  expect(points).toBe(events - 1);
});
