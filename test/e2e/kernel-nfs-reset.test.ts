import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Command, Reading } from '../../src/runbook/command.ts';
import { setUnschedulable } from '../../src/tools/kubectl/cordon.ts';
import { evictPod } from '../../src/tools/kubectl/evict.ts';
import { local } from '../../src/transport/local.ts';
import { type Components, components, workloadPrograms } from './harness/components.ts';
import { USERS } from './harness/control-plane.ts';
import type { KubeObject } from './harness/kube-object.ts';
import { addPod } from './harness/node-pods.ts';
import { stickMountNfs } from './harness/node-volumes.ts';
import { canRun } from './harness/required.ts';
import { Undo } from './harness/undo.ts';
import { until } from './harness/until.ts';
import type { App } from './harness/workload-objects.ts';
import { Person } from './incident/person.ts';
import { ended, processesOf } from './incident/processes.ts';
import {
  conclusionOf,
  endOf,
  expectAskedAndJudged,
  expectNothingIssued,
  expectNothingMutated,
} from './incident/proofs.ts';
import { eventsOf, ofType } from './incident/workplace.ts';
import { type DeadHolder, leaveDeadHolder, POISONER } from './reset/faults.ts';
import { neighboursOf, refusalOf, runbook, Runs, uuidOf } from './reset/runs.ts';
import { VMS } from './reset/machines.ts';
import { buildStage, LEDGER, MYSQL, type Stage, WEB } from './reset/stage.ts';

const SICK = 'k8s-node2';
const OTHER = 'k8s-node3';

/** Two clusters side by side, in each of them one test after the other. */
const IN_TURN = { concurrent: false } as const;

/** From the start of a run to its first prompt: three looks at all nodes, 5 s apart, and a closer one. */
const LOOKING = 120;

/**
 * A node whose kernel makes no new NFS mount, against a real API server, real SSH and real processes: a zombie whose
 * thread waits for a frozen file system, `mount.nfs` in D, and a reset that ends all of it and gives the node a new boot
 * ID. Not real: QEMU (a stand-in for `qm`, which restarts the node's namespaces), NFS (test mounts are real mounts of
 * tmpfs, the server answers a NULL call and no more), wait channels and stacks (laid over /proc), and the kubelets,
 * which kwok plays, but for what a boot changes. The controllers and the scheduler are real.
 */
describe.runIf(canRun())('kernel-nfs-reset against a real cluster', () => {
  let undo: Undo;
  let built: Components;
  let below: string;
  const stages: Stage[] = [];

  beforeAll(async () => {
    undo = new Undo();
    built = await components();
    below = await undo.folder();
  }, 45 * 60_000);

  afterAll(async () => {
    await Promise.all(stages.map((it) => it.close()));
    await undo.close();
  });

  /** A cluster whose second node is dead in the water. */
  async function sickStage(): Promise<{ readonly stage: Stage; readonly holder: DeadHolder }> {
    const stage = await buildStage(undo, built, await workloadPrograms());
    stages.push(stage);
    const { uid } = await stage.podOf(MYSQL, SICK);
    return { stage, holder: await leaveDeadHolder(stage.lab.get(SICK), uid, stage.server) };
  }

  const runsOn = (stage: Stage): Runs => new Runs(stage, built, below);

  describe.concurrent('where the VM does what it is told', { timeout: 300_000 }, () => {
    let stage: Stage;
    let holder: DeadHolder;

    beforeAll(async () => {
      ({ stage, holder } = await sickStage());
    }, 180_000);

    test('a plan and a run without a terminal change nothing', IN_TURN, async () => {
      const mark = await stage.plane.audit.mark();
      const places = await Promise.all([runsOn(stage).workplace(), runsOn(stage).workplace()]);
      const [planned, unanswered] = await Promise.all([
        places[0].sre(...runbook(SICK), '--dry-run', '--json'),
        places[1].sre(...runbook(SICK)),
      ]);
      const events = eventsOf(planned.stdout);
      expect(planned.code).toBe(0);
      expectNothingIssued(events);
      expect(endOf(events)).toMatchObject({ result: 'planned' });
      expect(ofType(events, 'action.planned').map(({ step }) => step)).toEqual([
        'cordon',
        'evict',
        'reset',
        'uncordon',
      ]);
      expect(unanswered.code).toBe(8);
      expectNothingMutated(await places[1].journal());
      expect(await stage.plane.audit.mutations(mark, USERS.operator)).toEqual([]);
      expect(await stage.hypervisor.powerCalls()).toEqual([]);
    });

    test('a VM that is locked is left alone', IN_TURN, async () => {
      await stage.hypervisor.change(VMS[SICK], { lock: 'backup' });
      try {
        const { end, because } = await refusalOf(runsOn(stage), SICK);
        expect(end).toBe('hands-off');
        expect(because).toContain('VM 202 is locked (backup)');
      } finally {
        await stage.hypervisor.change(VMS[SICK], { lock: undefined });
      }
    });

    test("a VM that is another node's is left alone", IN_TURN, async () => {
      const [mine, theirs] = [await uuidOf(stage, SICK), await uuidOf(stage, OTHER)];
      type Identity = readonly [name: string, uuid: string];
      const are = async (vm: Identity, other: Identity): Promise<void> => {
        await stage.hypervisor.change(VMS[SICK], { name: vm[0], uuid: vm[1] });
        await stage.hypervisor.change(VMS[OTHER], { name: other[0], uuid: other[1] });
      };
      try {
        await are([OTHER, theirs], [SICK, mine]);
        const byName = await refusalOf(runsOn(stage), SICK);
        expect(byName.end).toBe('not-the-vm');
        expect(byName.because).toContain(`VM 202 is called ${OTHER}`);
        await are([SICK, theirs], [OTHER, mine]);
        const byUuid = await refusalOf(runsOn(stage), SICK);
        expect(byUuid.end).toBe('not-the-vm');
        expect(byUuid.because).toContain(`SMBIOS UUID ${theirs} of VM 202 is not`);
      } finally {
        await are([SICK, mine], [OTHER, theirs]);
      }
    });

    test('a person who types what is shown resets the node', IN_TURN, async () => {
      const { plane, lab, hypervisor } = stage;
      const node = lab.get(SICK);
      const before = await node.bootId();
      const place = await runsOn(stage).workplace();
      const since = await plane.audit.mark();
      const { name: evicted, uid: evictedUid } = await stage.podOf(WEB, SICK);
      const person = new Person(place, runbook(SICK));
      try {
        expect(await person.asked(LOOKING)).toBe(SICK);
        const screen = await person.screen();
        expect(screen).toContain('Cordon the node');
        expect(screen).toContain(`mysqld (pid ${holder.pod.task.pid}) is a zombie`);
        await person.types(SICK);

        await person.sees(/Evict the pods[^]*Type (\S+) to go ahead[^]{0,200}› *\n$/, 60);
        expect(inOneLine(await person.screen())).toContain(`${WEB.namespace}/${evicted}`);
        await person.types(SICK);

        await person.sees(/Reset the VM[^]*Type (\S+) to go ahead[^]{0,200}› *\n$/, 60);
        const card = inOneLine(await person.screen());
        expect(card).toContain(`VM 202 on pve · name ${SICK} in qm config`);
        expect(card).toContain(`SMBIOS UUID ${await uuidOf(stage, SICK)}`);
        expect(card).toContain(`runs boot ${before}`);
        // Nothing has ended it so far, and no signal can.
        expect(await holder.pod.task.state()).toBe('Z');
        const neighbours = await neighboursOf(stage, SICK);
        await person.types(SICK);

        await person.sees(/Uncordon the node[^]*Type (\S+) to go ahead[^]{0,200}› *\n$/, 120);
        expect(ended(neighbours, await neighboursOf(stage, SICK))).toEqual([]);
        await person.types(SICK);
        expect(await person.exited).toBe(0);
        expect(await person.screen()).toContain('Resolved, and verified');
      } finally {
        person.leaves();
      }

      const after = await node.bootId();
      expect(after).not.toBe(before);
      expect((await processesOf(node)).filter(({ state }) => /[DZ]/.test(state))).toEqual([]);
      const events = await place.journal();
      expect(expectAskedAndJudged(events)).toEqual([
        'kubectl.cordon',
        'kubectl.evict-pod',
        'pve.reset',
        'kubectl.uncordon',
      ]);
      expect(ofType(events, 'effect.judged').map(({ step, effect }) => [step, effect])).toEqual([
        ['cordon', 'confirmed'],
        ['evict', 'confirmed'],
        ['reset', 'confirmed'],
        ['uncordon', 'confirmed'],
      ]);
      const proof = `boot ID ${after}, in the API and in the guest; before it was ${before}`;
      expect(conclusionOf(events, 'reset').because).toContain(proof);
      const closer = conclusionOf(events, 'closer').because;
      expect(closer).toContain('is a zombie with a thread');
      expect(closer).toContain('is courtesy, last heard 214 s ago');
      expect(endOf(events)).toMatchObject({ result: 'resolved', exitCode: 0 });
      expect(await hypervisor.powerCalls()).toEqual(['reset 202']);
      const cordon = { verb: 'patch', resource: 'nodes', subresource: '', name: SICK, code: 200 };
      expect(await plane.audit.mutations(since, USERS.operator)).toMatchObject([
        cordon,
        { verb: 'create', subresource: 'eviction', name: evicted, code: 201 },
        cordon,
      ]);
      const gone = await plane.api.ask(`/api/v1/namespaces/${WEB.namespace}/pods/${evicted}`);
      expect(gone.text).not.toContain(evictedUid);
      const { spec } = await plane.api.call<KubeObject>(`/api/v1/nodes/${SICK}`);
      expect(spec).not.toHaveProperty('unschedulable', true);
    });

    test('of what waits, only stuck mounts are killed, in order', IN_TURN, async () => {
      const { plane, lab, hypervisor } = stage;
      const node = lab.get(OTHER);
      const uid = '5a5a5a5a-1111-4222-8333-444455556666';
      const app = { uid, namespace: 'dbaas', name: 'ledgerd-0', container: 'ledgerd' };
      const pod = await addPod(node, app);
      const waits = await pod.stick({ wchan: 'rpc_wait_bit_killable', killable: true });
      const mount = (pv: string) => ({ podUid: uid, pv });
      const waiter = await stickMountNfs(node, mount('pvc-1'), {
        wchan: 'nfs_wait_client_init_complete',
      });
      const poisoner = await stickMountNfs(node, mount('pvc-2'), { stack: POISONER });
      const before = await node.bootId();
      const place = await runsOn(stage).workplace();
      const since = await plane.audit.mark();
      const calls = await hypervisor.powerCalls();
      const person = new Person(place, runbook(OTHER, '10s'));
      try {
        expect(await person.asked(LOOKING)).toBe(`mount.nfs:${poisoner.pid}`);
        expect(await person.screen()).toContain('it sets up the client');
        await person.types(`mount.nfs:${poisoner.pid}`);
        await until('it is gone', { seconds: 30 }, async () => !(await poisoner.isThere()));

        const second = new RegExp(`Type (mount\\.nfs:${waiter.pid}) to go ahead[^]{0,200}› *\\n$`);
        await person.sees(second, 60);
        await person.types(`mount.nfs:${waiter.pid}`);
        await until('it is gone', { seconds: 30 }, async () => !(await waiter.isThere()));
        // The client is set up now: the reply that the application waited for comes.
        expect(await waits.state()).toBe('D');
        await pod.release(waits);
        expect(await person.exited).toBe(0);
      } finally {
        person.leaves();
      }
      const events = await place.journal();
      expect(expectAskedAndJudged(events)).toEqual(['node.kill-task', 'node.kill-task']);
      expect(conclusionOf(events, 'closer').because).toContain('every new mount queues behind it');
      expect(endOf(events)).toMatchObject({ result: 'resolved', exitCode: 0 });
      expect(await pod.task.state()).toBe('S');
      expect(await waits.state()).toBe('S');
      expect(await node.bootId()).toBe(before);
      expect(await hypervisor.powerCalls()).toEqual(calls);
      expect(await plane.audit.mutations(since, USERS.operator)).toEqual([]);
    });
  });

  describe.concurrent('where a reset does nothing', { timeout: 480_000 }, () => {
    let stage: Stage;
    let holder: DeadHolder;

    beforeAll(async () => {
      ({ stage, holder } = await sickStage());
    }, 180_000);

    test('that is refuted, though qm ends well', IN_TURN, async () => {
      const { plane, lab, hypervisor } = stage;
      const node = lab.get(SICK);
      await hypervisor.change(VMS[SICK], { reset: 'nothing' });
      const [before, { init }] = [await node.bootId(), node];
      const place = await runsOn(stage).workplace();
      const since = await plane.audit.mark();
      const person = new Person(place, runbook(SICK));
      try {
        expect(await person.asked(LOOKING)).toBe(SICK);
        await person.types(SICK);
        await person.sees(/Evict the pods[^]*Type (\S+) to go ahead[^]{0,200}› *\n$/, 60);
        await person.types('s');
        await person.sees(/Why skip it\?[^]*› *\n$/, 30);
        await person.types('they go down with it anyway');

        await person.sees(/Reset the VM[^]*Type (\S+) to go ahead[^]{0,200}› *\n$/, 60);
        await person.types(SICK);
        await person.sees(/nothing was reset[^]*\n +g go on[^]*› *\n$/, 300);
        await person.types('g');
        // It is offered once more, and declined.
        await person.sees(
          /the reset did nothing[^]*Reset the VM[^]*to go ahead[^]{0,200}› *\n$/,
          300,
        );
        await person.types('n');
        expect(await person.exited).toBe(3);
      } finally {
        person.leaves();
      }
      const events = await place.journal();
      expect(expectAskedAndJudged(events)).toEqual(['kubectl.cordon', 'pve.reset']);
      expect(ofType(events, 'effect.judged').map(({ step, effect }) => [step, effect])).toEqual([
        ['cordon', 'confirmed'],
        ['reset', 'refuted'],
      ]);
      const sent = ofType(events, 'command.finished').find(
        ({ command }) => command === 'pve.reset',
      );
      expect(JSON.stringify(sent?.output)).toContain(String.raw`exit\t0`);
      expect(await hypervisor.powerCalls()).toEqual(['reset 202']);
      expect([await node.bootId(), node.init]).toEqual([before, init]);
      expect(await holder.pod.task.state()).toBe('Z');
      expect(endOf(events)).toMatchObject({ result: 'escalate', exitCode: 3 });
      const cordon = { verb: 'patch', resource: 'nodes', name: SICK, code: 200 };
      expect(await plane.audit.mutations(since, USERS.operator)).toMatchObject([cordon]);
      const { spec } = await plane.api.call<KubeObject>(`/api/v1/nodes/${SICK}`);
      expect(spec).toHaveProperty('unschedulable', true);
    });

    test('the API server itself holds deeds to budgets and to UIDs', IN_TURN, async () => {
      const { plane } = stage;
      const place = await runsOn(stage).workplace();
      const cluster = { name: 'april', ...plane.operator, kubeconfig: plane.operator.path };
      const here = local({ env: place.env });
      const read = async <T>(command: Command<T>): Promise<Reading<T>> =>
        command.read(await here.perform(command, AbortSignal.timeout(30_000)));
      const pod = async (app: App, node: string) => ({
        namespace: app.namespace,
        ...(await stage.podOf(app, node)),
      });
      const web = await pod(WEB, 'k8s-node1');
      const blocked = { ok: true, value: 'blocked-by-budget' };
      expect(await read(evictPod(cluster, await pod(LEDGER, SICK)))).toEqual(blocked);
      expect(await read(evictPod(cluster, web))).toEqual({ ok: true, value: 'accepted' });
      // Its kubelet ends it, and the controllers put another one in its place and count anew.
      const budgets = `/apis/policy/v1/namespaces/${WEB.namespace}/poddisruptionbudgets`;
      await until('another may go', { seconds: 20 }, async () => {
        const { status } = await plane.api.call<KubeObject>(`${budgets}/${WEB.name}`);
        return (status as { readonly disruptionsAllowed: number }).disruptionsAllowed === 1;
      });
      expect(await read(evictPod(cluster, web))).toEqual({ ok: true, value: 'gone' });
      const strange = '00000000-0000-4000-8000-000000000000';
      const other = { ...(await pod(WEB, SICK)), uid: strange };
      const replaced = { ok: true, value: 'already-replaced' };
      expect(await read(evictPod(cluster, other))).toEqual(replaced);
      // The API server takes from the budget first, and gives nothing back when the UID forbids the rest.
      expect(await read(evictPod(cluster, other))).toEqual(blocked);

      const { metadata } = await plane.api.call<KubeObject>('/api/v1/nodes/k8s-node1');
      const node = { name: 'k8s-node1', uid: metadata.uid ?? '' };
      expect(await read(setUnschedulable(cluster, { ...node, uid: strange }, true))).toMatchObject({
        ok: false,
      });
      for (const unschedulable of [true, false]) {
        expect(await read(setUnschedulable(cluster, node, unschedulable))).toMatchObject({
          ok: true,
          value: { ...node, unschedulable },
        });
      }
    });
  });
});

/** Text that was wrapped for a terminal. */
const inOneLine = (text: string): string => text.replaceAll(/\s+/g, ' ');
