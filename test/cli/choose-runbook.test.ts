import { z } from 'zod';
import { describe, expect, test, vi } from 'vitest';
import type { Entry } from '../../runbooks/catalogue.ts';
import { chooseRunbook } from '../../src/cli/choose-runbook.ts';
import { digestOf } from '../../src/journal/digest.ts';
import { describeAll } from '../../src/plan/describe.ts';
import { describeInWords } from '../../src/plan/words.ts';
import { runbook } from '../../src/runbook/runbook.ts';
import type { Runbook } from '../../src/runbook/runbook.ts';

/** A runbook that calls others, one after the other, and ends. */
function calling(id: string, ...called: readonly string[]): Runbook {
  const ends = called.length === 0 ? 'end' : 'call-0';
  const made = runbook({ id, title: `Title of ${id}`, version: 1, params: z.object({}), facts: {} })
    .steps((step) => ({
      end: step.end({ title: `End of ${id}`, result: 'resolved', left: () => [] }),
    }))
    .startingAt('end');
  const steps = called.map((runbookId, i) => {
    const next = { to: i + 1 < called.length ? `call-${i + 1}` : 'end' };
    const step = {
      kind: 'call' as const,
      title: `Call ${runbookId}`,
      needs: [],
      mayUse: [],
      runbook: runbookId,
      with: () => ({}),
      next: {
        resolved: next,
        'not-this-incident': next,
        escalate: next,
        unsafe: next,
        aborted: next,
      },
    };
    return [`call-${i}`, step] as const;
  });
  return { ...made, start: ends, steps: { ...Object.fromEntries(steps), ...made.steps } };
}

const entry = (book: Runbook): Entry => ({
  id: book.id,
  title: book.title,
  load: vi.fn<() => Promise<Runbook>>(async () => book),
});

const CATALOGUE = [
  calling('first', 'second', 'third'),
  calling('second', 'third'),
  calling('third'),
  calling('other'),
].map(entry);

const digest = async (all: readonly Entry[]): Promise<string> => {
  const { book, library } = await chooseRunbook('first', all);
  return digestOf(describeAll(library, book));
};

describe('a chosen runbook', () => {
  test('comes with every runbook that it calls, however deep, and no other', async () => {
    const { book, library } = await chooseRunbook('first', CATALOGUE);
    expect(book.id).toBe('first');
    expect([...library.keys()]).toEqual(['first', 'second', 'third']);
    expect(CATALOGUE.map((it) => vi.mocked(it.load).mock.calls.length)).toEqual([1, 1, 1, 0]);
  });

  test('that calls what the catalogue does not have is refused, and the step is named', async () => {
    await expect(chooseRunbook('lost', [entry(calling('lost', 'nowhere'))])).rejects.toThrow(
      "lost, step 'call-0': it calls 'nowhere', which is not loaded",
    );
  });

  test('that comes back to itself is refused, and not loaded for ever', async () => {
    const circle = [calling('a', 'b'), calling('b', 'a')].map(entry);
    await expect(chooseRunbook('a', circle)).rejects.toThrow("which comes back to 'a'");
  });
});

describe('its description', () => {
  test('says what a call runs, and then describes that', async () => {
    const { book, library } = await chooseRunbook('first', CATALOGUE);
    const words = describeInWords(describeAll(library, book));
    expect(words).toMatch(/calls {2}call-0: Call second\n {5}runs second, which stands below/);
    expect(words).toMatch(/\nsecond · version 1\nTitle of second\n[^]*\nthird · version 1\n/);
    expect(words.match(/^third · version 1$/gm)).toHaveLength(1);
  });

  test('has another digest where a runbook changes that it calls from afar', async () => {
    const changed = CATALOGUE.map((it) =>
      it.id === 'third' ? entry({ ...calling('third'), version: 2 }) : it,
    );
    expect(await digest(changed)).not.toBe(await digest(CATALOGUE));
    expect(await digest(CATALOGUE)).toBe(await digest(CATALOGUE));
  });
});
