import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Components, components, workloadPrograms } from './harness/components.ts';
import { USERS } from './harness/control-plane.ts';
import type { NodeVolume } from './harness/node-volumes.ts';
import { canRunGuests } from './harness/required.ts';
import { isRunning } from './harness/process-identity.ts';
import { Undo } from './harness/undo.ts';
import { until } from './harness/until.ts';
import { volumeOf } from './harness/workload-objects.ts';
import { Person } from './incident/person.ts';
import { conclusionOf, endOf, expectAskedAndJudged } from './incident/proofs.ts';
import { ofType } from './incident/workplace.ts';
import {
  addNamespace,
  dropAll,
  dropNothing,
  dropVersion42,
  hang,
  leaveMount,
  startDatabase,
  startServer,
  stopServer,
} from './kernel/faults.ts';
import type { GuestShell } from './kernel/guest-shell.ts';
import { record } from './kernel/recorder.ts';
import { buildKernelStage, type KernelStage, SICK } from './kernel/stage.ts';
import { VMS } from './reset/machines.ts';
import { refusalOf, runbook, Runs } from './reset/runs.ts';
import { MYSQL } from './reset/stage.ts';

/** From the start of a run to its first prompt, where every look at the node costs an emulated processor seconds. */
const LOOKING = 420;
const NEXT = 300;
/** A reset is proven within 180 s or not at all; what follows it takes as long again. */
const BOOTING = 480;

/**
 * The same runbook where nothing of the kernel is played: Debian's kernel 6.1 in guests of QEMU, as client, as server, and as the
 * node that it is compared with; real wait channels, stacks, zombies and mount tables; and a reset through QEMU's monitor. Played
 * are `qm` itself and, by kwok, the kubelets, but for what a boot changes. The controllers and the scheduler are real.
 */
describe.runIf(canRunGuests())('kernel-nfs-reset on a real kernel', { timeout: 1_800_000 }, () => {
  let undo: Undo;
  let built: Components;
  let below: string;
  let stage: KernelStage;

  beforeAll(async () => {
    undo = new Undo();
    built = await components();
    below = await undo.folder();
    stage = await buildKernelStage(undo, built, await workloadPrograms());
  }, 45 * 60_000);

  afterAll(async () => {
    await stage?.close();
    await undo.close();
  });

  const runs = (): Runs => new Runs(stage, built, below);

  /** Keeps what the product's scripts print in a state, where that was asked for. */
  async function keep(state: string, on: GuestShell, scripts: readonly string[]): Promise<void> {
    for (const script of scripts) {
      const args = {
        'nfs/answer': [stage.address],
        'nfs/probe': [stage.address, '/export', 'default', '15'],
      };
      await record({ state, on, script, args: args[script as keyof typeof args] ?? [] });
    }
  }

  test('one abandoned mount that holds up all others is killed, and those go on', async () => {
    const { sick, server, hypervisor, guest } = stage;
    const before = await guest.bootId();
    await dropVersion42(server, { to: stage.elsewhere });
    const poisoner = await leaveMount(sick, stage.elsewhere, 'nfsvers=4.2');
    const waiter = await leaveMount(sick, stage.address, 'nfsvers=4.1');
    await addNamespace(sick, 'box', stage.container);
    const other = await leaveMount(sick, stage.address, 'nfsvers=4.1', 'box');
    expect(await sick.run(`cat /proc/${poisoner.pid}/stack`)).toContain('nfs4_run_exchange_id');
    expect(await sick.run(`cat /proc/${waiter.pid}/wchan`)).toBe('nfs_wait_client_init_complete');
    // In another network namespace it waits for a mutex instead, where no signal ends it (REALITY 4c).
    expect(await sick.run(`cat /proc/${other.pid}/wchan`)).toBe('nfs4_discover_server_trunking');
    await sick.run(`kill -KILL ${other.pid}; sleep 2`);
    expect(await other.state()).toBe('D');
    await keep('poisoned', sick, ['node/tasks', 'node/nfs-state', 'node/identity', 'node/kubelet']);
    const place = await runs().workplace();
    const person = new Person(place, runbook(SICK, '10s'));
    try {
      expect(await person.asked(LOOKING)).toBe(`mount.nfs:${poisoner.pid}`);
      expect(await person.screen()).toContain('it sets up the client');
      // It is no fault of the server's: the one that the cluster uses answers.
      expect(await waiter.state()).toBe('D');
      await person.types(`mount.nfs:${poisoner.pid}`);
      await until('it is gone', { seconds: 60 }, async () => !(await poisoner.isThere()));
      for (const it of [waiter, other]) {
        await until('the others go on', { seconds: 60 }, async () => !(await it.isThere()));
      }
      expect(await person.exited).toBe(0);
    } finally {
      person.leaves();
      await dropNothing(server);
    }
    const events = await place.journal();
    expect(expectAskedAndJudged(events)).toEqual(['node.kill-task']);
    expect(conclusionOf(events, 'closer').because).toContain('every new mount queues behind it');
    expect(endOf(events)).toMatchObject({ result: 'resolved', exitCode: 0 });
    const mounts = await sick.run('cat /proc/self/mountinfo');
    expect(mounts).toMatch(new RegExp(` /run/left\\S+ .* - nfs4 ${stage.address}:/export `));
    expect(mounts).not.toContain(stage.elsewhere);
    expect(await guest.bootId()).toBe(before);
    expect(await hypervisor.powerCalls()).toEqual([]);
    await sick.run("grep -o '/run/left[^ ]*' /proc/self/mounts | xargs umount");
  });

  /** A run that nobody watches: the last step before its end, why it went on from there, and its exit code. */
  async function unattended(...more: readonly string[]) {
    const place = await runs().workplace();
    const { code } = await place.sre(...runbook(SICK, '10s'), ...more);
    const events = await place.journal();
    const concluded = ofType(events, 'step.concluded').at(-1);
    const { step = '', because = '' } = concluded ?? {};
    const end = ofType(events, 'step.entered').at(-1)?.step;
    return { code, step, because, end, asked: ofType(events, 'confirmation.asked').length };
  }

  test('a server that this node alone does not reach is told from a stuck client', async () => {
    await dropAll(stage.server, { from: stage.guest.address });
    await keep('unreached', stage.sick, ['nfs/answer']);
    const told = await unattended().finally(() => dropNothing(stage.server));
    expect(told).toMatchObject({ code: 3, step: 'closer', end: 'path', asked: 0 });
    expect(told.because).toContain(
      'answers k8s-master and not k8s-node2 (TCP timeout, RPC silent)',
    );
  });

  test('a server that hangs, one that is stopped, and one that has just been started', async () => {
    const { server, sick } = stage;
    await hang(server);
    await keep('hung', sick, ['nfs/answer']);
    const hung = await unattended().finally(() => dropNothing(server));
    expect(hung).toMatchObject({ code: 3, step: 'survey', end: 'server', asked: 0 });
    expect(hung.because).toContain('k8s-node2: TCP open, RPC silent');
    await stopServer(server);
    try {
      await keep('stopped', sick, ['nfs/answer']);
      await keep('stopped', server, ['nfs/server', 'nfs/clients']);
      const stopped = await unattended();
      expect(stopped).toMatchObject({ code: 3, step: 'survey', end: 'server', asked: 0 });
      expect(stopped.because).toContain('k8s-node2: TCP refused, RPC refused');
    } finally {
      await startServer(server, 300);
    }
    await keep('grace', server, ['nfs/server']);
    const grace = await unattended();
    expect(grace).toMatchObject({ step: 'survey', end: 'grace', asked: 0 });
    expect(grace.because).toContain('grace period (300 s at most)');
    await stopServer(server);
    await startServer(server, 10);
    await until('the grace period is over', { seconds: 60, everyMs: 1000 }, async () => {
      return (await server.run('cat /proc/fs/nfsd/v4_end_grace')) === 'Y';
    });
  });

  test('a client of version 4.2 that is wedged heals by itself when it is heard again', async () => {
    const { sick, server, address, guest, hypervisor } = stage;
    const before = await guest.bootId();
    await sick.run(
      `mkdir -p /run/wedged; mount -t nfs -o nfsvers=4.2 ${address}:/export /run/wedged`,
    );
    await keep('well', sick, ['nfs/answer', 'node/nfs-state', 'nfs/probe']);
    await keep('well', server, ['nfs/server', 'nfs/clients']);
    await dropVersion42(server, { from: guest.address });
    await keep('wedged', sick, ['nfs/probe', 'node/tasks', 'node/nfs-state']);
    const place = await runs().workplace();
    const run = place.sre(...runbook(SICK, '10s'), '--set', 'lease=30s');
    try {
      await until('it waits for a lease', { seconds: LOOKING, everyMs: 1000 }, async () => {
        const events = await place.journal().catch(() => []);
        return ofType(events, 'step.entered').some(({ step }) => step === 'lease');
      });
    } finally {
      await dropNothing(server);
    }
    expect(await run).toMatchObject({ code: 0 });
    const events = await place.journal();
    const because = conclusionOf(events, 'table').because;
    expect(because).toContain('mounts work in 4.1, 4.0, 3 and hang in default');
    expect(endOf(events)).toMatchObject({ result: 'resolved', exitCode: 0 });
    expect(ofType(events, 'confirmation.asked')).toEqual([]);
    await sick.run('ls /run/wedged; umount /run/wedged');
    expect(await guest.bootId()).toBe(before);
    expect(await hypervisor.powerCalls()).toEqual([]);
  });

  describe('a dead process over dirty pages', () => {
    beforeAll(async () => {
      const { sick, server, elsewhere } = stage;
      const { uid } = await stage.podOf(MYSQL, SICK);
      await deadOn(sick, server, { podUid: uid, pv: volumeOf(MYSQL) }, elsewhere);
      await keep('dead-holder', sick, ['node/tasks', 'node/nfs-state']);
      await keep('dead-holder', server, ['nfs/clients']);
    }, 300_000);

    test('is not cleared where its VM is locked', async () => {
      await stage.hypervisor.change(VMS[SICK], { lock: 'backup' });
      try {
        const { end, because } = await refusalOf(runs(), SICK);
        expect(end).toBe('hands-off');
        expect(because).toContain('VM 202 is locked (backup)');
      } finally {
        await stage.hypervisor.change(VMS[SICK], { lock: undefined });
      }
    });

    test('is cleared by a reset, and that is proven by the boot ID', async () => {
      const { plane, guest, hypervisor, server, sick } = stage;
      const [before, { process }] = [await guest.bootId(), guest];
      const place = await runs().workplace();
      const since = await plane.audit.mark();
      const person = new Person(place, runbook(SICK, '10s'));
      try {
        expect(await person.asked(LOOKING)).toBe(SICK);
        const screen = await person.screen();
        expect(screen).toContain('Cordon the node');
        expect(screen).toMatch(/mysqld \(pid \d+\) is a zombie/);
        await person.types(SICK);
        for (const title of ['Evict the pods', 'Reset the VM']) {
          await person.sees(
            new RegExp(`${title}[^]*Type (\\S+) to go ahead[^]{0,200}› *\\n$`),
            NEXT,
          );
          await person.types(SICK);
        }
        await person.sees(/Uncordon the node[^]*Type (\S+) to go ahead[^]{0,200}› *\n$/, BOOTING);
        await person.types(SICK);
        expect(await person.exited).toBe(0);
      } finally {
        person.leaves();
        await dropNothing(server);
      }
      const after = await guest.bootId();
      expect(after).not.toBe(before);
      const events = await place.journal();
      expect(expectAskedAndJudged(events)).toEqual([
        'kubectl.cordon',
        'kubectl.evict-pod',
        'pve.reset',
        'kubectl.uncordon',
      ]);
      const judged = ofType(events, 'effect.judged').find(({ step }) => step === 'reset');
      expect(judged?.effect).toBe('confirmed');
      const proof = `boot ID ${after}, in the API and in the guest; before it was ${before}`;
      expect(conclusionOf(events, 'reset').because).toContain(proof);
      expect(endOf(events)).toMatchObject({ result: 'resolved', exitCode: 0 });
      expect(await hypervisor.powerCalls()).toEqual(['reset 202']);
      // QEMU is the same: neither its age nor its PID proves anything.
      expect(await isRunning(process)).toBe(true);
      expect(await sick.run(`cat /proc/[0-9]*/stat | grep -c ') Z ' || :`)).toBe('0');
      expect(await plane.audit.mutations(since, USERS.operator)).toMatchObject([
        { verb: 'patch', resource: 'nodes', name: SICK, code: 200 },
        { verb: 'create', subresource: 'eviction', code: 201 },
        { verb: 'patch', resource: 'nodes', name: SICK, code: 200 },
      ]);
    });
  });
});

/** Leaves a database dead on a node over dirty pages that its server does not take. */
async function deadOn(
  node: GuestShell,
  server: GuestShell,
  volume: NodeVolume,
  address: string,
): Promise<void> {
  const database = await startDatabase(node, volume, address);
  await dropAll(server, { to: address });
  await database.flush();
  await database.kill();
  await until('it is a zombie', { seconds: 60, everyMs: 500 }, async () => {
    return (await database.state()) === 'Z 2';
  });
}
