import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { openJournal } from '../../src/journal/append.ts';
import { canonicalJson, sha256 } from '../../src/journal/digest.ts';
import { LARGE_BYTES } from '../../src/journal/output-files.ts';
import { readJournal } from '../../src/journal/read.ts';
import { openRunFolder, runFolder } from '../../src/journal/run-folder.ts';
import {
  finishedCommand,
  happening,
  newRunFolder,
  newRunId,
  noted,
  stamped,
  started,
  stateHome,
  write,
} from './samples.ts';

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

test('any list of events is read back as it was appended', async () => {
  const home = await stateHome();
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { maxLength: 8 }), async (happenings) => {
      const folder = await newRunFolder(home);
      const events = await write(folder, happenings);
      const read = await readJournal(folder);
      if (!read.ok) throw read.error;
      // What JSON and UTF-8 cannot hold is not appended either: redaction makes texts well formed.
      expect(canonicalJson(read.events)).toBe(canonicalJson(events));
      expect(read.torn).toBeUndefined();
    }),
    { numRuns: 40 },
  );
});

test('each line carries the digest of the one before; the first is the header', async () => {
  const folder = await newRunFolder();
  await write(folder, [started, noted('one'), noted('two')]);
  const lines = (await readFile(folder.events, 'utf8')).split('\n');
  expect(lines[0]).toBe('{"format":"sre-journal","version":1}');
  expect(lines.at(-1)).toBe('');
  for (const [i, line] of lines.slice(1, -1).entries()) {
    expect(JSON.parse(line)).toMatchObject({ prev: sha256(lines[i] ?? ''), seq: i + 1 });
  }
});

test('only the owner may look: folders 0700, files 0600, also under a wide umask', async () => {
  const before = process.umask(0);
  try {
    const home = join(await stateHome(), 'state');
    const folder = await openRunFolder(home, newRunId());
    const stdout = 'x'.repeat(LARGE_BYTES + 1);
    await write(folder, [finishedCommand({ stdout, stderr: '', truncated: false })]);
    const [output = ''] = await readdir(folder.outputs);
    const folders = [home, join(home, 'runs'), folder.path, folder.outputs];
    expect(await Promise.all(folders.map(modeOf))).toEqual(folders.map(() => 0o700));
    const files = [folder.events, join(folder.outputs, output)];
    expect(await Promise.all(files.map(modeOf))).toEqual(files.map(() => 0o600));
  } finally {
    process.umask(before);
  }
});

test('a run folder that others may read is closed to them', async () => {
  const home = await stateHome();
  const folder = await openRunFolder(home, newRunId());
  await chmod(folder.path, 0o755);
  await openRunFolder(home, folder.run);
  expect(await modeOf(folder.path)).toBe(0o700);
});

test('a large output goes to a file named by its digest; a small one stays in the line', async () => {
  const folder = await newRunFolder();
  const [small, large] = ['s'.repeat(LARGE_BYTES), 'é'.repeat(LARGE_BYTES / 2)];
  await write(folder, [
    finishedCommand({ stdout: small, stderr: '', truncated: false }),
    finishedCommand({ stdout: large, stderr: 'and a word', truncated: true }),
  ]);
  const lines = (await readFile(folder.events, 'utf8')).split('\n');
  expect(JSON.parse(lines[1] ?? '')).toMatchObject({ output: { stdout: small } });
  const [name = ''] = await readdir(folder.outputs);
  const digest = sha256(await readFile(join(folder.outputs, name)));
  expect(name).toBe(`${digest}.txt`);
  expect(JSON.parse(lines[2] ?? '')).toMatchObject({
    output: { ref: `outputs/${name}`, sha256: digest, bytes: LARGE_BYTES + 10, truncated: true },
  });
});

test('an output of which a crash left half is kept whole when it comes again', async () => {
  const home = await stateHome();
  const [torn, folder] = [await newRunFolder(home), await newRunFolder(home)];
  const output = { stdout: 'x'.repeat(LARGE_BYTES + 1), stderr: '', truncated: false };
  await write(torn, [finishedCommand(output)]);
  const [name = ''] = await readdir(torn.outputs);
  const whole = await readFile(join(torn.outputs, name), 'utf8');
  await writeFile(join(folder.outputs, name), whole.slice(0, 1000));
  const events = await write(folder, [finishedCommand(output)]);
  expect(await readFile(join(folder.outputs, name), 'utf8')).toBe(whole);
  expect(await readJournal(folder)).toEqual({ ok: true, events });
});

test('an output that was changed or lost afterwards is refused by name', async () => {
  const folder = await newRunFolder();
  const stdout = 'x'.repeat(LARGE_BYTES + 1);
  await write(folder, [finishedCommand({ stdout, stderr: '', truncated: false })]);
  const path = join(folder.outputs, (await readdir(folder.outputs))[0] ?? '');
  await writeFile(path, (await readFile(path, 'utf8')).replace('x', 'y'));
  expect(await readJournal(folder)).toMatchObject({
    ok: false,
    error: {
      code: 'journal-damaged',
      message: `the output kept in ${path} cannot be used: its content was changed`,
    },
  });
});

test('appends keep the order of the calls', async () => {
  const folder = await newRunFolder();
  const journal = await openJournal(folder, 'new');
  const events = stamped(
    folder.run,
    Array.from({ length: 30 }, (_, i) => noted(`note ${i}`)),
  );
  await Promise.all(events.map((it) => journal.append(it)));
  await journal.close();
  expect(await readJournal(folder)).toEqual({ ok: true, events });
});

test('an event out of its place is refused, and nothing is taken after it', async () => {
  const folder = await newRunFolder();
  const journal = await openJournal(folder, 'new');
  const [one, two, three] = stamped(folder.run, [noted('1'), noted('2'), noted('3')]);
  if (one === undefined || two === undefined || three === undefined)
    throw new Error('three events');
  await journal.append(one);
  await expect(journal.append(three)).rejects.toMatchObject({
    code: 'journal-out-of-order',
    source: 'bug',
  });
  await expect(journal.append(two)).rejects.toMatchObject({ code: 'journal-out-of-order' });
  await journal.close();
  expect(await readJournal(folder)).toEqual({ ok: true, events: [one] });
});

test('a journal is resumed where it ended, with what it holds', async () => {
  const folder = await newRunFolder();
  const stdout = 'x'.repeat(LARGE_BYTES + 1);
  const before = await write(folder, [
    started,
    finishedCommand({ stdout, stderr: '', truncated: false }),
  ]);
  const journal = await openJournal(folder, 'resumed');
  expect(journal.events).toEqual(before);
  const [, , next] = stamped(folder.run, [noted(''), noted(''), noted('and on')]);
  if (next === undefined) throw new Error('three events');
  await journal.append(next);
  await journal.close();
  expect(await readJournal(folder)).toEqual({ ok: true, events: [...before, next] });
});

test('a new journal never overwrites an old one', async () => {
  const folder = await newRunFolder();
  const events = await write(folder, [started]);
  await expect(openJournal(folder, 'new')).rejects.toMatchObject({
    code: 'disk-exists',
    message: `cannot start the journal ${folder.events}: it exists already (EEXIST)`,
  });
  expect(await readJournal(folder)).toEqual({ ok: true, events });
  await (await openJournal(folder, 'resumed')).close();
});

test('what does not exist cannot be resumed or read, and nothing is made in its place', async () => {
  const home = await stateHome();
  const folder = runFolder(home, newRunId());
  const error = { code: 'no-such-run', hint: '`sre runs` lists the runs' };
  await expect(openJournal(folder, 'resumed')).rejects.toMatchObject(error);
  expect(await readJournal(folder)).toMatchObject({ ok: false, error });
  expect(await readdir(home)).toEqual([]);
});

test.for(['..', '../../etc', '01K9'])("'%s' does not become a path", (run) => {
  expect(() => runFolder('/state', run)).toThrow(`'${run}' is not the id of a run`);
});
