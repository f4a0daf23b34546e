import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Event, EventOf } from '../../src/engine/events.ts';
import { exitCodeOf } from '../../src/engine/exit-code.ts';
import { decidesAsRecorded } from './fake/replay.ts';
import { libraryOf, live, ofType } from './fake/run.ts';
import { scriptOf, settingOf, storms } from './fake/storm.ts';
import type { Storm } from './fake/storm.ts';

/** Every life of one run: the journal that they wrote together, and what each of them did in the world. */
interface Lives {
  readonly events: readonly Event[];
  readonly logs: readonly (readonly string[])[];
}

async function weather(storm: Storm): Promise<Lives> {
  const events: Event[] = [];
  const logs: (readonly string[])[] = [];
  for (let life = 0; events.at(-1)?.type !== 'run.finished'; life += 1) {
    const { world, error } = await live(settingOf(storm), scriptOf(storm, life), events);
    if (storm.crashes[life] === undefined && error !== undefined) throw error;
    events.push(...world.events);
    logs.push(world.log);
  }
  return { events, logs };
}

const samePlace = (
  a: EventOf<'intent.written'>,
  b: { readonly step: string; readonly visit: number; readonly depth: number },
): boolean => a.step === b.step && a.visit === b.visit && a.depth === b.depth;

/** What happened in this life of this visit before an intent, back to where it was entered or resumed. */
function before(events: readonly Event[], intent: EventOf<'intent.written'>): readonly Event[] {
  const index = events.indexOf(intent);
  const from = events.findLastIndex(
    (it, i) => i < index && (it.type === 'step.entered' || it.type === 'run.resumed'),
  );
  return events.slice(from, index);
}

const mutations = (events: readonly Event[]): readonly EventOf<'intent.written'>[] =>
  ofType(events, 'intent.written').filter((it) => it.does === 'mutates');

/** Runs storms, and checks what must hold after every one of them. */
function always(holds: (lives: Lives, storm: Storm) => void, runs = 120): Promise<void> {
  return fc.assert(
    fc.asyncProperty(storms, async (storm) => holds(await weather(storm), storm)),
    { numRuns: runs, seed: 42 },
  );
}

describe('whatever is answered, broken, pressed or killed', () => {
  test('nothing is issued without a yes of this visit and this life, the last word spoken', async () => {
    await always(({ events }) => {
      for (const intent of mutations(events)) {
        const words = ofType(before(events, intent), 'confirmation.answered');
        expect(words.at(-1)).toMatchObject({ answer: 'yes' });
        expect(samePlace(intent, words.at(-1) ?? intent)).toBe(true);
      }
    });
  });

  test('nothing is issued behind a guard that does not hold, or on evidence that was not sampled again', async () => {
    await always(({ events }) => {
      for (const intent of mutations(events)) {
        const past = before(events, intent);
        expect(ofType(past, 'guard.judged').map((it) => it.verdict)).toEqual(['holds', 'holds']);
        expect(past.at(-1)).toMatchObject({ type: 'drift.judged', gate: 'after', drift: 'same' });
      }
    });
  });

  test('a yes is good for one intent', async () => {
    await always(({ events }) => {
      const places = mutations(events).map((it) => before(events, it)[0]?.seq);
      expect(new Set(places).size).toBe(places.length);
    });
  });

  test('a command leaves once for its intent, after it, and never again in another life', async () => {
    await always(({ events, logs }) => {
      const left = logs.flatMap((log) => log.filter((it) => it === 'ran delete'));
      const meant = mutations(events).filter((it) => it.byHand !== true);
      expect(left.length).toBeLessThanOrEqual(meant.length);
      for (const log of logs) {
        for (const [i, it] of log.entries()) {
          if (it !== 'ran delete') continue;
          expect(log.slice(i - 2, i)).toEqual(['kept intent.written', 'kept command.started']);
        }
      }
    });
  });

  test('what was issued is judged, or the run ends in doubt', async () => {
    await always(({ events }) => {
      const end = events.at(-1);
      for (const intent of mutations(events)) {
        const judged = ofType(events, 'effect.judged').filter(
          (it) => it.seq > intent.seq && samePlace(intent, it),
        );
        const open = judged.length === 0 || judged.at(-1)?.effect === 'unknown';
        if (open) expect(end).toMatchObject({ result: 'in-doubt', exitCode: 5 });
      }
    });
  });

  test('a run ends once, with the code of its result', async () => {
    await always(({ events }) => {
      const end = events.at(-1);
      expect(end?.type).toBe('run.finished');
      expect(ofType(events, 'run.finished')).toHaveLength(1);
      if (end?.type === 'run.finished') expect(end.exitCode).toBe(exitCodeOf(end.result));
      expect(events.map((it) => it.seq)).toEqual(events.map((_, i) => i + 1));
    });
  });

  test('a run that was stopped before anything was issued says so, and only then', async () => {
    await always(({ events }) => {
      const end = events.at(-1);
      if (end?.type !== 'run.finished' || end.result !== 'interrupted') return;
      expect(mutations(events)).toEqual([]);
    });
  });

  test('a resumed run decides from its journal as the dead one did', async () => {
    await always(({ events }, storm) => {
      decidesAsRecorded(libraryOf(settingOf(storm).books), events);
    });
  });
});

test('a plan changes nothing, leaves no trace and asks nobody for a yes, whatever it sees', async () => {
  await fc.assert(
    fc.asyncProperty(storms, async (storm) => {
      const setting = { ...settingOf(storm), mode: 'plan' } as const;
      const { world } = await live(setting, { ...scriptOf(storm, 0), fails: () => false });
      expect(world.cards).toEqual([]);
      expect(world.ran).not.toContain('delete');
      expect(world.ran).not.toContain('canary');
      expect(ofType(world.events, 'intent.written')).toEqual([]);
      expect(world.events.at(-1)?.type).toBe('run.finished');
    }),
    { numRuns: 100, seed: 42 },
  );
});

test('the storms are storms: they issue, refute, void, expire, drift, die and end in every way', async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(storms, async (storm) => {
      const { events, logs } = await weather(storm);
      if (logs.length > 1) seen.add('died');
      for (const it of events) {
        if (it.type === 'confirmation.answered') seen.add(it.answer);
        if (it.type === 'effect.judged') seen.add(it.effect);
        if (it.type === 'run.finished') seen.add(it.result);
        if (it.type === 'intent.written') seen.add(it.byHand === true ? 'by hand' : it.does);
      }
    }),
    { numRuns: 250, seed: 42 },
  );
  expect([...seen]).toEqual(
    expect.arrayContaining([
      ...['died', 'yes', 'no', 'expired', 'voided', 'skip', 'abort', 'by hand', 'mutates'],
      ...['intrusive', 'confirmed', 'refuted', 'unknown'],
      ...['resolved', 'escalate', 'unsafe', 'aborted', 'in-doubt', 'interrupted', 'failed'],
      ...['needs-approval', 'not-this-incident'],
    ]),
  );
});
