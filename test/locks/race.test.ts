import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Locks } from '../../src/engine/ports.ts';
import { isLease, never, shared } from './shared.ts';
import type { Fate, Shared } from './shared.ts';

/**
 * Runs that start at the same moment, in every order of their commands that the scheduler finds, with answers that get lost.
 * Whoever may change something is told so by a report without a refusal.
 */

type Op = 'renew' | 'release';

/** Which lock a run cannot reach at all; of two runs at least one lock is within reach of both. */
interface Runner {
  readonly away: 'lease' | 'host' | 'none';
  /** The fate of its first commands; all later ones are answered. */
  readonly fates: readonly Fate[];
  readonly ops: readonly Op[];
}

const runner = fc.record<Runner>({
  away: fc.constantFrom('none', 'none', 'lease', 'host'),
  fates: fc.array(
    fc.constantFrom<Fate>('answered', 'answered', 'lost-before', 'lost-after', 'never-begun'),
    { maxLength: 8 },
  ),
  ops: fc.array(fc.constantFrom<Op>('renew', 'renew', 'release'), { maxLength: 4 }),
});

/** That all have one lock in reach that no other failure takes away. */
const oneReach = (runners: readonly Runner[]): boolean =>
  !(runners.some((it) => it.away === 'lease') && runners.some((it) => it.away === 'host'));

const keeperOf = (
  on: Shared,
  run: string,
  it: Runner,
  s: fc.Scheduler,
  looks: 'answered' | 'lost',
): Locks => {
  const fates = [...it.fates];
  return on.keeper(run, {
    hop: () => s.schedule(Promise.resolve(), run),
    fate: (command) => {
      if (it.away === (isLease(command) ? 'lease' : 'host')) return 'never-begun';
      const fate = fates.shift() ?? 'answered';
      // A look that fails hides the one lock that both reach, as if it were away; a write that fails is read back.
      return looks === 'answered' && command.does === 'reads' ? 'answered' : fate;
    },
  });
};

/** Takes and then does what is asked; tells who may change something at any moment. */
async function live(
  locks: Locks,
  { ops }: Runner,
  mayChange: (yes: boolean) => void,
  hop: () => Promise<void>,
): Promise<void> {
  const first = await locks.take('x', never);
  mayChange(first.refusal === undefined);
  if (first.refusal !== undefined) return;
  for (const op of ops) {
    // It is at its mutation, while others come and go.
    // oxlint-disable-next-line no-await-in-loop -- a run does one thing after the other
    await hop();
    // A renewal is the gate: until its answer is there, nothing is changed.
    mayChange(false);
    // oxlint-disable-next-line no-await-in-loop -- a run does one thing after the other
    const report = await (op === 'renew' ? locks.renew('y', never) : locks.release(never));
    if (op === 'release' || report.refusal !== undefined) return;
    mayChange(true);
  }
  await hop();
  mayChange(false);
  await locks.release(never);
}

test('of runs that begin at the same moment at most one may change something, at any moment', async () => {
  let most = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(runner, { minLength: 2, maxLength: 3 }).filter(oneReach),
      async (s, runners) => {
        const clean = runners.map((it) => ({
          ...it,
          // A write that does not arrive is as if that lock were away.
          fates: it.fates.filter((fate) => fate === 'answered' || fate === 'lost-after'),
        }));
        const on = shared();
        const may = new Set<number>();
        let worst = 0;
        const lives = clean.map((it, i) =>
          live(
            keeperOf(on, `R${i}`, it, s, 'answered'),
            it,
            (yes) => {
              if (yes) may.add(i);
              else may.delete(i);
              worst = Math.max(worst, may.size);
            },
            () => s.schedule(Promise.resolve(), `R${i} acts`),
          ),
        );
        await s.waitFor(Promise.all(lives));
        most = Math.max(most, worst);
        expect(worst).toBeLessThanOrEqual(1);
      },
    ),
    { numRuns: 150 },
  );
  expect(most).toBe(1);
});

test('whatever gets lost, nothing is left held by a run that was refused and could give it back', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(runner, { minLength: 2, maxLength: 3 }),
      async (s, runners) => {
        const on = shared();
        const keepers = runners.map((it, i) => keeperOf(on, `R${i}`, it, s, 'lost'));
        const all = keepers.map(async (locks) => {
          await locks.take('x', never);
          // The lost answers are used up after a few rounds.
          for (let i = 0; i < 9; i += 1) {
            // oxlint-disable-next-line no-await-in-loop -- one round after the other
            await locks.release(never);
          }
        });
        await s.waitFor(Promise.all(all));
        expect(on.world.runLease?.spec.holderIdentity).toBeUndefined();
        expect(on.world.runLock?.holder).toBeUndefined();
      },
    ),
    { numRuns: 100 },
  );
});

test('the numbers only grow, whoever takes, gives back or takes over', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          run: fc.constantFrom('A', 'B', 'C'),
          op: fc.constantFrom('take', 'over', 'renew', 'release'),
          wait: fc.constantFrom(0, 10, 300),
        }),
        { maxLength: 14 },
      ),
      async (steps) => {
        const on = shared();
        const of = (how: object) =>
          new Map(['A', 'B', 'C'].map((run) => [run, on.keeper(run, how)]));
        const [plain, over] = [of({}), of({ takeOver: 'a reason' })];
        let [lease, host] = [0, 0];
        for (const { run, op, wait } of steps) {
          on.after(wait);
          const locks = (op === 'over' ? over : plain).get(run);
          const before = [on.world.runLease?.spec.holderIdentity, on.world.runLock?.holder?.run];
          // oxlint-disable no-await-in-loop -- one step after the other
          if (op === 'take' || op === 'over') await locks?.take('x', never);
          if (op === 'renew') await locks?.renew('x', never);
          if (op === 'release') await locks?.release(never);
          // oxlint-enable no-await-in-loop
          const [nextLease, nextHost] = [
            on.world.runLease?.spec.leaseTransitions ?? 0,
            on.world.runLock?.number ?? 0,
          ];
          expect(nextLease).toBeGreaterThanOrEqual(lease);
          expect(nextHost).toBeGreaterThanOrEqual(host);
          const [byLease, byHost] = [
            on.world.runLease?.spec.holderIdentity,
            on.world.runLock?.holder?.run,
          ];
          const anew = (by: string | undefined, i: 0 | 1) => by !== undefined && by !== before[i];
          expect(!anew(byLease, 0) || nextLease > lease).toBe(true);
          expect(!anew(byHost, 1) || nextHost > host).toBe(true);
          [lease, host] = [nextLease, nextHost];
        }
      },
    ),
    { numRuns: 150 },
  );
});
