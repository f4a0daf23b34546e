import { constants, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { chmod, open, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openJournal } from '../../src/journal/append.ts';
import { diskError } from '../../src/journal/disk-error.ts';
import { createLineFile, openLineFile } from '../../src/journal/line-file.ts';
import { openRunFolder } from '../../src/journal/run-folder.ts';
import { newRunFolder, newRunId, noted, stamped, started, stateHome } from './samples.ts';

const errno = (code: string): Error => Object.assign(new Error(`${code}: boom`), { code });

test.for([
  ['ENOSPC', 'disk-full', 'the disk is full'],
  ['EDQUOT', 'disk-full', 'your disk quota is used up'],
  ['EFBIG', 'disk-file-too-large', 'the file would be larger than a limit allows'],
  ['EROFS', 'disk-read-only', 'the file system is read-only'],
  ['EACCES', 'disk-denied', 'permission denied'],
  ['EIO', 'disk-failing', 'the disk reports an input/output error'],
])('%s names the file and says what to do', ([code = '', name, says]) => {
  const error = diskError('write to the journal', '/state/events.jsonl', errno(code));
  expect(error.code).toBe(name);
  expect(error.message).toBe(`cannot write to the journal /state/events.jsonl: ${says} (${code})`);
  expect(error.hint).toContain('set XDG_STATE_HOME to a folder on another disk');
  expect(error.source).toBe('environment');
});

test('what the system does not name is told as it is, and counts as our bug', () => {
  const error = diskError('write', '/f', new TypeError('no such thing'));
  expect(error).toMatchObject({ message: 'cannot write /f: no such thing', source: 'bug' });
  expect(diskError('write', '/f', errno('EXDEV'))).toMatchObject({ source: 'environment' });
});

test.skipIf(process.platform !== 'linux')('a full disk rejects the append', async () => {
  const full = await openLineFile('/dev/full', 0);
  await expect(full.append('a line')).rejects.toMatchObject({ code: 'ENOSPC' });
  await full.close();
});

test('a line file is not created through a link, nor over a file', async () => {
  const home = await stateHome();
  await symlink(join(home, 'elsewhere'), join(home, 'link'));
  await writeFile(join(home, 'file'), '');
  await expect(createLineFile(join(home, 'link'))).rejects.toMatchObject({ code: 'EEXIST' });
  await expect(createLineFile(join(home, 'file'))).rejects.toMatchObject({ code: 'EEXIST' });
});

test('a state home under a file is refused by name', async () => {
  const home = await stateHome();
  await writeFile(join(home, 'file'), '');
  const run = newRunId();
  await expect(openRunFolder(join(home, 'file'), run)).rejects.toMatchObject({
    code: 'disk-not-a-folder',
    message: `cannot keep the run in ${join(home, 'file', 'runs', run)}: a part of that path is a file, not a folder (ENOTDIR)`,
    hint: 'move that file away, or set XDG_STATE_HOME to a folder on another disk',
  });
});

test.skipIf(process.getuid?.() === 0)(
  'a folder that may not be written is refused by name',
  async () => {
    const folder = await newRunFolder();
    await chmod(folder.path, 0o500);
    onTestFinished(() => chmod(folder.path, 0o700));
    await expect(openJournal(folder, 'new')).rejects.toMatchObject({ code: 'disk-denied' });
  },
);

/** Under which flags this process has a file open (proc_pid_fdinfo(5): octal). */
function flagsOf(path: string): number {
  const fd = readdirSync('/proc/self/fd').find((it) => {
    try {
      return readlinkSync(`/proc/self/fd/${it}`) === path;
    } catch {
      return false;
    }
  });
  const info = readFileSync(`/proc/self/fdinfo/${fd ?? ''}`, 'utf8');
  return Number.parseInt(/^flags:\s+(\d+)/m.exec(info)?.[1] ?? '', 8);
}

test.skipIf(process.platform !== 'linux')(
  'what is appended is on disk when the append is over: the file is open for synchronous writes',
  async () => {
    const home = await stateHome();
    const path = join(home, 'file');
    const fresh = await createLineFile(path);
    expect(flagsOf(path) & constants.O_DSYNC).toBe(constants.O_DSYNC);
    await fresh.append('one');
    await fresh.close();
    const again = await openLineFile(path, 4);
    expect(flagsOf(path) & constants.O_DSYNC).toBe(constants.O_DSYNC);
    await again.close();
  },
);

test('the names of a run survive a power cut: its folder is synced once, before anything is appended', async () => {
  const folder = await newRunFolder();
  const probe = await open(folder.path, 'r');
  const handle = Object.getPrototypeOf(probe) as { sync: () => Promise<void> };
  await probe.close();
  const sync = vi.spyOn(handle, 'sync');
  onTestFinished(() => sync.mockRestore());
  const journal = await openJournal(folder, 'new');
  expect(sync).toHaveBeenCalledTimes(1);
  for (const event of stamped(folder.run, [started, noted('one')])) await journal.append(event);
  await journal.close();
  expect(sync).toHaveBeenCalledTimes(1);
});
