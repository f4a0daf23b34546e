import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decide } from '../../src/engine/advance.ts';
import { apply, initial } from '../../src/engine/apply.ts';
import type { Event, EventOf } from '../../src/engine/events.ts';
import { resumeRun } from '../../src/engine/loop.ts';
import { openJournal } from '../../src/journal/append.ts';
import { verifyChain } from '../../src/journal/chain.ts';
import { eventRedactor } from '../../src/journal/redact.ts';
import { readJournal } from '../../src/journal/read.ts';
import { repairJournal } from '../../src/journal/repair.ts';
import { runFolder } from '../../src/journal/run-folder.ts';
import { listRuns } from '../../src/journal/runs.ts';
import { salvageJournal } from '../../src/journal/salvage.ts';
import { standingOf } from '../../src/journal/standing.ts';
import { takeable } from '../../src/journal/takeable.ts';
import type { Library } from '../../src/runbook/load.ts';
import { SreError } from '../../src/runbook/sre-error.ts';
import { hung } from '../engine/fake/commands.ts';
import { podThen, removal, setting } from '../engine/fake/removal.ts';
import { libraryOf, run } from '../engine/fake/run.ts';
import { FakeWorld, START } from '../engine/fake/world.ts';
import { altered, journalOf, misled } from './alterations.ts';

/** A journal that was cut off, altered or forged is refused, or read up to where it is sound: never as something else. */

const RUN = '01K9XH3V6T5QZ8M2N4P7R0S1WB';
/** Cases of each property; `SRE_FUZZ_RUNS` asks for more. */
const numRuns = Number(process.env['SRE_FUZZ_RUNS'] ?? '400');
const library: Library = libraryOf([removal]);
const home = mkdtempSync(join(tmpdir(), 'sre-fuzz-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const ofRun = (events: readonly Event[], id = RUN): readonly Event[] =>
  events.map((it, i) => ({ ...it, run: id, seq: i + 1 }));

/** Runs with a mutation that worked, one that did not, one in doubt, one that was stopped, one by hand. */
let runs: readonly (readonly Event[])[];
let journals: readonly Buffer[];

beforeAll(async () => {
  const all = await Promise.all([
    run(setting, { operator: ['yes'] }),
    run(setting, { says: { pod: 'uid-1' }, operator: ['yes', 'yes', 'no'], failures: ['retry'] }),
    run(setting, { says: { pod: ['uid-1', 'uid-1', hung] }, operator: ['yes', 'probe', 'abort'] }),
    run(setting, { says: { pod: 'uid-1' }, operator: ['yes'], pressAt: 7000 }),
    run(setting, {
      says: { pod: podThen('uid-1', 'uid-2'), log: 'line\n'.repeat(100) },
      operator: [{ answer: 'yes', byHand: true }, 'done'],
    }),
  ]);
  const redact = eventRedactor([]);
  runs = all.map(({ events }) => ofRun(events.map(redact)));
  journals = runs.map(journalOf);
});

const isNamed = (error: unknown): boolean => error instanceof SreError && error.message.length > 0;

/** What was issued in a run that nobody has judged, as the commands' words. */
const intents = (events: readonly Event[]): readonly EventOf<'intent.written'>[] =>
  events.filter((it): it is EventOf<'intent.written'> => it.type === 'intent.written');

describe('bytes that were altered', () => {
  const someRun = fc.nat().chain((n) => {
    const at = n % journals.length;
    return fc.tuple(fc.constant(at), altered(journals[at] ?? Buffer.alloc(0), journals));
  });

  test('are refused, or are the beginning of what was written', () => {
    let [refused, torn, whole] = [0, 0, 0];
    fc.assert(
      fc.property(someRun, ([at, bytes]) => {
        const chain = verifyChain(bytes, RUN);
        if (!chain.ok) {
          refused += 1;
          expect(chain.because).not.toBe('');
          expect(runs[at]?.slice(0, chain.sound.events.length)).toEqual(chain.sound.events);
          return;
        }
        if (chain.torn === undefined) whole += 1;
        else torn += 1;
        // Grafted from another run, it may be the beginning of that one.
        const wholes = runs.filter((it) => it.length >= chain.events.length);
        expect(
          wholes.some(
            (it) =>
              JSON.stringify(it.slice(0, chain.events.length)) === JSON.stringify(chain.events),
          ),
        ).toBe(true);
      }),
      { numRuns: numRuns * 5 },
    );
    // Every way out is taken: none of these is left to chance.
    expect(Math.min(refused, torn, whole)).toBeGreaterThan(numRuns / 100);
  });

  test('never have an intent issued again', () => {
    fc.assert(
      fc.property(someRun, ([, bytes]) => {
        const chain = verifyChain(bytes, RUN);
        if (!chain.ok || chain.events.length === 0) return;
        const resumed: Event = {
          type: 'run.resumed',
          operator: 'bob',
          host: 'desk',
          run: RUN,
          seq: chain.events.length + 1,
          at: new Date(START + 3_600_000).toISOString(),
        };
        const state = apply(chain.events.reduce(apply, initial), resumed);
        const next = decide(library, state);
        const acts =
          (next.do === 'run' && next.purpose === 'act') ||
          (next.do === 'record' && next.happening.type === 'intent.written');
        expect(acts).toBe(false);
      }),
      { numRuns },
    );
  });

  test('are dealt with by name wherever a journal is read', async () => {
    let nth = 0;
    await fc.assert(
      fc.asyncProperty(someRun, async ([at, bytes]) => {
        nth += 1;
        const state = join(home, `altered-${nth}`);
        const folder = runFolder(state, RUN);
        mkdirSync(folder.path, { recursive: true });
        writeFileSync(folder.events, bytes);
        try {
          const read = await readJournal(folder);
          expect(read.ok || isNamed(read.error)).toBe(true);
          const [listed] = await listRuns(state);
          if (!read.ok) expect(listed).toMatchObject({ state: 'damaged' });
          const opened = await openJournal(folder, 'resumed').catch((error: unknown) => error);
          if (isNamed(opened)) expect(read.ok && read.torn === undefined).toBe(false);
          else await (opened as Awaited<ReturnType<typeof openJournal>>).close();

          const repaired = await repairJournal(folder).catch((error: unknown) => error);
          if (read.ok) expect(await readJournal(folder)).toEqual({ ok: true, events: read.events });
          else expect(isNamed(repaired)).toBe(true);
          const salvaged = await salvageJournal(folder);
          if (salvaged === undefined) return;
          const rest = await readJournal(folder);
          if (!rest.ok) throw rest.error;
          expect(runs[at]?.slice(0, rest.events.length)).toEqual(rest.events);
        } finally {
          rmSync(state, { recursive: true, force: true });
        }
      }),
      { numRuns: Math.ceil(numRuns / 8) },
    );
  });
});

describe('events that were chained anew and do not make sense', () => {
  const someRun = fc.nat().chain((n) => misled(RUN, runs[n % runs.length] ?? [], runs));

  /** An operator who confirms nothing: whatever is issued after this was never agreed to. */
  const declines = { operator: Array.from({ length: 200 }, () => 'no' as const), failures: [] };

  test('are refused, or gone on with so that nothing is changed without a yes', async () => {
    let [refused, resumed] = [0, 0];
    await fc.assert(
      fc.asyncProperty(someRun, async (events) => {
        const chain = verifyChain(journalOf(events), RUN);
        if (!chain.ok) {
          refused += 1;
          expect(chain.because).not.toBe('');
          return;
        }
        expect(() => standingOf(chain.events)).not.toThrow();
        try {
          takeable(chain.events, RUN);
        } catch (error) {
          expect(isNamed(error)).toBe(true);
          refused += 1;
          return;
        }
        resumed += 1;
        const last = Date.parse(chain.events.at(-1)?.at ?? '');
        const world = new FakeWorld(setting.says, declines, Math.max(START, last) + 3_600_000);
        await resumeRun(
          library,
          chain.events,
          { type: 'run.resumed', operator: 'bob', host: 'desk' },
          world.ports,
        );
        expect(world.ran).not.toContain('delete');
        expect(intents(world.events)).toEqual([]);
        expect(world.events.at(-1)).toMatchObject({ type: 'run.finished' });
      }),
      { numRuns },
    );
    expect(Math.min(refused, resumed)).toBeGreaterThan(numRuns / 20);
  });
});
