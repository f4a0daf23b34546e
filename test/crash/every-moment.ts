import { expect, test } from 'vitest';
import { crashesOf, scenariosOf } from './crashes.ts';

/** Every event boundary of every scenario of a runbook, in process; how many they were is printed. */
export function everyMomentOf(runbook: string): void {
  test.for(scenariosOf(runbook).map((it) => [it.id, it] as const))(
    '%s goes on from every moment',
    async ([id, scenario]) => {
      const { events, points, distinct, mutations, faults } = await crashesOf(scenario, 'all');
      console.log(
        `${id}: ${events} events, ${mutations} mutations, stopped at ${points} moments (${distinct} different), ${faults.length} faults`,
      );
      for (const fault of faults) console.log(`  ${fault}`);
      expect(faults).toEqual([]);
      expect(points).toBeGreaterThanOrEqual(events - 1);
    },
  );
}
