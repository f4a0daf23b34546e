import { readFile, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { readJournal } from '../../src/journal/read.ts';
import { openRunFolder } from '../../src/journal/run-folder.ts';
import { runId } from '../../src/journal/run-id.ts';
import { salvageJournal } from '../../src/journal/salvage.ts';
import { noted, started, stateHome, write } from './samples.ts';

async function three() {
  const folder = await openRunFolder(await stateHome(), runId(1, new Uint8Array(10)));
  await write(folder, [started, noted('one'), noted('two')]);
  return folder;
}

test('goes back to the sound beginning, and keeps the whole beside it', async () => {
  const folder = await three();
  const changed = (await readFile(folder.events, 'utf8')).replace('"one"', '"eno"');
  const sent =
    '{"type":"intent.written","does":"mutates","about":"reset k8s-node2","at":"2026-11-22T03:00:09.000Z"}\n';
  await writeFile(folder.events, changed + sent);
  const salvaged = await salvageJournal(folder);
  expect(salvaged).toMatchObject({ line: 3, told: ['reset k8s-node2 (at 03:00:09 UTC)'] });
  expect(await readFile(salvaged?.original ?? '', 'utf8')).toBe(changed + sent);
  const read = await readJournal(folder);
  expect(read.ok && read.events.map((it) => it.type)).toEqual(['run.started']);
});

test('leaves a sound journal, and one of another format, as they are', async () => {
  const folder = await three();
  expect(await salvageJournal(folder)).toBeUndefined();
  const bytes = '{"format":"sre-journal","version":7}\n';
  await writeFile(folder.events, bytes);
  expect(await salvageJournal(folder)).toBeUndefined();
  expect(await readFile(folder.events, 'utf8')).toBe(bytes);
});

test('a second salvage does not write over what the first one kept', async () => {
  const folder = await three();
  const whole = await readFile(folder.events, 'utf8');
  const kept: string[] = [];
  for (const wrong of ['{}\n', '[]\n']) {
    await writeFile(folder.events, whole + wrong + wrong);
    kept.push((await salvageJournal(folder))?.original ?? '');
  }
  expect(new Set(kept).size).toBe(2);
});
