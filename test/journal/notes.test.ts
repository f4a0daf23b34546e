import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { leaveNote, takeNotes } from '../../src/journal/notes.ts';
import { openRunFolder } from '../../src/journal/run-folder.ts';
import { runId } from '../../src/journal/run-id.ts';
import { stateHome } from './samples.ts';

const idAt = (ms: number): string => runId(ms, new Uint8Array(10));
const folder = async () => openRunFolder(await stateHome(), idAt(0));

test('notes are taken in by age, once', async () => {
  const run = await folder();
  await leaveNote(run, idAt(2000), { note: 'the second', by: 'ben' });
  await leaveNote(run, idAt(1000), { note: 'the first', by: 'ann' });
  const kept: string[] = [];
  const keep = async (note: string, by: string): Promise<void> => void kept.push(`${by}: ${note}`);
  expect(await takeNotes(run, keep)).toBe(2);
  expect(await takeNotes(run, keep)).toBe(0);
  expect(kept).toEqual(['ann: the first', 'ben: the second']);
});

test('a note that could not be kept stays', async () => {
  const run = await folder();
  await leaveNote(run, idAt(1000), { note: 'the first', by: 'ann' });
  await expect(takeNotes(run, () => Promise.reject(new Error('disk full')))).rejects.toThrow(
    'disk full',
  );
  expect(await takeNotes(run, async () => {})).toBe(1);
});

test('what somebody put there by hand is a note of nobody known', async () => {
  const run = await folder();
  await mkdir(join(run.path, 'notes'));
  await writeFile(join(run.path, 'notes', 'x.json'), 'look at node 3\n');
  const kept: string[] = [];
  await takeNotes(run, async (note, by) => void kept.push(`${by}: ${note}`));
  expect(kept).toEqual(['unknown: look at node 3']);
});
