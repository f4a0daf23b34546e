import { describe, expect, test } from 'vitest';
import type { Action } from '../../src/runbook/step.ts';
import { calm, podThen, setting, withAction } from './fake/removal.ts';
import { failed, hung, reads } from './fake/commands.ts';
import { endOf, ofType, only, resume, run, way } from './fake/run.ts';
import type { Script } from './fake/world.ts';

/** Runs the removal where nothing may be issued, and makes sure of it. */
async function untouched(script: Script, where = setting) {
  const it = await run(where, script);
  expect(it.world.ran).not.toContain('delete');
  expect(ofType(it.events, 'intent.written')).toEqual([]);
  return it;
}

describe('a guard', () => {
  test.for([
    ['fails', 'too few', 'quorum: too few'],
    ['could not be read', hung, 'quorum: no answer within 5 s'],
  ] as const)('that %s blocks, and nobody is asked', async ([, votes, because]) => {
    const { events, world } = await untouched({ says: { votes } });
    expect(world.cards).toEqual([]);
    expect(way(events)).toEqual(['look → found', 'remove → blocked']);
    expect(ofType(events, 'step.concluded').at(-1)).toMatchObject({ because });
    expect(endOf(events)).toMatchObject({ result: 'unsafe', exitCode: 3 });
  });

  test('that fails beside another is named with it', async () => {
    const { events } = await untouched({ says: { votes: 'too few', upgrades: 'one' } });
    expect(ofType(events, 'guard.judged')).toHaveLength(2);
    expect(ofType(events, 'step.concluded').at(-1)?.because).toBe(
      'quorum: too few; maintenance: one',
    );
  });
});

describe('the drift gate before the confirmation', () => {
  test('leads on where the evidence has changed, and nobody is asked', async () => {
    const { events, world } = await untouched({ says: { signal: 'answers' } });
    expect(world.cards).toEqual([]);
    expect(way(events)).toEqual([
      'look → found',
      'remove → drifted',
      'look → found',
      'remove → drifted',
    ]);
    expect(only(events, 'run.finished').result).toBe('escalate');
  });

  test('blocks where the evidence could not be sampled', async () => {
    const { events, world } = await untouched({ says: { signal: failed } });
    expect(world.cards).toEqual([]);
    expect(way(events)).toEqual(['look → found', 'remove → blocked']);
    expect(ofType(events, 'step.concluded').at(-1)?.because).toContain(
      'the evidence could not be sampled again',
    );
  });
});

describe('the drift gate after a yes', () => {
  test('voids the yes where the evidence has changed, and nothing is intended', async () => {
    const { events } = await untouched({
      says: { signal: ['silent', 'answers', 'silent', 'answers'] },
      operator: ['yes', 'yes'],
    });
    expect(way(events)).toEqual([
      'look → found',
      'remove → drifted',
      'look → found',
      'remove → drifted',
    ]);
    expect(ofType(events, 'confirmation.answered').map((it) => [it.answer, it.by])).toEqual([
      ['yes', 'ann'],
      ['voided', 'sre'],
      ['yes', 'ann'],
      ['voided', 'sre'],
    ]);
  });

  test('voids the yes where the evidence could not be sampled, and blocks', async () => {
    const { events } = await untouched({ says: { signal: ['silent', hung] }, operator: ['yes'] });
    expect(ofType(events, 'confirmation.answered').map((it) => it.answer)).toEqual([
      'yes',
      'voided',
    ]);
    expect(way(events)).toEqual(['look → found', 'remove → blocked']);
  });

  test('is sampled anew, not taken from the look before', async () => {
    const { events } = await run(setting, { operator: ['yes'] });
    const looks = ofType(events, 'command.started').filter((it) => it.purpose === 'drift');
    expect(looks.map((it) => it.sample)).toEqual([0, 1]);
    const [first, second] = looks.map((it) => Date.parse(it.since ?? it.at));
    expect(second).toBeGreaterThan(first ?? Number.NaN);
  });
});

describe("the target's identity", () => {
  test('that cannot be read blocks, and nobody is asked', async () => {
    const { events, world } = await untouched({ says: { pod: ['uid-1', hung] } });
    expect(world.cards).toEqual([]);
    expect(ofType(events, 'step.concluded').at(-1)).toMatchObject({
      outcome: 'blocked',
      because: "the target's identity could not be read: pod: no answer within 5 s",
    });
  });

  test('blocks, too, where one of many cannot be read', async () => {
    const effect: Action['effect'] = {
      proof: '',
      every: '5s',
      within: '30s',
      identity: () => ({ pods: [reads('pod'), reads('other')], none: undefined }),
      judge: () => ({ effect: 'confirmed', because: '' }),
    };
    const { events } = await untouched({ says: { other: failed } }, withAction({ effect }));
    expect(ofType(events, 'step.concluded').at(-1)?.because).toContain('pods[1]: ');
  });

  test('is what a command says, even where that has a field called `unknown`', async () => {
    const odd = { ...reads('odd'), read: () => ({ ok: true, value: { unknown: 'x' } }) as const };
    const effect: Action['effect'] = {
      proof: '',
      every: '5s',
      within: '30s',
      identity: () => ({ odd }),
      judge: () => ({ effect: 'confirmed', because: '' }),
    };
    const { events } = await run(withAction({ effect }), {
      says: { odd: '' },
      operator: ['yes'],
    });
    expect(way(events).at(-1)).toBe('remove → confirmed');
  });
});

describe('the operator', () => {
  test.for([
    ['no', 'remove → declined', 'the operator said no', 'escalate', 3],
    ['skip', 'remove → skipped', 'skipped by the operator', 'escalate', 3],
  ] as const)('who says %s leads on: %s', async ([answer, step, because, result, exitCode]) => {
    const { events } = await untouched({ operator: [{ answer, note: 'not now' }] });
    expect(way(events).at(-1)).toBe(step);
    expect(ofType(events, 'step.concluded').at(-1)?.because).toBe(`${because}: not now`);
    expect(endOf(events)).toMatchObject({ result, exitCode });
  });

  test('who aborts ends the run where it stands', async () => {
    const { events } = await untouched({ operator: [{ answer: 'abort', note: 'lunch' }] });
    expect(endOf(events)).toEqual({
      result: 'aborted',
      exitCode: 4,
      because: 'stopped by the operator: lunch',
    });
  });
});

describe('a confirmation that expires', () => {
  test('is asked again after a fresh sample and a fresh identity', async () => {
    const { events, world } = await run(setting, {
      says: { pod: ['uid-1', 'uid-1', 'uid-1', 'uid-2'] },
      operator: ['expired', 'yes'],
    });
    expect(way(events).at(-1)).toBe('remove → confirmed');
    expect(world.cards).toHaveLength(2);
    const between = events.slice(
      events.findIndex((it) => it.type === 'confirmation.answered') + 1,
      events.findLastIndex((it) => it.type === 'confirmation.asked'),
    );
    const words = between.filter((it) => !it.type.startsWith('command.'));
    expect(words.map((it) => it.type)).toEqual([
      'guard.judged',
      'guard.judged',
      'blast.measured',
      'drift.judged',
    ]);
    const read = ofType(between, 'command.started').map((it) => it.purpose);
    expect(read.at(-1)).toBe('identity-before');
    expect(
      ofType(events, 'command.started')
        .filter((it) => it.purpose === 'drift')
        .map((it) => it.sample),
    ).toEqual([0, 1, 2]);
  });

  test('shows the new evidence and its new limit', async () => {
    const { events } = await run(setting, { operator: ['expired', 'no'] });
    const [first, second] = ofType(events, 'confirmation.asked');
    expect(Date.parse(second?.expiresAt ?? '')).toBeGreaterThan(Date.parse(first?.expiresAt ?? ''));
    expect(second?.card.evidence.seenAt).not.toBe(first?.card.evidence.seenAt);
  });

  test('counts as expired, too, where the yes came too late', async () => {
    const { events } = await untouched({
      operator: [
        (world) => {
          world.now += 60_000;
          return 'yes';
        },
        'no',
      ],
    });
    expect(ofType(events, 'confirmation.answered').map((it) => it.answer)).toEqual([
      'expired',
      'no',
    ]);
  });

  test('counts as expired at its very limit, too', async () => {
    const { events } = await untouched({
      operator: [
        (world) => {
          const { seenAt, limitMs } = world.cards[0]?.evidence ?? { seenAt: '', limitMs: 0 };
          world.now = Date.parse(seenAt) + limitMs - 1;
          return 'yes';
        },
        'no',
      ],
    });
    const [first] = ofType(events, 'confirmation.answered');
    expect(first?.answer).toBe('expired');
  });

  test('is taken as it is where a no came too late', async () => {
    const { events } = await untouched({
      operator: [
        (world) => {
          world.now += 3_600_000;
          return 'no';
        },
      ],
    });
    expect(way(events).at(-1)).toBe('remove → declined');
  });

  test('five times ends the run without another look, and it can be gone on with', async () => {
    const { events, world } = await untouched({
      operator: ['expired', 'expired', 'expired', 'expired', 'expired'],
    });
    expect(world.cards).toHaveLength(5);
    expect(ofType(events, 'drift.judged')).toHaveLength(5);
    expect(events.at(-1)).toMatchObject({
      type: 'run.finished',
      result: 'needs-approval',
      because: "nobody answered 'Remove the pod' in time, 5 times; `sre resume` asks again",
      exitCode: 8,
    });
    const again = await resume(setting, events, { operator: ['yes'] });
    expect(again.events.at(-1)).toMatchObject({ result: 'resolved' });
  });

  test('finds the evidence changed: nobody is asked again', async () => {
    const { events, world } = await untouched({
      says: { signal: ['silent', 'answers'], pod: 'uid-1' },
      operator: ['expired'],
    });
    expect(world.cards).toHaveLength(1);
    expect(way(events)).toContain('remove → drifted');
  });
});

test('what is shown is made at one moment: a command that names the time is shown and run the same', async () => {
  const timed = withAction({
    commands: ({ now }) => [mutatesAt(now)],
  });
  const { events } = await run(timed, {
    says: { ...calm, pod: podThen('uid-2'), stamp: 'done' },
    operator: [
      (world) => {
        world.now += 20_000;
        return 'yes';
      },
    ],
  });
  const shown = only(events, 'confirmation.asked').card.commands[0]?.line;
  expect(shown).toMatch(/^fake stamp \d+$/);
  expect(only(events, 'intent.written').argv).toBe(shown);
  expect(ofType(events, 'command.started').find((it) => it.purpose === 'act')?.argv).toBe(shown);
});

function mutatesAt(now: number) {
  return {
    ...reads('stamp'),
    does: 'mutates',
    run: { kind: 'argv', argv: ['fake', 'stamp', String(now)] },
  } as const;
}

describe('the guards after the yes', () => {
  test('are asked again, and one that fails by then voids it: nothing is issued', async () => {
    const { events, world } = await run(setting, {
      says: { votes: ['enough', 'too few'] },
      operator: ['yes'],
    });
    expect(ofType(events, 'confirmation.answered').map((it) => it.answer)).toEqual([
      'yes',
      'voided',
    ]);
    expect(ofType(events, 'intent.written')).toEqual([]);
    expect(world.ran).not.toContain('delete');
    expect(way(events)).toContain('remove → blocked');
  });

  test('are asked again where the card expired, so that a card never shows old ones', async () => {
    const { events } = await run(setting, {
      says: { votes: ['enough', 'too few'] },
      operator: ['expired', 'yes'],
    });
    expect(ofType(events, 'confirmation.asked')).toHaveLength(1);
    expect(way(events)).toContain('remove → blocked');
  });
});
