import { describe, expect, test } from 'vitest';
import { findScenario } from '../../src/lab/index.ts';
import { rehearsed } from '../crash/crashes.ts';
import { takenUp, undisturbed, untilFull } from '../crash/life.ts';
import { endOf, notOnce } from '../crash/once.ts';

/** The disk is full at one moment after the other, around every mutation of a run (DESIGN: promise 4). */
describe('a run whose disk is full', async () => {
  const scenario = findScenario('kernel-nfs-reset');
  if (scenario === undefined) throw new Error('no such scenario');
  const it = await rehearsed(scenario);
  const whole = await undisturbed(it);
  const around = whole.events.flatMap((event, i) =>
    event.type === 'intent.written' && event.does === 'mutates'
      ? [i - 1, i, i + 1, i + 2, i + 3]
      : [],
  );
  const moments = [...new Set([0, 1, ...around])];

  test.for(moments)('after %i events changes nothing more', async (room) => {
    const full = await untilFull(it, room);
    expect(full.error).toMatchObject({ message: 'no space left on device' });
    expect(full.events).toHaveLength(room);
    // What is not on disk as begun has not begun: the world has no mutation more than that.
    const begun = full.events.filter((e) => e.type === 'command.started' && e.does === 'mutates');
    expect(full.world.mutations.length).toBeLessThanOrEqual(begun.length);
  });

  test('goes on once there is room, and each mutation is there once', async () => {
    for (const room of moments.filter((n) => n > 0)) {
      const full = await untilFull(it, room);
      const journal = JSON.parse(JSON.stringify(full.events)) as typeof full.events;
      const again = await takenUp(it, journal, full);
      expect(notOnce(again)).toEqual([]);
      expect(endOf(again)).toEqual(endOf(whole));
    }
  });
});
