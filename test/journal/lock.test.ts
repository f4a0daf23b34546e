import { execFile } from 'node:child_process';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { openJournal } from '../../src/journal/append.ts';
import { lockFolder } from '../../src/journal/lock.ts';
import { thisProcess } from '../../src/journal/process-identity.ts';
import { newRunFolder, stateHome, write } from './samples.ts';

const run = promisify(execFile);
const SOURCE = join(import.meta.dirname, '../../src/journal');
const locksIn = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder)).filter((it) => it.startsWith('lock.'));

/** Takes the lock in another process, which then dies (`kill`) or tries and says what happened. */
async function elsewhere(folder: string, then: string): Promise<string> {
  const script = `
    import { lockFolder } from '${SOURCE}/lock.ts';
    try {
      const lock = await lockFolder(process.argv[1], 'run X');
      console.log('taken ' + process.pid + ' ' + lock.notes.join());
      ${then}
    } catch (error) {
      console.log(error.code + ' ' + error.message);
    }`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script, folder]);
  return stdout.trim();
}

test('a second process is refused while the first one lives', async () => {
  const folder = await stateHome();
  const lock = await lockFolder(folder, 'run X');
  const refused = `journal-locked run X is in use by process ${process.pid} on this machine`;
  expect(await elsewhere(folder, '')).toBe(refused);
  await lock.release();
  expect(await elsewhere(folder, 'await lock.release();')).toMatch(/^taken/);
  expect(await locksIn(folder)).toEqual([]);
});

test('two journals on one folder are refused, also within one process', async () => {
  const folder = await newRunFolder();
  await write(folder, []);
  const first = await openJournal(folder, 'resumed');
  await expect(openJournal(folder, 'resumed')).rejects.toMatchObject({
    code: 'journal-locked',
    message: `run ${folder.run} is in use by this very process`,
  });
  await first.close();
  await (await openJournal(folder, 'resumed')).close();
  expect(await locksIn(folder.path)).toEqual([]);
});

test('the lock of a dead process is taken over, and said so', async () => {
  const folder = await newRunFolder();
  await write(folder, []);
  const [, pid] = (await elsewhere(folder.path, 'process.exit();')).split(' ');
  expect(await locksIn(folder.path)).toHaveLength(1);
  const journal = await openJournal(folder, 'resumed');
  const note = `took over the lock on run ${folder.run} from process ${pid}, which is gone`;
  expect(journal.notes).toEqual([note]);
  expect(await locksIn(folder.path)).toHaveLength(1);
  await journal.close();
});

test.skipIf(process.platform !== 'linux')(
  'a process id in use again, or of an earlier boot, is no live holder',
  async () => {
    const me = await thisProcess();
    const names = [
      `lock.${me.pid}.${Number(me.start) + 1}.${me.boot}.${me.host}`,
      `lock.${me.pid}.${me.start}.00000000.${me.host}`,
    ];
    for (const name of names) {
      const folder = await stateHome();
      await writeFile(join(folder, name), '');
      const lock = await lockFolder(folder, 'run X');
      expect(lock.notes).toHaveLength(1);
      await lock.release();
    }
  },
);

test('a holder on another machine is never presumed dead; the file to remove is named', async () => {
  const folder = await stateHome();
  const path = join(folder, 'lock.999999.1.00000000.another-host');
  await writeFile(path, '');
  await expect(lockFolder(folder, 'run X')).rejects.toMatchObject({
    message: 'run X is in use by process 999999 on another-host',
    hint: `whether it still runs cannot be told from here; if it does not, remove ${path}`,
  });
  expect(await locksIn(folder)).toEqual(['lock.999999.1.00000000.another-host']);
});

test('of many at the same moment no two have it at once', async () => {
  const folder = await stateHome();
  const hold = `
    const from = Date.now();
    await new Promise((done) => setTimeout(done, 300));
    console.log('held ' + from + ' ' + Date.now());
    await lock.release();`;
  const said = await Promise.all(Array.from({ length: 6 }, () => elsewhere(folder, hold)));
  const held = said
    .flatMap((it) => [...it.matchAll(/held (\d+) (\d+)/g)])
    .map(([, from, to]) => ({ from: Number(from), to: Number(to) }))
    .toSorted((one, other) => one.from - other.from);
  const overlapping = held.filter(({ to }, i) => to > (held[i + 1]?.from ?? Infinity));
  expect(overlapping).toEqual([]);
  expect(said.filter((it) => !/^(taken|journal-locked) /.test(it))).toEqual([]);
  expect(await locksIn(folder)).toEqual([]);
});

test('the lock file says who and since when, to its owner alone', async () => {
  const folder = await stateHome();
  const lock = await lockFolder(folder, 'run X');
  const [name = ''] = await locksIn(folder);
  expect(JSON.parse(await readFile(join(folder, name), 'utf8'))).toMatchObject({
    pid: process.pid,
    host: hostname(),
    since: expect.stringMatching(/^\d{4}-.*Z$/) as string,
  });
  expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
  await lock.release();
});
