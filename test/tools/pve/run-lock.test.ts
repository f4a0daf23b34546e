import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Command, RawOutput } from '../../../src/runbook/command.ts';
import {
  releaseRunLock,
  renewRunLock,
  showRunLock,
  takeOverRunLock,
  takeRunLock,
} from '../../../src/tools/pve/run-lock.ts';
import type { HostAnswer, Taking } from '../../../src/tools/pve/run-lock.ts';
import { runScript, SHELLS } from '../node/run-script.ts';
import { exited, readWith, records, valueOf, whyOf } from '../output.ts';

const root = mkdtempSync(join(tmpdir(), 'run-lock-'));
afterAll(() => rmSync(root, { recursive: true }));

let made = 0;
/** A place of its own, which the first verb makes. */
const place = (): string => join(root, String((made += 1)));

const taking = (run: string, how: Partial<Taking> = {}): Taking => ({
  run,
  owner: 'ops@box',
  purpose: 'vault-raft-deadlock: delete the pod',
  seconds: 180,
  ...how,
});

type Shell = readonly [string, ...string[]];

/** The host's answer, by the real script in a folder of its own. */
const on = async (command: Command<HostAnswer>, shell: Shell = ['sh']): Promise<HostAnswer> =>
  valueOf(readWith(command, await runScript(command, {}, shell)));

const holderOf = ({ now }: HostAnswer) => (now.is === 'held' ? now.holder : undefined);
const numberOf = (answer: HostAnswer): number => holderOf(answer)?.number ?? 0;

/** Makes the last heartbeat so many seconds older. */
function age(base: string, seconds: number): void {
  const file = join(base, 'run.lock/owner');
  const older = readFileSync(file, 'utf8').replace(
    /^beat (\d+)$/m,
    (_, beat: string) => `beat ${Number(beat) - seconds}`,
  );
  writeFileSync(file, older);
}

describe.for(SHELLS)('run-lock.sh in %s', (shell) => {
  test('take, renew, release: only with the run and the number that stand there', async () => {
    const base = place();
    const taken = await on(takeRunLock('pve', taking('A'), base), shell);
    expect(taken).toMatchObject({ did: true, now: { is: 'held', holder: { run: 'A' } } });
    const number = numberOf(taken);
    expect(number).toBeGreaterThan(1_700_000_000);

    age(base, 1000);
    const wrong = [
      renewRunLock('pve', { run: 'A', number: number - 1 }, taking('A'), base),
      renewRunLock('pve', { run: 'B', number }, taking('B'), base),
      releaseRunLock('pve', { run: 'A', number: number + 1 }, base),
      releaseRunLock('pve', { run: 'B', number }, base),
    ];
    for (const command of wrong) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect(await on(command, shell)).toMatchObject({ did: false, now: { is: 'held' } });
    }

    const renewed = await on(
      renewRunLock('pve', { run: 'A', number }, { purpose: 'the next step', seconds: 60 }, base),
      shell,
    );
    expect(renewed).toMatchObject({
      did: true,
      now: { holder: { number, owner: 'ops@box', purpose: 'the next step', expirySeconds: 60 } },
    });
    expect(holderOf(renewed)?.silentSeconds).toBeLessThan(30);

    expect(await on(releaseRunLock('pve', { run: 'A', number }, base), shell)).toEqual({
      did: true,
      now: { is: 'free', lastNumber: number },
    });
    expect(existsSync(join(base, 'run.lock'))).toBe(false);
    expect(existsSync(join(base, `released.${number}`))).toBe(false);
  });

  test('another run has it: it is named and keeps it, also when it is expired', async () => {
    const base = place();
    await on(takeRunLock('pve', taking('A'), base), shell);
    age(base, 1000);
    const refused = await on(takeRunLock('pve', taking('B'), base), shell);
    expect(refused).toMatchObject({
      did: false,
      now: { is: 'held', holder: { run: 'A', owner: 'ops@box', expirySeconds: 180 } },
    });
    expect(holderOf(refused)?.silentSeconds).toBeGreaterThanOrEqual(1000);
    expect(holderOf(refused)?.heldSeconds).toBeLessThan(30);
  });

  test('the run that has it takes it again, with a higher number', async () => {
    const base = place();
    const first = await on(takeRunLock('pve', taking('A'), base), shell);
    const again = await on(takeRunLock('pve', taking('A'), base), shell);
    expect(again.did).toBe(true);
    expect(numberOf(again)).toBeGreaterThan(numberOf(first));
  });

  test('taken over only expired, and only from the number that was seen', async () => {
    const base = place();
    const number = numberOf(await on(takeRunLock('pve', taking('A'), base), shell));
    const over = (seen: number) => on(takeOverRunLock('pve', seen, taking('B'), base), shell);
    expect(await over(number)).toMatchObject({ did: false, now: { holder: { run: 'A' } } });
    age(base, 181);
    expect(await over(number - 1)).toMatchObject({ did: false, now: { holder: { run: 'A' } } });
    const done = await over(number);
    expect(done).toMatchObject({ did: true, now: { holder: { run: 'B' } } });
    expect(numberOf(done)).toBeGreaterThan(number);
  });

  test('half made, it is held by nobody known, and over when it is old', async () => {
    const base = place();
    const lock = join(base, 'run.lock');
    mkdirSync(lock, { recursive: true });
    const show = showRunLock('pve', 180, base);
    const seen = await on(show, shell);
    expect(seen).toMatchObject({ did: false, now: { is: 'held', holder: { number: 0 } } });
    expect(holderOf(seen)).not.toHaveProperty('run');
    expect((await on(takeRunLock('pve', taking('B'), base), shell)).did).toBe(false);
    const over = takeOverRunLock('pve', 0, taking('B'), base);
    expect((await on(over, shell)).did).toBe(false);
    const old = Date.now() / 1000 - 200;
    utimesSync(lock, old, old);
    expect(holderOf(await on(show, shell))?.silentSeconds).toBeGreaterThanOrEqual(200);
    expect(await on(over, shell)).toMatchObject({ did: true, now: { holder: { run: 'B' } } });
  });

  test('an owner that is no owner counts as half made', async () => {
    const base = place();
    await on(takeRunLock('pve', taking('A'), base), shell);
    writeFileSync(join(base, 'run.lock/owner'), 'run A\nnumber 010\nbeat x\n');
    const seen = await on(showRunLock('pve', 180, base), shell);
    expect(holderOf(seen)?.number).toBe(0);
  });

  test('the number grows over releases, also where the time does not, and where the file is broken', async () => {
    const base = place();
    mkdirSync(base);
    writeFileSync(join(base, 'run.number'), '99999999999\n');
    const first = numberOf(await on(takeRunLock('pve', taking('A'), base), shell));
    expect(first).toBe(100_000_000_000);
    await on(releaseRunLock('pve', { run: 'A', number: first }, base), shell);
    const second = numberOf(await on(takeRunLock('pve', taking('B'), base), shell));
    expect(second).toBe(first + 1);
    writeFileSync(join(base, 'run.number'), 'x\n');
    expect(numberOf(await on(takeRunLock('pve', taking('B'), base), shell))).toBe(second + 1);
  });

  test('texts are kept as one line and are never run', async () => {
    const base = place();
    const purpose = 'a "b" \'c\' $(touch x) `touch y` \\n *; run B';
    const it = await on(takeRunLock('pve', taking('A', { purpose, owner: '-n' }), base), shell);
    expect(holderOf(it)).toMatchObject({ purpose, owner: '-n', run: 'A' });
    const raw = {
      run: {
        kind: 'script' as const,
        script: 'pve/run-lock' as const,
        args: ['take', 'A', '9', 'o\nrun B', 'p\tq\u001B[2J\rr', base],
      },
    };
    const out = await runScript(raw, {}, shell);
    expect(out.stdout).toContain('owner\to run B\npurpose\tp q[2J r\n');
    expect(holderOf(await on(showRunLock('pve', 9, base), shell))?.run).toBe('A');
  });

  test.for([
    [],
    ['show'],
    ['show', '0'],
    ['take', 'A', '180', 'o'],
    ['take', 'A B', '180', 'o', 'p'],
    ['take', '', '180', 'o', 'p'],
    ['take', 'A'.repeat(101), '180', 'o', 'p'],
    ['take', 'A', '018', 'o', 'p'],
    ['renew', 'A', '-1', '180', 'p'],
    ['release', 'A', '1', 'relative'],
    ['take-over', 'A', '1', '180', 'o'],
    ['steal', 'A', '1', '180', 'o', 'p'],
  ])('refuses %j', async (...[args]) => {
    const wrong = { run: { kind: 'script', script: 'pve/run-lock', args } } as const;
    expect((await runScript(wrong, {}, shell)).ending).toEqual({ how: 'exited', code: 64 });
  });
});

test('of twenty that take it at the same moment exactly one has it, and all others see that one', async () => {
  const base = place();
  const runs = Array.from({ length: 20 }, (_, i) => `R${i}`);
  const answers = await Promise.all(
    runs.map(async (run) => [run, await on(takeRunLock('pve', taking(run), base))] as const),
  );
  const winners = answers.filter(([, answer]) => answer.did);
  expect(winners).toHaveLength(1);
  const [[winner] = ['none']] = winners;
  expect(new Set(answers.map(([, answer]) => holderOf(answer)?.run))).toEqual(new Set([winner]));
});

test('of ten that take over an expired one exactly one has it, with a number of its own', async () => {
  const base = place();
  const number = numberOf(await on(takeRunLock('pve', taking('A'), base)));
  age(base, 181);
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, i) => on(takeOverRunLock('pve', number, taking(`R${i}`), base))),
  );
  expect(answers.filter(({ did }) => did)).toHaveLength(1);
  expect(new Set(answers.map(numberOf)).size).toBe(1);
});

test('a look makes nothing', async () => {
  const base = place();
  expect(await on(showRunLock('pve', 180, base))).toEqual({
    did: false,
    now: { is: 'free', lastNumber: 0 },
  });
  expect(existsSync(base)).toBe(false);
});

test('where it cannot be kept, it is not taken, and that is said', async () => {
  const file = join(root, 'a-file');
  writeFileSync(file, '');
  const command = takeRunLock('pve', taking('A'), join(file, 'below'));
  const why = whyOf(readWith(command, await runScript(command)));
  expect(why.says).toContain('no lock was touched');
});

const read = (...lines: readonly (readonly (string | number)[])[]): RawOutput =>
  exited(records(...lines));

describe('reading', () => {
  const TAKE = takeRunLock('pve', taking('A'));
  const HELD = [
    ['now', 1_776_849_243],
    ['did', 'nothing'],
    ['held', 1_776_849_000, 12, 180, 243],
    ['run', 'B'],
    ['owner', 'ops@laptop'],
    ['purpose', 'kernel-nfs-reset: reset the VM'],
  ] as const;

  test('what the script prints', () => {
    expect(valueOf(readWith(TAKE, read(...HELD)))).toEqual({
      did: false,
      now: {
        is: 'held',
        holder: {
          run: 'B',
          owner: 'ops@laptop',
          purpose: 'kernel-nfs-reset: reset the VM',
          number: 1_776_849_000,
          heldSeconds: 243,
          silentSeconds: 12,
          expirySeconds: 180,
        },
      },
    });
  });

  test.for([
    ['no word on what was done', HELD.filter(([kind]) => kind !== 'did')],
    [
      'another word',
      [
        ['did', 'stolen'],
        ['free', 7],
      ],
    ],
    ['no state', [['did', 'taken']]],
    ['a number without a run', HELD.filter(([kind]) => kind !== 'run')],
    [
      'a run without a number',
      [
        ['did', 'nothing'],
        ['held', 0, 1, 180, 1],
        ['run', 'B'],
      ],
    ],
    [
      'an age that is none',
      [
        ['did', 'nothing'],
        ['held', 7, -1, 180, 1],
        ['run', 'B'],
      ],
    ],
  ] as const)('%s is not understood, which is not free', ([, lines]) => {
    expect(whyOf(readWith(TAKE, read(...lines))).why).toBe('unparsable');
  });

  test('what others wrote is one clean line, and nobody passes for another run', () => {
    const lines = HELD.map((line) =>
      line[0] === 'run'
        ? ['run', 'A\u200B']
        : line[0] === 'purpose'
          ? ['purpose', `\u001B[31m${'x'.repeat(2000)}`]
          : line,
    );
    const holder = holderOf(valueOf(readWith(TAKE, read(...lines))));
    expect(holder?.run).toBe('not a run: A');
    expect(holder?.purpose).toHaveLength(300);
  });

  test('no right to be root, and cut off', () => {
    expect(whyOf(readWith(TAKE, exited('', 1, 'sudo: a password is required\n'))).why).toBe(
      'denied',
    );
    expect(whyOf(readWith(TAKE, exited('did\ttaken\n'))).why).toBe('unparsable');
  });
});
