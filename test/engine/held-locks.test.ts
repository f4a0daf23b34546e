import { describe, expect, test } from 'vitest';
import type { LockReport, Locks, LockWord } from '../../src/engine/ports.ts';
import { mutates } from './fake/commands.ts';
import { setting, withAction } from './fake/removal.ts';
import { endOf, ofType, only, resume, run, upTo } from './fake/run.ts';
import { untilCalledOff } from './fake/world.ts';

const word = (verdict: LockWord['verdict'], because = verdict as string): LockWord => ({
  lock: 'lease',
  where: 'Lease kube-system/sre-run',
  verdict,
  because,
  ...(verdict === 'held' ? { number: 7 } : {}),
});
const HELD: LockReport = { words: [word('held')] };
const REFUSED: LockReport = {
  words: [word('refused')],
  refusal: 'run 01K of ops@desk has it',
};
const LOST: LockReport = { words: [word('lost')], refusal: 'the lock was lost' };

/** Locks that say one thing after the other, and write down what they were asked. */
function locksThat(take: LockReport, ...renewals: readonly LockReport[]) {
  const asked: string[] = [];
  let nth = 0;
  const locks: Locks = {
    take: async (purpose) => (asked.push(`take for ${purpose}`), take),
    renew: async () => (asked.push('renew'), renewals[nth++] ?? renewals.at(-1) ?? HELD),
    release: async () => (asked.push('release'), { words: [word('released')] }),
  };
  return { locks, asked };
}

describe('the locks of a run', () => {
  test('are taken before an action is prepared, verified before it mutates, and given back', async () => {
    const { locks, asked } = locksThat(HELD);
    const { events } = await run(setting, { operator: ['yes'], locks });
    expect(asked).toEqual(['take for Remove the pod', 'renew', 'release']);
    expect(ofType(events, 'lock.judged').map((it) => it.verdict)).toEqual(['held', 'released']);
    const [held] = ofType(events, 'lock.judged');
    expect(held?.seq).toBeLessThan(only(events, 'confirmation.asked').seq);
    expect(endOf(events)).toMatchObject({ result: 'resolved' });
    expect(events.at(-1)?.type).toBe('run.finished');
  });

  test('that another run has end it before anybody is asked, with exit code 6', async () => {
    const { locks } = locksThat(REFUSED);
    const { events, world } = await run(setting, { locks });
    expect(endOf(events)).toMatchObject({ result: 'locked', exitCode: 6 });
    expect(endOf(events).because).toBe('run 01K of ops@desk has it');
    expect(world.cards).toEqual([]);
    expect(world.ran).not.toContain('delete');
  });

  test('lost in the middle stop it before the next mutation', async () => {
    const { locks } = locksThat(HELD, LOST);
    const { events, world } = await run(setting, { operator: ['yes'], locks });
    expect(endOf(events)).toMatchObject({ result: 'locked', exitCode: 6 });
    expect(ofType(events, 'intent.written')).toEqual([]);
    expect(world.ran).not.toContain('delete');
  });

  test('lost between two commands leave the first one in doubt', async () => {
    const two = withAction({ commands: () => [mutates('cordon'), mutates('delete')] });
    const { locks, asked } = locksThat(HELD, HELD, LOST);
    const { events, world } = await run(two, {
      says: { cordon: 'done' },
      operator: ['yes'],
      locks,
    });
    expect(world.ran).not.toContain('delete');
    expect(endOf(events)).toMatchObject({ result: 'in-doubt', exitCode: 5 });
    expect(asked.at(-1)).toBe('release');
  });

  test('are not asked by a plan, nor by a run that only looks', async () => {
    const { locks, asked } = locksThat(HELD);
    await run({ ...setting, mode: 'plan' }, { locks });
    await run(setting, { says: { pod: { ...ABSENT } }, locks });
    expect(asked).toEqual([]);
  });

  test('are not needed to probe what is in doubt, and are taken for what comes after', async () => {
    const { events } = await run(setting, { operator: ['yes'] });
    const dead = upTo(events, (it) => it.type === 'intent.written');
    const { locks, asked } = locksThat(HELD);
    await resume(setting, dead, { says: { pod: 'uid-2' }, locks });
    expect(asked).toEqual([]);
    await resume(setting, dead, {
      says: { pod: [...Array(8).fill('uid-1'), 'uid-2'] },
      failures: ['retry'],
      operator: ['yes'],
      locks,
    });
    expect(asked).toEqual(['take for Remove the pod', 'renew', 'release']);
  });

  test('are given back where the journal cannot be kept any more', async () => {
    const { locks, asked } = locksThat(HELD);
    const failing = run(setting, {
      operator: ['yes'],
      locks,
      fails: (it) => it.type === 'intent.written',
    });
    await expect(failing).rejects.toThrow('no space left');
    expect(asked.at(-1)).toBe('release');
  });

  test('asked while Ctrl-C comes do not count as refused', async () => {
    const { locks } = locksThat(REFUSED);
    const { events } = await run(setting, {
      locks: {
        ...locks,
        take: async (purpose, signal) => {
          await untilCalledOff(signal);
          return locks.take(purpose, signal);
        },
      },
      pressAt: 0,
      when: (event, world) => {
        if (event.type === 'step.concluded') world.press();
      },
    });
    expect(endOf(events)).toMatchObject({ result: 'interrupted', exitCode: 130 });
  });
});

const ABSENT = {
  ending: { how: 'exited', code: 1 },
  stdout: '',
  stderr: 'not found',
  truncated: false,
} as const;
