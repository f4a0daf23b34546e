import { readFile, truncate, writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Event } from '../../src/engine/events.ts';
import { openJournal } from '../../src/journal/append.ts';
import { verifyChain } from '../../src/journal/chain.ts';
import type { Chain } from '../../src/journal/chain.ts';
import { encodeLine } from '../../src/journal/line.ts';
import { readJournal } from '../../src/journal/read.ts';
import { repairJournal } from '../../src/journal/repair.ts';
import type { RunFolder } from '../../src/journal/run-folder.ts';
import { newRunFolder, noted, started, write } from './samples.ts';

let folder: RunFolder;
let events: readonly Event[];
let bytes: Buffer;

beforeEach(async () => {
  folder = await newRunFolder();
  events = await write(folder, [started, noted('one'), noted('two')]);
  bytes = await readFile(folder.events);
});

/** Sound, and says nothing of damage. */
const accepted = (chain: Chain): boolean => chain.ok && chain.torn === undefined;

/** The places at which a change to the bytes is not noticed. */
const unnoticed = (change: (at: number) => Uint8Array): readonly number[] =>
  [...bytes.keys()].filter((at) => accepted(verifyChain(change(at), folder.run)));
const less = (at: number) => Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
const more = (at: number) => Buffer.concat([bytes.subarray(0, at + 1), bytes.subarray(at)]);

describe('tampering', () => {
  test('the untouched journal is accepted', () => {
    expect(verifyChain(bytes, folder.run)).toMatchObject({
      ok: true,
      events,
      length: bytes.length,
    });
  });

  test.for([0x01, 0x20, 0x80])('any byte xor %i is noticed', (flip) => {
    const flipped = (at: number): Buffer => {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ flip;
      return changed;
    };
    expect(unnoticed(flipped)).toEqual([]);
  });

  test('any byte left out or put in twice is noticed', () => {
    expect(unnoticed(less)).toEqual([]);
    expect(unnoticed(more)).toEqual([]);
  });

  test('lines that change places, come twice or are left out are noticed by line', () => {
    const [header = '', one = '', two = '', three = ''] = bytes.toString().split('\n');
    const { run } = folder;
    const of = (...lines: string[]) => verifyChain(Buffer.from(`${lines.join('\n')}\n`), run);
    const because = 'it does not follow from the line before it';
    expect(of(header, two, one, three)).toMatchObject({ ok: false, line: 2, because });
    expect(of(header, one, three)).toMatchObject({ ok: false, line: 3, because });
    expect(of(header, one, one, two, three)).toMatchObject({ ok: false, line: 3, because });
  });

  test('a broken chain is refused, names its line, and cannot be repaired or resumed', async () => {
    const changed = bytes.toString().replace('"one"', '"two"');
    await writeFile(folder.events, changed);
    const error = {
      code: 'journal-damaged',
      message: `${folder.events}, line 3 was changed after it was written: its content does not match its own digest`,
    };
    expect(await readJournal(folder)).toMatchObject({ ok: false, error });
    await expect(repairJournal(folder)).rejects.toMatchObject(error);
    await expect(openJournal(folder, 'resumed')).rejects.toMatchObject(error);
    expect(await readFile(folder.events, 'utf8')).toBe(changed);
  });

  test('the journal of another run is refused', () => {
    const chain = verifyChain(bytes, '0'.repeat(26));
    expect(chain).toMatchObject({ ok: false, line: 2, because: `it belongs to run ${folder.run}` });
  });
});

describe('the format', () => {
  test.for([
    [
      '{"format":"sre-journal","version":2}',
      'it is format 2, of a newer sre; this one reads format 1',
    ],
    [
      '{"format":"sre-journal","version":0}',
      'it is format 0, of an older sre; this one reads format 1',
    ],
    ['{"hello":1}', 'it is not the first line of an sre journal'],
  ])('%s is refused by name', async ([header = '', because = '']) => {
    await writeFile(folder.events, `${header}\n`);
    expect(await readJournal(folder)).toMatchObject({
      ok: false,
      error: { code: 'journal-format', message: `${folder.events}, line 1: ${because}` },
    });
  });
});

const startOfLast = (): number => bytes.lastIndexOf('\n', bytes.length - 2) + 1;
const expected = (at: number) => {
  const whole = at === bytes.length - 1;
  const droppedBytes = whole ? 0 : at - startOfLast();
  return { events: whole ? events : events.slice(0, -1), torn: { line: 4, droppedBytes } };
};

describe('a torn tail', () => {
  test('is reported wherever the last write was cut', () => {
    for (let at = startOfLast() + 1; at < bytes.length; at += 1) {
      const chain = verifyChain(bytes.subarray(0, at), folder.run);
      expect(chain).toMatchObject({ ok: true, ...expected(at) });
    }
  });

  test('is repaired on demand alone, and is gone then', async () => {
    const start = startOfLast();
    for (const at of [start + 1, start + 2, start + 100, bytes.length - 2, bytes.length - 1]) {
      const { events: kept, torn } = expected(at);
      await writeFile(folder.events, bytes.subarray(0, at));
      expect(await readJournal(folder)).toEqual({ ok: true, events: kept, torn });
      await expect(openJournal(folder, 'resumed')).rejects.toMatchObject({ code: 'journal-torn' });
      expect(await readFile(folder.events)).toEqual(bytes.subarray(0, at));
      expect(await repairJournal(folder)).toEqual({ droppedBytes: torn.droppedBytes });
      expect(await readJournal(folder)).toEqual({ ok: true, events: kept });
    }
  });

  test('within the header is an empty journal', async () => {
    const end = bytes.indexOf('\n');
    for (const at of [0, 1, 10, end - 1, end]) {
      await writeFile(folder.events, bytes.subarray(0, at));
      expect(await readJournal(folder)).toMatchObject({ ok: true, events: [], torn: { line: 1 } });
      await repairJournal(folder);
      expect(await readJournal(folder)).toEqual({ ok: true, events: [] });
    }
  });

  test('of zeros, as a power cut leaves it, is cut off', async () => {
    const start = bytes.lastIndexOf('\n', bytes.length - 2) + 1;
    const zeros = Buffer.from(bytes).fill(0, start + 10, bytes.length - 20);
    for (const content of [zeros, zeros.subarray(0, -5), Buffer.from(bytes).fill(0, start)]) {
      await writeFile(folder.events, content);
      expect(await readJournal(folder)).toEqual({
        ok: true,
        events: events.slice(0, -1),
        torn: { line: 4, droppedBytes: content.length - start },
      });
      await repairJournal(folder);
      expect(await readJournal(folder)).toEqual({ ok: true, events: events.slice(0, -1) });
    }
  });

  test('a repaired journal goes on', async () => {
    await truncate(folder.events, bytes.length - 7);
    await repairJournal(folder);
    const journal = await openJournal(folder, 'resumed');
    const [, , last] = events;
    if (last === undefined) throw new Error('three events');
    await journal.append(last);
    await journal.close();
    expect(await readFile(folder.events)).toEqual(bytes);
  });

  test('a sound journal is left as it is', async () => {
    expect(await repairJournal(folder)).toEqual({ droppedBytes: 0 });
    expect(await readFile(folder.events)).toEqual(bytes);
  });
});

test('a last line that is whole but for its end, and does not fit, is no torn line', async () => {
  const [, one = '', two = ''] = bytes.toString().split('\n');
  const header = bytes.toString().split('\n', 1)[0] ?? '';
  const chain = verifyChain(Buffer.from(`${header}\n${two}\n${one}`), folder.run);
  expect(chain).toMatchObject({ ok: false, line: 2 });
  const tail = verifyChain(Buffer.from(`${header}\n${one}\n${one}`), folder.run);
  expect(tail).toMatchObject({
    ok: false,
    line: 3,
    because: 'it does not follow from the line before it',
  });
});

test('an event of a kind that a newer version writes is refused by name, not cut off', async () => {
  const [last] = events.slice(-1);
  const text = bytes.toString();
  const prev = /"prev":"([0-9a-f]{64})"/.exec(text.trimEnd().split('\n').at(-1) ?? '')?.[1] ?? '';
  const later = { ...last, type: 'cluster.dreamt' } as unknown as Event;
  const lines = text.trimEnd().split('\n').slice(0, -1);
  const line = encodeLine(later, prev).text;
  for (const end of ['\n', '']) {
    const chain = verifyChain(Buffer.from(`${lines.join('\n')}\n${line}${end}`), folder.run);
    expect(chain).toMatchObject({ ok: false, fault: 'format' });
    expect(chain.ok || chain.because).toContain("an event 'cluster.dreamt', of a newer sre");
  }
});

test.for([
  ['0', 'an older'],
  ['2', 'a newer'],
])('a journal of format %s is refused by name', async ([version = '', age]) => {
  const other = bytes.toString().replace('"version":1', `"version":${version}`);
  await writeFile(folder.events, other);
  const read = await readJournal(folder);
  expect(read).toMatchObject({
    ok: false,
    error: {
      code: 'journal-format',
      message: `${folder.events}, line 1: it is format ${version}, of ${age} sre; this one reads format 1`,
      hint: 'use the sre that wrote it',
    },
  });
  await expect(openJournal(folder, 'resumed')).rejects.toMatchObject({ code: 'journal-format' });
  await expect(repairJournal(folder)).rejects.toMatchObject({ code: 'journal-format' });
});
