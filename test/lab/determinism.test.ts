import { describe, expect, test } from 'vitest';
import { scenarios } from '../../src/lab/index.ts';
import { step } from '../../src/lab/step.ts';
import type { RawOutput } from '../../src/runbook/command.ts';
import { deletePod } from '../../src/tools/kubectl/delete-pod.ts';
import { getPod, listPods } from '../../src/tools/kubectl/pods.ts';
import { podLogFile } from '../../src/tools/node/pod-log.ts';
import { tasks } from '../../src/tools/node/tasks.ts';
import { health, leader } from '../../src/tools/vault/proxy.ts';
import type { Bench } from './bench.ts';
import { bench } from './bench.ts';

/** One look and some seconds; `rounds` of them. */
async function session(
  on: Bench,
  rounds: number,
): Promise<readonly (readonly [number, RawOutput])[]> {
  const { site } = on.lab;
  const heard: [number, RawOutput][] = [];
  for (let i = 0; i < rounds; i += 1) {
    const commands = [
      listPods(site.cluster, 'vault', site.vault.selector),
      health(site, { name: 'vault-1' }),
      leader(site, { name: 'vault-0' }),
      tasks('k8s-node2'),
    ];
    // oxlint-disable-next-line no-await-in-loop -- one look after the other
    const answers = await Promise.all(commands.map(on.perform));
    heard.push(...answers.map((out): [number, RawOutput] => [on.lab.clock.now(), out]));
    // oxlint-disable-next-line no-await-in-loop
    await on.sleep(3);
  }
  return heard;
}

async function removal(on: Bench): Promise<void> {
  const pod = await on.pod('vault-2');
  await on.value(deletePod(on.lab.site.cluster, pod));
}

describe('the same seed', () => {
  test.each(scenarios.map((it) => it.id))(
    '%s gives the same world and the same answers',
    async (id) => {
      const [one, two] = [bench(id, 7), bench(id, 7)];
      expect(two.lab.world).toEqual(one.lab.world);
      expect(await session(two, 3)).toEqual(await session(one, 3));
      expect(two.saved()).toEqual(one.saved());
    },
  );

  test('another seed gives another world', () => {
    expect(bench('healthy', 2).lab.world).not.toEqual(bench('healthy', 1).lab.world);
  });
});

describe('a world', () => {
  test.each(scenarios.map((it) => it.id))('%s is plain data, good for JSON', (id) => {
    const { world } = bench(id).lab;
    expect(JSON.parse(JSON.stringify(world))).toEqual(world);
  });

  test('time in one step or in many is the same time', () => {
    const { world } = bench('vault-raft-deadlock').lab;
    const once = step(world, world.at + 90_000);
    const often = Array.from({ length: 90 }).reduce<typeof world>(
      (it) => step(it, it.at + 1000),
      world,
    );
    expect(often).toEqual(once);
  });
});

describe('a killed tool', () => {
  test('goes on from the saved world as if nothing had happened', async () => {
    const whole = bench('vault-raft-deadlock', 4);
    await removal(whole);
    await session(whole, 4);
    const after = await session(whole, 6);

    const killed = bench('vault-raft-deadlock', 4);
    await removal(killed);
    await session(killed, 4);
    const resumed = bench('vault-raft-deadlock', 4, killed.saved());
    expect(await session(resumed, 6)).toEqual(after);
    expect(resumed.saved()).toEqual(whole.saved());
    expect(resumed.truth().mutations).toHaveLength(1);
  });

  test('finds the deletion done that it never heard an answer to', async () => {
    const on = bench('vault-raft-deadlock');
    const pod = await on.pod('vault-2');
    const stop = new AbortController();
    const asked = on.lab.performer.perform(deletePod(on.lab.site.cluster, pod), stop.signal);
    const watch = setInterval(() => {
      if (on.truth().mutations.length > 0) stop.abort();
    });
    expect((await asked).ending.how).toMatch(/cancelled|exited/);
    clearInterval(watch);
    const resumed = bench('vault-raft-deadlock', 1, on.saved());
    expect(resumed.truth().mutations).toHaveLength(1);
    const seen = await resumed.value(getPod(resumed.lab.site.cluster, pod));
    expect(seen?.deletionTimestamp).toBeDefined();
  });

  test('reads the same log lines twice', async () => {
    const on = bench('vault-raft-deadlock');
    const pod = await on.pod('vault-0');
    const read = podLogFile(pod.node ?? '', pod, 'vault');
    const first = await on.value(read);
    const second = await bench('vault-raft-deadlock', 1, on.saved()).value(read);
    expect(second.lines.slice(0, first.lines.length)).toEqual(first.lines);
  });
});
