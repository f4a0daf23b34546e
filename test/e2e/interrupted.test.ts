import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { components, workloadPrograms } from './harness/components.ts';
import { canRun } from './harness/required.ts';
import { Undo } from './harness/undo.ts';
import { until } from './harness/until.ts';
import { Apart, type Leftovers } from './interrupted/apart.ts';

const VITEST = join(import.meta.dirname, '..', '..', 'node_modules', 'vitest', 'vitest.mjs');
const CONFIG = join(import.meta.dirname, 'interrupted', 'vitest.config.ts');

/** To whom a signal goes: a terminal's Ctrl-C reaches the whole process group, whoever stops a job often its first process. */
type Reaches = 'group' | 'vitest';

/** How far the suite is when it is interrupted, as `interrupted/everything.ts` tells. */
type Moment = 'begins' | 'nodes' | 'faults' | 'stands';

const INTERRUPTIONS: readonly (readonly [NodeJS.Signals, Reaches, Moment])[] = [
  ['SIGINT', 'group', 'stands'],
  ['SIGKILL', 'group', 'stands'],
  ['SIGTERM', 'vitest', 'faults'],
  ['SIGKILL', 'vitest', 'nodes'],
  ['SIGKILL', 'group', 'begins'],
];

/** How long after it says that it begins: while nodes and control plane are being made. */
const IN_THE_MIDDLE_MS = 1500;

describe.runIf(canRun())('a suite that is interrupted leaves nothing behind', () => {
  let undo: Undo;

  beforeAll(async () => {
    undo = new Undo();
    await components();
    await workloadPrograms();
  }, 45 * 60_000);

  afterAll(() => undo.close());

  test.for(INTERRUPTIONS)('%s to the %s when it %s', { timeout: 400_000 }, async (how) => {
    const [signal, reaches, moment] = how;
    const folder = await undo.folder();
    const temporary = join(folder, 'tmp');
    await mkdir(temporary);
    const progress = join(folder, 'progress');
    await writeFile(progress, '');
    const run = [process.execPath, VITEST, 'run', '--config', CONFIG];
    const apart = await Apart.run(undo, run, { TMPDIR: temporary, SRE_E2E_PROGRESS: progress });
    try {
      const before = await apart.leftovers();
      await until(`the suite ${moment}`, { seconds: 200 }, async () => {
        if ((await readFile(progress, 'utf8')).includes(`${moment}\n`)) return true;
        if ((await apart.processes()).length === 0) throw new Error(apart.said);
        return false;
      });
      if (moment === 'begins')
        await new Promise((resolve) => setTimeout(resolve, IN_THE_MIDDLE_MS));
      // There is something to be left behind.
      const during = await apart.leftovers();
      expect(during.namespaces.length).toBeGreaterThan(0);
      expect((await apart.processes()).length).toBeGreaterThan(3);
      // The pod with a disk of its own, where it got so far.
      const disk = /^disk (\S+)$/m.exec(await readFile(progress, 'utf8'))?.[1];
      expect(disk === undefined ? [] : await disksOf(disk)).toHaveLength(
        disk === undefined ? 0 : 1,
      );
      expect(disk !== undefined || ['begins', 'nodes'].includes(moment)).toBe(true);

      process.kill(reaches === 'group' ? -apart.pid : apart.pid, signal);
      await apart.alone(90);
      expect(newIn(await apart.leftovers(), before)).toEqual([]);
      expect(await readdir(temporary)).toEqual([]);
      expect(disk === undefined ? [] : await disksOf(disk)).toEqual([]);
    } finally {
      await apart.close();
    }
  });
});

/** What is there now and was not before. What others of the machine take away meanwhile is their affair. */
const newIn = (now: Leftovers, before: Leftovers): readonly string[] =>
  (['links', 'namespaces', 'mounts'] as const).flatMap((kind) =>
    now[kind].filter((it) => !before[kind].includes(it)).map((it) => `${kind}: ${it}`),
  );

/** The loop devices of the machine whose file has this in its name. */
async function disksOf(name: string): Promise<readonly string[]> {
  const { stdout } = await execa('losetup', ['--list', '--noheadings', '--output', 'BACK-FILE']);
  return stdout.split('\n').filter((line) => line.includes(name));
}
