import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { getPod, listPods } from '../../src/tools/kubectl/pods.ts';
import { tasks } from '../../src/tools/node/tasks.ts';
import { health, leader } from '../../src/tools/vault/proxy.ts';
import { canary } from '../../src/tools/vault/token.ts';
import type { Command } from '../../src/runbook/command.ts';
import { bench } from './bench.ts';

const look = ({ lab: { site } }: ReturnType<typeof bench>): readonly Command<unknown>[] => [
  ...['vault-0', 'vault-1', 'vault-2'].flatMap((name) => [
    health(site, { name }),
    leader(site, { name }),
  ]),
  listPods(site.cluster, 'vault', site.vault.selector),
  tasks('k8s-node2'),
  canary(site, { name: 'vault-0' }, 'mark'),
];

describe('the lab clock', () => {
  test('begins at 09:20 on the day of the incident', () => {
    expect(new Date(bench('healthy').lab.clock.now()).toISOString()).toBe(
      '2026-04-22T09:20:00.000Z',
    );
  });

  test('a kubectl read costs 80 to 200 ms, a script over SSH 60 to 150 ms', async () => {
    const on = bench('healthy');
    const start = on.lab.clock.now();
    await on.ask(listPods(on.lab.site.cluster, 'vault', on.lab.site.vault.selector));
    const kubectl = on.lab.clock.now() - start;
    await on.ask(tasks('k8s-node1'));
    const ssh = on.lab.clock.now() - start - kubectl;
    expect(kubectl).toBeGreaterThanOrEqual(80);
    expect(kubectl).toBeLessThanOrEqual(200);
    expect(ssh).toBeGreaterThanOrEqual(60);
    expect(ssh).toBeLessThanOrEqual(150);
  });

  test('sleep moves it at once, and an aborted sleep ends without moving it', async () => {
    const on = bench('healthy');
    const start = on.lab.clock.now();
    await on.sleep(1200);
    expect(on.lab.clock.now()).toBe(start + 1_200_000);
    const stop = new AbortController();
    const sleeping = on.lab.clock.sleep(60_000, stop.signal);
    stop.abort();
    await sleeping;
    expect(on.lab.clock.now()).toBe(start + 1_200_000);
  });

  test('what runs side by side costs the longest, not the sum', async () => {
    const on = bench('vault-raft-deadlock');
    const start = on.lab.clock.now();
    await Promise.all(look(on).map(on.perform));
    const took = on.lab.clock.now() - start;
    expect(took).toBeGreaterThanOrEqual(10_000);
    expect(took).toBeLessThan(10_500);
  });

  test('the order in which a look is started makes no difference', async () => {
    const orders = await Promise.all(
      [(n: number) => n, (n: number) => -n, (n: number) => (n * 7) % 9].map(async (by) => {
        const on = bench('vault-raft-deadlock', 3);
        const commands = look(on);
        const order = commands.map((_, i) => i).toSorted((a, b) => by(a) - by(b));
        const answers = await Promise.all(
          order.map(async (i) => {
            const command = commands[i];
            const out = command === undefined ? undefined : await on.perform(command);
            return { i, out, at: on.lab.clock.now() };
          }),
        );
        return { answers: answers.toSorted((a, b) => a.i - b.i), world: on.saved() };
      }),
    );
    expect(orders[1]).toEqual(orders[0]);
    expect(orders[2]).toEqual(orders[0]);
  });

  test('a slow disk between the starts makes no difference either', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sre-lab-'));
    const file = await open(join(folder, 'journal'), 'a');
    const on = bench('vault-raft-deadlock', 3);
    const start = on.lab.clock.now();
    let queue = Promise.resolve();
    const append = (): Promise<void> => {
      queue = queue.then(() => file.appendFile('event\n')).then(() => file.sync());
      return queue;
    };
    const ends = await Promise.all(
      look(on).map(async (command) => {
        await append();
        await on.perform(command);
        const end = on.lab.clock.now();
        await append();
        return [end, on.lab.clock.now()];
      }),
    );
    expect(on.lab.clock.now() - start).toBeLessThan(10_500);
    expect(ends.filter(([ended, kept]) => ended !== kept)).toEqual([]);
    await file.close();
    await rm(folder, { recursive: true });
  });

  test('a cancelled command never happened, or its answer is lost', async () => {
    const on = bench('vault-raft-deadlock');
    const stop = new AbortController();
    const command = health(on.lab.site, { name: 'vault-2' });
    const asked = on.lab.performer.perform(command, stop.signal);
    stop.abort();
    expect((await asked).ending).toEqual({ how: 'cancelled' });
    expect((await on.lab.performer.perform(command, stop.signal)).ending).toEqual({
      how: 'cancelled',
    });
  });

  test('a hang costs the whole deadline', async () => {
    const on = bench('dead-kubelet');
    const start = on.lab.clock.now();
    const command = canary(on.lab.site, { name: 'vault-2' }, 'mark');
    const out = await on.perform(command);
    expect(out.ending).toEqual({ how: 'deadline' });
    expect(on.lab.clock.now() - start).toBe(command.deadlineMs);
  });

  test('a pod that is not there is no pod', async () => {
    const on = bench('healthy');
    const pod = { namespace: 'vault', name: 'vault-9' };
    expect(await on.value(getPod(on.lab.site.cluster, pod))).toBeUndefined();
  });
});
