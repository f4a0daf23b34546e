import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { LockReport, Locks } from '../../src/engine/ports.ts';
import { answer, latencyMs } from '../../src/lab/answers/answer.ts';
import type { World } from '../../src/lab/world.ts';
import { keepLocks } from '../../src/locks/keep-locks.ts';
import { EXPIRY_SECONDS } from '../../src/locks/terms.ts';
import type { Command } from '../../src/runbook/command.ts';
import {
  createRunLease,
  readRunLease,
  replaceRunLease,
} from '../../src/tools/kubectl/run-lease.ts';
import { takeRunLock } from '../../src/tools/pve/run-lock.ts';
import type { Bench } from './bench.ts';
import { bench, raw } from './bench.ts';

/** The locks of runs in the lab, on its clock and with its ways; `test/locks` has every case of a keeper. */

const never = new AbortController().signal;

const keeper = ({ lab }: Bench, run: string, takeOver?: string): Locks =>
  keepLocks({
    site: lab.site,
    me: { run, owner: `ops@${run.toLowerCase()}`, runbook: 'vault-raft-deadlock' },
    performer: lab.performer,
    clock: lab.clock,
    ...(takeOver === undefined ? {} : { takeOver }),
  });

const verdicts = ({ words }: LockReport) => words.map((it) => `${it.lock} ${it.verdict}`);

/** The same world in another lab, as another process finds it on disk, changed by somebody or not. */
const again = (on: Bench, id: string, how: (world: World) => World = (it) => it): Bench =>
  bench(id, 1, how(on.saved()));

describe('two runs in one world', () => {
  test('of two that begin at the same moment one has it, in any seed', async () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const on = bench('healthy', seed);
      // oxlint-disable-next-line no-await-in-loop -- one world after the other
      const both = await Promise.all(['A', 'B'].map((run) => keeper(on, run).take('x', never)));
      expect(both.filter((it) => it.refusal === undefined)).toHaveLength(1);
    }
  });

  test('a lock outlives the process that took it, and is the same in a world that is loaded again', async () => {
    const on = bench('healthy');
    await keeper(on, 'A').take('x', never);
    const later = again(on, 'healthy');
    expect((await keeper(later, 'B').take('y', never)).refusal).toContain('run A of ops@a has it');
    expect((await keeper(later, 'A').take('x', never)).refusal).toBeUndefined();
  });

  test('a run that began with the API down and one that begins with it up exclude each other', async () => {
    const on = bench('api-down');
    expect(on.lab.world.api).toBe('down');
    const a = keeper(on, 'A');
    const down = await a.take('x', never);
    expect(verdicts(down)).toEqual(['lease unknown', 'host held']);
    expect(down.refusal).toBeUndefined();

    const up = again(on, 'api-down', (world) => ({ ...world, api: 'up' }));
    const b = await keeper(up, 'B').take('y', never);
    expect(verdicts(b)).toEqual(['lease released', 'host refused']);
    expect(b.refusal).toContain('run A of ops@a has it');
  });

  test('and the other way round', async () => {
    const on = bench('healthy');
    await keeper(on, 'A').take('x', never);
    const down = again(on, 'healthy', (world) => ({ ...world, api: 'down' }));
    const b = await keeper(down, 'B').take('y', never);
    expect(verdicts(b)).toEqual(['lease unknown', 'host refused']);
    expect(b.refusal).toContain('run A of ops@a has it');
  });

  test('expired by the clock of the lab, taken over with a reason, and lost in the middle by the first', async () => {
    const on = bench('healthy');
    const a = keeper(on, 'A');
    await a.take('x', never);
    await on.sleep(EXPIRY_SECONDS + 70);
    expect((await keeper(on, 'B').take('y', never)).refusal).toContain('--take-over');
    const taken = await keeper(on, 'B', 'A is dead').take('y', never);
    expect(verdicts(taken)).toEqual(['lease held', 'host held']);
    const report = await a.renew('x', never);
    expect(report.refusal).toContain('a lock was lost');
    await a.release(never);
    expect((await keeper(on, 'C').take('z', never)).refusal).toContain('run B');
  });

  test('after a soak of 20 min without a heartbeat the locks that nobody took are renewed', async () => {
    const on = bench('healthy');
    const a = keeper(on, 'A');
    await a.take('x', never);
    await on.sleep(20 * 60);
    expect(verdicts(await a.renew('y', never))).toEqual(['lease held', 'host held']);
  });
});

const as = (owner: string) => ({
  run: '01JSE2V7Q0WX3R5T7Y9ZABCDEF',
  owner,
  purpose: owner,
  seconds: 180,
});

describe('in the lab', () => {
  test('a lock is nothing that people depend on: no mutation is noted', async () => {
    const on = bench('healthy');
    const a = keeper(on, 'A');
    await a.take('x', never);
    await a.renew('y', never);
    await a.release(never);
    expect(on.truth().mutations).toEqual([]);
    expect(on.saved()).toMatchObject({ runLease: { version: 3 }, runLock: {} });
    expect(on.saved().runLock).not.toHaveProperty('holder');
  });

  test('a world without locks, as they were kept before, is one in which nobody has them', async () => {
    const on = bench('healthy');
    expect(on.lab.world).not.toHaveProperty('runLease');
    expect(on.lab.world).not.toHaveProperty('runLock');
    expect(on.lab.world.format).toBe(1);
    expect((await keeper(on, 'A').take('x', never)).refusal).toBeUndefined();
  });

  test('whose a lock is and for what changes no time, so a run is the same on every machine', () => {
    const { world } = bench('healthy').lab;
    const { cluster } = bench('healthy').lab.site;
    const lease = (owner: string) =>
      createRunLease(cluster, 'kube-system', {
        number: 1,
        holder: { ...as(owner), durationSeconds: 180, renewedAt: 0 },
      });
    for (const make of [lease, (owner: string) => takeRunLock('pve', as(owner))]) {
      const times = ['me@here', 'you@there', 'x'].map((it) => latencyMs(world, make(it)));
      expect(new Set(times).size).toBe(1);
    }
  });

  test('kubectl: created once, replaced only as it was read, refused as the server would', async () => {
    const on = bench('healthy');
    const { cluster } = on.lab.site;
    const text = { number: 1 };
    const made = await on.value(createRunLease(cluster, 'kube-system', text));
    if (made.is !== 'written') throw new Error('not written');
    expect(await on.value(createRunLease(cluster, 'kube-system', text))).toEqual({
      is: 'conflict',
    });
    const { resourceVersion } = made.lease;
    expect(
      await on.value(replaceRunLease(cluster, 'kube-system', resourceVersion, { number: 2 })),
    ).toMatchObject({ is: 'written', lease: { number: 2 } });
    expect(
      await on.value(replaceRunLease(cluster, 'kube-system', resourceVersion, { number: 3 })),
    ).toEqual({ is: 'conflict' });
    expect(await on.value(readRunLease(cluster, 'vault'))).toBeUndefined();
    const gone = await on.ask(createRunLease(cluster, 'gone', text));
    expect(gone).toMatchObject({ ok: false });
    const odd = await on.perform(
      raw('kubectl', '--context', 'lab', 'replace', '--raw', '/api/v1/nodes/k8s-node1', '-f', '-'),
    );
    expect(odd.ending).toEqual({ how: 'exited', code: 127 });
  });
});

/** The recording, line by line: a command of the script, or seconds that pass. */
const RECORDED = readFileSync(
  join(import.meta.dirname, '../fixtures/tools/pve/run-lock.txt'),
  'utf8',
)
  .split(/^(?=[$#] )/m)
  .map((block) => {
    const [head = '', ...lines] = block.trimEnd().split('\n');
    return { head, lines };
  });

const script = (args: readonly string[]): Command<unknown> => ({
  kind: 'command',
  id: 'test.run-lock',
  about: 'as recorded',
  where: { on: 'pve', host: 'pve' },
  does: 'reads',
  run: { kind: 'script', script: 'pve/run-lock', args },
  deadlineMs: 10_000,
  read: () => ({ ok: true, value: undefined }),
});

/** A line without the time: a second may have passed while it was recorded. */
const timeless = (line: string): string =>
  line
    .replace(/^now\t\d+$/, 'now')
    .replace(
      /^(held\t\d+\t)(\d+)(\t\d+\t)\d+$/,
      (_, before: string, age: string, after: string) =>
        `${before}${Number(age) > 1 ? 'old' : 'new'}${after}`,
    );

/** As in the recording: the heartbeat is made older. */
function aged(world: World, seconds: number): World {
  const { runLock } = world;
  if (runLock?.holder === undefined) throw new Error('nobody holds it');
  const holder = { ...runLock.holder, beat: runLock.holder.beat - seconds };
  return { ...world, runLock: { ...runLock, holder } };
}

test('the lab answers the recorded verbs as the real script did', () => {
  const started = Number(/^now\t(\d+)$/m.exec(RECORDED[0]?.lines.join('\n') ?? '')?.[1]);
  let world: World = { ...bench('healthy').lab.world, at: started * 1000 };
  const answered = RECORDED.map(({ head }) => {
    if (head.startsWith('# ')) {
      world = aged(world, Number(head.split(' ')[1]));
      return { head, lines: [] };
    }
    const args = [...head.matchAll(/'([^']*)'/g)].map(([, word = '']) => word);
    const turn = answer(world, script(args));
    ({ world } = turn);
    const text = turn.said.is === 'exit' ? turn.said.stdout : '';
    return { head, lines: text.trimEnd().split('\n').map(timeless) };
  });
  expect(answered).toEqual(
    RECORDED.map(({ head, lines }) => ({ head, lines: lines.map(timeless) })),
  );
  expect(answered.length).toBeGreaterThan(15);
});
