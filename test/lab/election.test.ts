import { describe, expect, test } from 'vitest';
import { deletePod } from '../../src/tools/kubectl/delete-pod.ts';
import { endpointsOf } from '../../src/tools/kubectl/endpoints.ts';
import { podLogFile } from '../../src/tools/node/pod-log.ts';
import { reach } from '../../src/tools/node/reach.ts';
import { externalHealth } from '../../src/tools/vault/external.ts';
import { elections, leaderComplaints, readVaultLog } from '../../src/tools/vault/log-lines.ts';
import { haStatus, health, leader } from '../../src/tools/vault/proxy.ts';
import { audited, canary, raftConfiguration } from '../../src/tools/vault/token.ts';
import type { Bench } from './bench.ts';
import { bench } from './bench.ts';

const log = async (on: Bench, name: string) => {
  const pod = await on.pod(name);
  return readVaultLog((await on.value(podLogFile(pod.node ?? '', pod, 'vault'))).lines);
};

describe('a silent leader', () => {
  test('accepts TCP and sends no byte, from another node and through the API server', async () => {
    const on = bench('vault-raft-deadlock');
    const pod = await on.pod('vault-2');
    expect(await on.value(reach('k8s-node1', pod.ip ?? '', 8200, '/v1/sys/health'))).toMatchObject({
      tcp: 'open',
      http: { is: 'silent' },
    });
    expect(await on.ask(health(on.lab.site, pod))).toMatchObject({ ok: false, why: 'timeout' });
    expect(await on.ask(haStatus(on.lab.site, { name: 'vault-0' }))).toMatchObject({
      ok: false,
      why: 'timeout',
    });
  });

  test('keeps its label and its endpoint, and nobody elects another for ten minutes', async () => {
    const on = bench('vault-raft-deadlock');
    const began = on.lab.clock.now();
    await on.sleep(600);
    const pod = await on.pod('vault-2');
    expect(pod.labels['vault-active']).toBe('true');
    expect(pod.ready).toBe(false);
    const endpoints = await on.value(endpointsOf(on.lab.site.cluster, 'vault', 'vault-active'));
    expect(endpoints).toEqual([{ ip: '10.10.107.27', pod: 'vault-2', ready: true }]);
    for (const name of ['vault-0', 'vault-1']) {
      // oxlint-disable-next-line no-await-in-loop -- one pod after the other
      expect(elections(await log(on, name), began)).toEqual([]);
    }
    expect(await on.value(externalHealth(on.lab.site.vault.externalUrl ?? ''))).toEqual({
      status: 503,
    });
  });

  test('is complained about by both standbys, by name, three times a minute and more', async () => {
    const on = bench('vault-raft-deadlock');
    for (const name of ['vault-0', 'vault-1']) {
      // oxlint-disable-next-line no-await-in-loop -- one pod after the other
      const lines = leaderComplaints(await log(on, name), on.lab.clock.now() - 60_000);
      expect(lines.length).toBeGreaterThanOrEqual(10);
      expect(lines.length).toBeLessThanOrEqual(31);
      expect(new Set(lines.map((line) => line.peer))).toEqual(
        new Set(['vault-2.vault-internal:8201']),
      );
    }
  });

  test('acknowledges no canary, and its standbys name it with an index that stands', async () => {
    const on = bench('vault-raft-deadlock');
    const start = on.lab.clock.now();
    expect(await on.ask(canary(on.lab.site, { name: 'vault-0' }, 'a'))).toMatchObject({
      ok: true,
      value: { acked: false },
    });
    expect(on.lab.clock.now() - start).toBeGreaterThan(10_000);
    expect(await on.ask(raftConfiguration(on.lab.site, { name: 'vault-1' }))).toMatchObject({
      ok: false,
      why: 'timeout',
    });
    const before = await on.value(leader(on.lab.site, { name: 'vault-1' }));
    await on.sleep(60);
    const after = await on.value(leader(on.lab.site, { name: 'vault-1' }));
    expect(after).toEqual(before);
    expect(after).toMatchObject({
      isSelf: false,
      leaderClusterAddress: 'https://vault-2.vault-internal:8201',
    });
    expect(on.truth()).toMatchObject({ leaderWorking: false, mutations: [], canaries: 0 });
  });
});

describe('an election', () => {
  test.each([1, 2, 3, 4, 5])(
    'comes 5 to 10 s after the heartbeats stop, and never before (seed %i)',
    async (seed) => {
      const on = bench('vault-raft-deadlock', seed);
      const pod = await on.pod('vault-2');
      await on.value(deletePod(on.lab.site.cluster, pod));
      let silent = 0;
      let gone = 0;
      for (let i = 0; i < 400 && on.truth().leader === undefined; i += 1) {
        const lives = on.lab.world.members.some(
          (member) => member.id === 'vault-2' && member.health === 'silent',
        );
        if (lives) silent = on.lab.clock.now();
        else if (gone === 0) gone = on.lab.clock.now();
        // oxlint-disable-next-line no-await-in-loop -- time goes on step by step
        await on.sleep(0.1);
      }
      const won = elections(await log(on, on.truth().leader ?? ''), 0).at(-1)?.at ?? 0;
      expect(won - silent).toBeGreaterThanOrEqual(5_000);
      expect(won - gone).toBeLessThanOrEqual(10_000);
    },
  );

  test('follows when the process is stopped whole, and its label stays', async () => {
    const on = bench('process-frozen');
    expect(await on.ask(health(on.lab.site, { name: 'vault-2' }))).toMatchObject({ ok: false });
    await on.sleep(10);
    expect(on.truth()).toMatchObject({ leaderWorking: true, functional: ['vault-0', 'vault-1'] });
    expect((await on.pod('vault-2')).labels['vault-active']).toBe('true');
    const endpoints = await on.value(endpointsOf(on.lab.site.cluster, 'vault', 'vault-active'));
    expect(endpoints).toHaveLength(2);
  });

  test('does not follow without a quorum: one voter stands again and again', async () => {
    const on = bench('april-22');
    const began = on.lab.clock.now();
    await on.sleep(120);
    const stood = elections(await log(on, 'vault-0'), began);
    expect(stood.length).toBeGreaterThanOrEqual(12);
    expect(stood.every((line) => line.text.includes('entering candidate state'))).toBe(true);
    expect(on.truth().leader).toBeUndefined();
  });

  test('after it Vault takes writes, passes its audit log, and counts three voters', async () => {
    const on = bench('vault-raft-deadlock');
    await on.value(deletePod(on.lab.site.cluster, await on.pod('vault-2')));
    await on.sleep(70);
    const { site } = on.lab;
    expect(await on.value(canary(site, { name: 'vault-2' }, 'b'))).toEqual({ acked: true });
    expect(await on.value(audited(site, { name: 'vault-2' }))).toBe(true);
    const servers = await on.value(raftConfiguration(site, { name: 'vault-2' }));
    expect(servers.map((it) => it.voter)).toEqual([true, true, true]);
    expect(servers.filter((it) => it.leader).map((it) => it.id)).toEqual([on.truth().leader]);
    expect(await on.value(externalHealth(site.vault.externalUrl ?? ''))).toEqual({ status: 200 });
    expect(on.truth().canaries).toBe(1);
  });
});
