import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Answer, Event, EventOf } from '../../src/engine/events.ts';
import { exitCodeOf } from '../../src/engine/exit-code.ts';
import { decidesAsRecorded } from './fake/replay.ts';
import { libraryOf, live, ofType } from './fake/run.ts';
import { scriptOf, settingOf, storms } from './fake/storm.ts';
import type { Storm } from './fake/storm.ts';

/** Every life of one run: the journal that they wrote together, and what each of them did in the world. */
interface Lives {
  readonly storm: Storm;
  readonly events: readonly Event[];
  readonly logs: readonly (readonly string[])[];
}

async function weather(storm: Storm): Promise<Lives> {
  const events: Event[] = [];
  const logs: (readonly string[])[] = [];
  for (let life = 0; events.at(-1)?.type !== 'run.finished'; life += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one life after the other
    const { world, error } = await live(settingOf(storm), scriptOf(storm, life), events);
    if (storm.crashes[life] === undefined && error !== undefined) throw error;
    events.push(...world.events);
    logs.push(world.log);
  }
  return { storm, events, logs };
}

/** Storms that are the same in every run of the tests; they are lived through once. */
const STORMS = fc.sample(storms, { numRuns: 400, seed: 42 });
let all: readonly Lives[] = [];
beforeAll(async () => {
  all = await Promise.all(STORMS.map(weather));
});

/** Checks what must hold after every storm, and names the one after which it did not. */
function always(holds: (lives: Lives) => void): void {
  expect(all).toHaveLength(STORMS.length);
  for (const lives of all) {
    try {
      holds(lives);
    } catch (error) {
      throw new Error(`after ${JSON.stringify(lives.storm)}`, { cause: error });
    }
  }
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

const doubtful = (events: readonly Event[]): readonly EventOf<'step.concluded'>[] =>
  ofType(events, 'step.concluded').filter((it) => it.outcome === 'doubtful');

describe('whatever is answered, broken, pressed or killed', () => {
  test('nothing is issued without a yes of this visit and this life, the last word spoken', () => {
    always(({ events }) => {
      for (const intent of mutations(events)) {
        const words = ofType(before(events, intent), 'confirmation.answered');
        expect(words.at(-1)).toMatchObject({ answer: 'yes' });
        expect(samePlace(intent, words.at(-1) ?? intent)).toBe(true);
      }
    });
  });

  test('nothing is issued behind a guard that does not hold, or on evidence that was not sampled again', () => {
    always(({ events }) => {
      for (const intent of mutations(events)) {
        const past = before(events, intent);
        // Two guards, asked before the card and after the yes, and before every card that expired.
        const verdicts = ofType(past, 'guard.judged').map((it) => it.verdict);
        expect(verdicts.length).toBeGreaterThanOrEqual(4);
        expect(new Set(verdicts)).toEqual(new Set(['holds']));
        expect(ofType(past, 'drift.judged').at(-1)).toMatchObject({ gate: 'after', drift: 'same' });
      }
    });
  });

  test('a yes is good for one intent', () => {
    always(({ events }) => {
      const places = mutations(events).map((it) => before(events, it)[0]?.seq);
      expect(new Set(places).size).toBe(places.length);
    });
  });

  test('a command leaves once for its intent, after it, and never again in another life', () => {
    always(({ events, logs }) => {
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

  test('what was issued is judged, or the operator looked closer, or the run ends in doubt', () => {
    always(({ events }) => {
      const end = events.at(-1);
      for (const intent of mutations(events)) {
        const judged = ofType(events, 'effect.judged').filter(
          (it) => it.seq > intent.seq && samePlace(intent, it),
        );
        const known = judged.length > 0 && judged.at(-1)?.effect !== 'unknown';
        const closer = doubtful(events).some((it) => it.seq > intent.seq && samePlace(intent, it));
        expect(known || closer || (end?.type === 'run.finished' && end.exitCode === 5)).toBe(true);
      }
    });
  });

  test('an unknown effect leads on by the word of the operator alone, and to nothing but a look', () => {
    always(({ events }) => {
      for (const it of ofType(events, 'effect.judged').filter((e) => e.effect === 'unknown')) {
        const next = events.find((e) => e.seq > it.seq && e.type === 'step.concluded');
        if (next === undefined || !('outcome' in next)) continue;
        const between = events.slice(events.indexOf(it), events.indexOf(next));
        const judgedAnew = ofType(between, 'effect.judged').at(-1)?.effect !== 'unknown';
        const said = ofType(between, 'operator.answered').at(-1)?.answer;
        expect(judgedAnew || (next.outcome === 'doubtful' && said === 'examine')).toBe(true);
      }
      for (const it of doubtful(events)) {
        const entered = ofType(events, 'step.entered').find((e) => e.seq > it.seq);
        expect(entered === undefined || entered.kind === 'probe').toBe(true);
      }
    });
  });

  test('a run ends once, with the code of its result', () => {
    always(({ events }) => {
      const [end, ...more] = ofType(events, 'run.finished');
      expect(more).toEqual([]);
      expect(end).toBe(events.at(-1));
      expect(end?.exitCode).toBe(end === undefined ? undefined : exitCodeOf(end.result));
      expect(events.map((it) => it.seq)).toEqual(events.map((_, i) => i + 1));
    });
  });

  test('a run that was stopped before anything was issued says so, and only then', () => {
    always(({ events }) => {
      const stopped = ofType(events, 'run.finished').filter((it) => it.result === 'interrupted');
      expect(stopped.length * mutations(events).length).toBe(0);
    });
  });

  test('a resumed run decides from its journal as the dead one did', () => {
    always(({ events, storm }) => {
      const checked = decidesAsRecorded(libraryOf(settingOf(storm).books), events);
      expect(checked).toBe(events.length);
    });
  });
});

test('a plan changes nothing, leaves no trace and asks nobody for a yes, whatever it sees', async () => {
  for (const storm of STORMS.slice(0, 100)) {
    const script = { ...scriptOf(storm, 0), fails: () => false };
    // oxlint-disable-next-line no-await-in-loop
    const { world } = await live({ ...settingOf(storm), mode: 'plan' }, script);
    expect(world.cards).toEqual([]);
    expect(world.ran).not.toContain('delete');
    expect(world.ran).not.toContain('canary');
    expect(ofType(world.events, 'intent.written')).toEqual([]);
    expect(world.events.at(-1)?.type).toBe('run.finished');
  }
});

const ANSWERS: readonly Answer[] = ['yes', 'no', 'expired', 'voided', 'skip', 'abort'];

/** A word for what happened, where it is one that a storm should have brought. */
function word(event: Event): string | undefined {
  if (event.type === 'confirmation.answered') {
    return ANSWERS.includes(event.answer) ? event.answer : undefined;
  }
  if (event.type === 'effect.judged') return event.effect;
  if (event.type === 'run.finished') return event.result;
  if (event.type === 'run.resumed') return 'resumed';
  if (event.type === 'step.concluded') return event.outcome === 'doubtful' ? 'doubtful' : undefined;
  if (event.type !== 'intent.written') return undefined;
  return event.byHand === true ? 'by hand' : event.does;
}

test('the storms are storms: they issue, refute, void, expire, drift, die and end in every way', () => {
  const seen = new Set(all.flatMap(({ events }) => events.flatMap((it) => word(it) ?? [])));
  expect(seen).toEqual(
    new Set([
      'abort',
      'aborted',
      'by hand',
      'confirmed',
      'doubtful',
      'escalate',
      'expired',
      'failed',
      'in-doubt',
      'interrupted',
      'intrusive',
      'mutates',
      'needs-approval',
      'no',
      'not-this-incident',
      'refuted',
      'resolved',
      'resumed',
      'skip',
      'unknown',
      'unsafe',
      'voided',
      'yes',
    ]),
  );
});
