import { describe, expect, test } from 'vitest';
import type { Event } from '../../src/engine/events.ts';
import { Guided } from '../../src/terminal/guided.ts';
import { toText } from '../../src/terminal/layout.ts';
import { painter } from '../../src/terminal/paint.ts';
import { penFor } from '../../src/terminal/pen.ts';
import { plain } from '../../src/terminal/plain.ts';
import { tell, untold } from '../../src/terminal/story.ts';
import { frame } from '../../src/terminal/under-way.ts';
import { asked, hostile, resolved, streams } from './streams.ts';
import { Term } from './term.ts';

const golden = (name: string): string => `golden/${name}.txt`;
const journal = '/home/mike/.local/state/sre/runs/01K9XH3V6T5QZ8M2N4P7R0S1WB';

async function guidedScreen(
  events: readonly Event[],
  columns: number,
  style: { ascii?: boolean; colour?: boolean } = {},
): Promise<string> {
  const term = new Term(columns);
  const guided = new Guided({
    output: term.output(),
    style: { columns, ascii: style.ascii === true, journal },
    now: () => Date.UTC(2026, 4, 8, 11, 3, 0),
    paint: style.colour === true ? painter(1) : toText,
  });
  for (const event of events) guided.saw(event);
  await guided.close();
  return term.text();
}

describe.each([80, 120])('at %i columns', (columns) => {
  test.each(Object.keys(streams) as (keyof typeof streams)[])('guided: %s', async (name) => {
    const screen = await guidedScreen(streams[name], columns);
    await expect(screen).toMatchFileSnapshot(golden(`guided-${name}-${columns}`));
    for (const line of screen.split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
  });

  test.each(Object.keys(streams) as (keyof typeof streams)[])('plain: %s', async (name) => {
    const term = new Term(columns);
    const observer = plain({ out: term, style: { columns, ascii: false, journal } });
    for (const event of streams[name]) observer.saw(event);
    await expect(await term.text()).toMatchFileSnapshot(golden(`plain-${name}-${columns}`));
  });
});

test('ASCII alone where the terminal shows no more', async () => {
  const screen = await guidedScreen(resolved, 80, { ascii: true });
  await expect(screen).toMatchFileSnapshot(golden('guided-resolved-ascii'));
  for (const name of Object.keys(streams) as (keyof typeof streams)[]) {
    expect(await guidedScreen(streams[name], 80, { ascii: true })).toMatch(/^[\n -~]*$/);
  }
});

test('colour changes no letter', async () => {
  for (const name of Object.keys(streams) as (keyof typeof streams)[]) {
    const coloured = await guidedScreen(streams[name], 80, { colour: true });
    expect(coloured).toBe(await guidedScreen(streams[name], 80));
  }
});

test('nothing from a cluster moves the cursor or hides', () => {
  let raw = '';
  const observer = plain({
    out: { write: (text) => (raw += text) },
    style: { columns: 100, ascii: false },
  });
  for (const event of hostile) observer.saw(event);
  expect(raw).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e]/);
});

test('what is under way: the step, its commands, the time each may take', async () => {
  const upTo = resolved.findIndex((event) => event.type === 'command.finished');
  const story = resolved.slice(0, upTo + 2).reduce(tell, untold);
  const pen = penFor({ columns: 80, ascii: false, everything: false });
  const drawn = frame(story, Date.UTC(2026, 4, 8, 11, 3, 3), pen, 77);
  const lines = drawn === undefined ? [] : [drawn.first, ...drawn.rest];
  await expect(`${drawn?.lead ?? ''}⠋ ${lines.map(toText).join('\n')}\n`).toMatchFileSnapshot(
    golden('under-way-80'),
  );
});

test('a guided screen draws what is under way, and stands still while somebody is asked', async () => {
  const term = new Term(80);
  const guided = new Guided({
    output: term.output(),
    style: { columns: 80, ascii: false },
    now: () => Date.UTC(2026, 4, 8, 11, 4, 20),
  });
  const lookingAt = resolved.findIndex((event) => event.type === 'command.finished');
  for (const event of resolved.slice(0, lookingAt)) guided.saw(event);
  await expect
    .poll(() => term.text())
    .toMatch(/1 [⠋-⠿] \? Is the leader stuck.*\n.*› read the health/);
  for (const event of asked.slice(lookingAt)) guided.saw(event);
  await guided.pause();
  const paused = await term.text();
  expect(paused).toMatch(/3 ● ! Delete pod vault-2[^]*undo {7}none\n$/);
  const note = { type: 'operator.noted', note: 'hello', by: 'ana' } as const;
  guided.saw({ ...note, run: 'r', seq: 99, at: '2026-05-08T11:04:21.000Z' });
  expect(await term.text()).toBe(paused);
  guided.resume();
  await expect.poll(() => term.text()).toMatch(/note by ana: hello\n 3 [⠋-⠿] ! Delete/);
  await guided.close();
  expect(await term.text()).toMatch(/note by ana: hello\n$/);
});
