import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Happening } from '../../src/engine/events.ts';
import { openJournal } from '../../src/journal/append.ts';
import { listRuns } from '../../src/journal/runs.ts';
import { openRunFolder } from '../../src/journal/run-folder.ts';
import { runId } from '../../src/journal/run-id.ts';
import { noted, started, stateHome, write } from './samples.ts';

const finished = (result: 'resolved' | 'in-doubt', exitCode: number): Happening => ({
  type: 'run.finished',
  result,
  because: 'it is over',
  left: [],
  followUps: [],
  exitCode,
});
const resumed: Happening = { type: 'run.resumed', operator: 'ops', host: 'laptop' };
const idAt = (ms: number): string => runId(ms, new Uint8Array(10));

test('a state home without runs has none', async () => {
  expect(await listRuns(join(await stateHome(), 'nowhere'))).toEqual([]);
});

test('lists the newest first, each with what became of it', async () => {
  const home = await stateHome();
  const lists: readonly (readonly Happening[])[] = [
    [started, finished('resolved', 0)],
    [started, noted('in the middle')],
    [started, finished('in-doubt', 5), resumed, noted('again')],
    [started, finished('in-doubt', 5), resumed, finished('resolved', 0)],
  ];
  for (const [i, list] of lists.entries()) await write(await openRunFolder(home, idAt(i)), list);
  await mkdir(join(home, 'runs', 'not-a-run'));
  const runs = await listRuns(home);
  expect(runs.map((it) => it.id)).toEqual([idAt(3), idAt(2), idAt(1), idAt(0)]);
  expect(runs.map((it) => it.state)).toEqual(['finished', 'stale', 'stale', 'finished']);
  expect(runs.at(-1)).toEqual({
    id: idAt(0),
    state: 'finished',
    runbook: 'vault-raft-deadlock',
    version: 1,
    mode: 'live',
    cluster: 'example',
    operator: 'ops',
    host: 'laptop',
    begunAt: 0,
    touchedAt: expect.any(Number) as number,
    doubt: [],
    startedAt: '2026-11-22T03:00:00.000Z',
    lastAt: '2026-11-22T03:00:01.000Z',
    result: 'resolved',
    exitCode: 0,
  });
});

test('a run that a live process holds is running', async () => {
  const home = await stateHome();
  const folder = await openRunFolder(home, idAt(1));
  await write(folder, [started]);
  const journal = await openJournal(folder, 'resumed');
  expect(await listRuns(home)).toMatchObject([{ state: 'running' }]);
  await journal.close();
  expect(await listRuns(home)).toMatchObject([{ state: 'stale' }]);
});

test('a run that cannot be read is listed and says why', async () => {
  const home = await stateHome();
  const empty = await openRunFolder(home, idAt(1));
  const changed = await openRunFolder(home, idAt(2));
  await write(changed, [started]);
  await appendFile(changed.events, '{}\n');
  const foreign = await openRunFolder(home, idAt(3));
  await writeFile(foreign.events, '');
  expect(await listRuns(home)).toMatchObject([
    { state: 'damaged', because: `${foreign.events} holds no start of a run` },
    { state: 'damaged', because: expect.stringContaining(`${changed.events}, line 3`) as string },
    {
      state: 'damaged',
      because: expect.stringContaining(`${empty.events} does not exist`) as string,
    },
  ]);
});
