import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  listenersOf,
  leaveOrphan,
  hostServiceTakesPort,
  orphanDies,
  replacePods,
  PORT,
} from './csi/faults.ts';
import type { Orphan } from './csi/faults.ts';
import { CSI_NAMESPACE, DRIVER } from './csi/objects.ts';
import { RUNBOOK, Runs } from './csi/runs.ts';
import { buildStage, LEDGER, MYSQL, PHOTOS, SICK, type Stage, WEB } from './csi/stage.ts';
import { type Components, components, workloadPrograms } from './harness/components.ts';
import { USERS } from './harness/control-plane.ts';
import type { KubeObject } from './harness/kube-object.ts';
import { canRun } from './harness/required.ts';
import { Undo } from './harness/undo.ts';
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
import { isReady, nodeNameOf } from './reset/cluster.ts';

/** Two clusters side by side, in each of them one test after the other. */
const IN_TURN = { concurrent: false } as const;

/** The menu of a failure, with the way that the runbook has for it. */
const GO_ON = /\n +g go on[^]*› *\n$/;

/** From the start of a run to its first prompt. */
const LOOKING = 120;

/** From a deletion to the next prompt: a pod must be up for 60 s, and what is well is looked at twice. */
const STEADY = 240;

/**
 * The incident of 16 March with real controllers, a real scheduler, real SSH and real processes: the driver's pod is removed by
 * force, its processes keep their ports, and the pod that the real DaemonSet controller makes instead cannot bind them. kwok
 * plays the pods that only need to run. Not real: the driver's kubelet (driver-kubelet.ts; words of Go, back-off), crictl and qm
 * (stand-ins that end real processes and restart real namespaces), NFS (mounts of tmpfs), and how old the pods are.
 */
describe.runIf(canRun())('nfs-csi-recovery against a real cluster', () => {
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

  async function newStage(): Promise<Stage> {
    const stage = await buildStage(undo, built, await workloadPrograms());
    stages.push(stage);
    return stage;
  }

  const runsOn = (stage: Stage): Runs => new Runs(stage, built, below);

  describe.concurrent('whose port a sandbox holds that nobody knows', { timeout: 480_000 }, () => {
    let stage: Stage;
    let orphan: Orphan;
    /** What the plan would have sent, in order. */
    let planned: readonly string[];

    beforeAll(async () => {
      stage = await newStage();
    }, 45 * 60_000);

    test('is not to be found where all is well', IN_TURN, async () => {
      const mark = await stage.plane.audit.mark();
      const { run, place } = await runsOn(stage).unattended();
      const events = await place.journal();
      expectNothingIssued(events);
      expect(endOf(events)).toMatchObject({ result: 'not-this-incident', exitCode: 0 });
      expect(conclusionOf(events, 'survey').outcome).toBe('healthy');
      expect(run.code).toBe(0);
      expect(await stage.plane.audit.mutations(mark, USERS.operator)).toEqual([]);
    });

    test('is planned for, and without a terminal nothing is changed', IN_TURN, async () => {
      orphan = await leaveOrphan(stage);
      await replacePods(stage, [MYSQL, PHOTOS]);
      const mark = await stage.plane.audit.mark();
      const places = await Promise.all([runsOn(stage).workplace(), runsOn(stage).workplace()]);
      const [plan, unanswered] = await Promise.all([
        places[0].sre(...RUNBOOK, '--dry-run', '--json'),
        places[1].sre(...RUNBOOK),
      ]);
      const events = eventsOf(plan.stdout);
      expect(plan.code).toBe(0);
      expectNothingIssued(events);
      expect(endOf(events)).toMatchObject({ result: 'planned' });
      const actions = ofType(events, 'action.planned');
      expect(actions.map(({ step }) => step)).toEqual([
        'stop-sandbox',
        'remove-sandbox',
        'delete-pod',
      ]);
      planned = actions.flatMap(({ card }) =>
        card.commands.map(({ line }) => line.replaceAll(places[0].folder, '')),
      );
      expect(unanswered.code).toBe(8);
      expectNothingMutated(await places[1].journal());
      expect(await stage.plane.audit.mutations(mark, USERS.operator)).toEqual([]);
      expect(await listenersOf(stage)).toContain(`127.0.0.1:${PORT}`);
    });

    test('is stopped by a person who types what is shown', IN_TURN, async () => {
      const { plane, lab } = stage;
      const node = lab.get(SICK);
      const place = await runsOn(stage).workplace();
      const since = await plane.audit.mark();
      const before = await Promise.all(stage.nodes.map(processesOf));
      const ill = orphan.successor.metadata;
      const person = new Person(place, RUNBOOK);
      try {
        const sandbox = await person.asked(LOOKING);
        expect(sandbox).toMatch(/^[0-9a-f]{12}$/);
        const screen = inOneLine(await person.screen());
        expect(screen).toContain('Stop the orphan that holds the port');
        expect(screen).toContain(`pod uid ${orphan.uid}`);
        await person.types(sandbox);
        await person.sees(
          /Remove the stopped sandbox[^]*Type (\S+) to go ahead[^]{0,200}› *\n$/,
          60,
        );
        await person.types(sandbox);
        await person.sees(
          /Delete the pod that did not[^]*Type (\S+) to go ahead[^]{0,200}› *\n$/,
          90,
        );
        expect(await listenersOf(stage)).toBe('');
        await person.types(ill.name);
        await person.sees(/Does it all stay well\?/, STEADY);
        expect(await person.exited).toBe(0);
        expect(await person.screen()).toContain('Resolved, and verified');
      } finally {
        person.leaves();
      }
      const events = await place.journal();
      expect(expectAskedAndJudged(events)).toEqual([
        'node.stop-sandbox',
        'node.remove-sandbox',
        'kubectl.delete-pod',
      ]);
      const sent = ofType(events, 'intent.written').filter(({ does }) => does === 'mutates');
      expect(sent.map(({ argv }) => argv.replaceAll(place.folder, ''))).toEqual(planned);
      expect(ofType(events, 'effect.judged').map(({ step, effect }) => [step, effect])).toEqual([
        ['stop-sandbox', 'confirmed'],
        ['remove-sandbox', 'confirmed'],
        ['delete-pod', 'confirmed'],
      ]);
      expect(endOf(events)).toMatchObject({ result: 'resolved', exitCode: 0 });
      const pinned = { verb: 'delete', resource: 'pods', namespace: CSI_NAMESPACE, name: ill.name };
      expect(await plane.audit.mutations(since, USERS.operator)).toMatchObject([
        { ...pinned, code: 200, preconditionUid: ill.uid, dryRun: false },
      ]);
      const crictl = (await node.read('/var/lib/crictl-e2e/calls')).trim().split('\n');
      expect(crictl.map((line) => line.split(' ')[0])).toEqual(['stopp', 'rmp']);

      const successor = await stage.driverOn(SICK);
      expect(successor.metadata.uid).not.toBe(ill.uid);
      expect(isReady(successor)).toBe(true);
      expect(await listenersOf(stage)).toContain('livenessprobe');
      expect(await registeredOn(SICK)).toBe(true);
      for (const app of [MYSQL, PHOTOS]) {
        const [pod] = await stage.pods(app.namespace, `app=${app.name}`);
        expect(pod && isReady(pod)).toBe(true);
      }
      const after = await Promise.all(stage.nodes.map(processesOf));
      const dead = before.flatMap((old, i) => ended(old, after[i] ?? []));
      // The orphan's three, and what of the pod that was deleted still ran.
      expect(dead.map(({ comm }) => comm).toSorted()).toEqual([
        'csi-node-driver',
        'livenessprobe',
        'nfsplugin',
        'nfsplugin',
      ]);
    });

    test('is stopped once more, as approved beforehand, and nobody is asked', IN_TURN, async () => {
      orphan = await leaveOrphan(stage);
      await replacePods(stage, [MYSQL, PHOTOS]);
      const ill = orphan.successor.metadata;
      const since = await stage.plane.audit.mark();
      const place = await runsOn(stage).workplace();
      const plan = await place.sre(...RUNBOOK, '--dry-run', '--out', 'plan.json', '--json');
      expect(plan.code).toBe(0);
      const [stop] = ofType(eventsOf(plan.stdout), 'action.planned');
      const sandbox = stop?.card.target.name ?? '';
      expect(sandbox).toMatch(/^[0-9a-f]{12}$/);
      const approved = [
        `stop-sandbox=${sandbox}`,
        `remove-sandbox=${sandbox}`,
        `delete-pod=${ill.name}`,
      ].flatMap((it) => ['--approve', it]);
      const run = await place.sre(...RUNBOOK, '--plan', 'plan.json', ...approved);
      expect(run.code).toBe(0);
      const events = await place.journal();
      expect(expectAskedAndJudged(events)).toEqual([
        'node.stop-sandbox',
        'node.remove-sandbox',
        'kubectl.delete-pod',
      ]);
      const notes = ofType(events, 'confirmation.answered').map(({ note }) => note ?? '');
      expect(notes.every((it) => it.startsWith('approved beforehand: '))).toBe(true);
      expect(endOf(events)).toMatchObject({ result: 'resolved', exitCode: 0 });
      expect(await stage.plane.audit.mutations(since, USERS.operator)).toMatchObject([
        { verb: 'delete', resource: 'pods', name: ill.name, code: 200, preconditionUid: ill.uid },
      ]);
      expect(isReady(await stage.driverOn(SICK))).toBe(true);
    });

    const registeredOn = async (node: string): Promise<boolean> => {
      const path = `/apis/storage.k8s.io/v1/csinodes/${node}`;
      const { spec } = await stage.plane.api.call<KubeObject>(path);
      const { drivers } = spec as { readonly drivers: readonly { readonly name: string }[] };
      return drivers.some(({ name }) => name === DRIVER);
    };
  });

  describe.concurrent('whose port only a reset frees', { timeout: 480_000 }, () => {
    let stage: Stage;
    let orphan: Orphan;

    beforeAll(async () => {
      stage = await newStage();
    }, 45 * 60_000);

    test('is not taken for a service of the host, which is left alone', IN_TURN, async () => {
      const service = await hostServiceTakesPort(stage);
      const mark = await stage.plane.audit.mark();
      const { run, place } = await runsOn(stage).unattended();
      const events = await place.journal();
      expectNothingIssued(events);
      const { outcome, because } = conclusionOf(events, 'port');
      expect([outcome, because]).toEqual(['host-service', expect.stringContaining('exporterd')]);
      expect(endOf(events)).toMatchObject({ result: 'escalate', exitCode: 3 });
      expect(run.code).toBe(3);
      expect(await service.task.state()).toBe('S');
      expect(await stage.plane.audit.mutations(mark, USERS.operator)).toEqual([]);
      await service.end();
    });

    test('is left alone while another node is cordoned', IN_TURN, async () => {
      const { plane } = stage;
      orphan = await leaveOrphan(stage);
      await replacePods(stage, [PHOTOS]);
      const cordon = (unschedulable: boolean) =>
        plane.api.call('/api/v1/nodes/k8s-node3', {
          method: 'PATCH',
          contentType: 'application/merge-patch+json',
          body: { spec: { unschedulable } },
        });
      await cordon(true);
      const mark = await plane.audit.mark();
      const place = await runsOn(stage).workplace();
      const person = new Person(place, RUNBOOK);
      try {
        await person.sees(GO_ON, LOOKING);
        await person.types('g');
        expect(await person.exited).toBe(3);
      } finally {
        person.leaves();
        await cordon(false);
      }
      const events = await place.journal();
      expectNothingMutated(events);
      const failed = ofType(events, 'guard.judged').filter(({ verdict }) => verdict === 'fails');
      expect(failed).toMatchObject([
        { guard: 'one node at a time', because: 'k8s-node3 is cordoned' },
      ]);
      expect(endOf(events)).toMatchObject({ result: 'unsafe', exitCode: 3 });
      expect(await orphan.driver.process('liveness-probe').task.state()).toBe('S');
      expect(await plane.audit.mutations(mark, USERS.operator)).toEqual([]);
    });

    test('is reset by the runbook that it calls', IN_TURN, async () => {
      const { plane, lab, hypervisor } = stage;
      await orphanDies(stage, orphan, PHOTOS);
      expect(await listenersOf(stage)).not.toContain('users:');
      const node = lab.get(SICK);
      const boot = await node.bootId();
      const [web] = await stage.pods(WEB.namespace, `app=${WEB.name}`);
      const [ledger] = await stage.pods(LEDGER.namespace, `app=${LEDGER.name}`);
      expect([web, ledger].map((it) => it && nodeNameOf(it))).toEqual([SICK, SICK]);
      const place = await runsOn(stage).workplace();
      const since = await plane.audit.mark();
      const person = new Person(place, RUNBOOK);
      try {
        expect(await person.asked(LOOKING)).toBe(SICK);
        const screen = inOneLine(await person.screen());
        expect(screen).toContain('Cordon the node');
        expect(screen).toContain('no signal ends it, only a reset of the node');
        await person.types(SICK);
        await person.sees(/Evict the pods[^]*Type (\S+) to go ahead[^]{0,200}› *\n$/, 60);
        await person.types(SICK);
        await person.sees(/Reset the VM[^]*Type (\S+) to go ahead[^]{0,200}› *\n$/, 90);
        await person.types(SICK);
        await person.sees(/Uncordon the node[^]*Type (\S+) to go ahead[^]{0,200}› *\n$/, 60);
        await person.types(SICK);
        await person.sees(/Is it all well: driver/, STEADY);
        expect(await person.exited).toBe(0);
        expect(await person.screen()).toContain('Resolved, and verified');
      } finally {
        person.leaves();
      }
      const events = await place.journal();
      expect(expectAskedAndJudged(events)).toEqual([
        'kubectl.cordon',
        'kubectl.evict-pod',
        'pve.reset',
        'kubectl.uncordon',
      ]);
      expect(ofType(events, 'effect.judged').map(({ effect }) => effect)).toEqual(
        Array.from({ length: 4 }, () => 'confirmed'),
      );
      expect(endOf(events)).toMatchObject({ result: 'resolved', exitCode: 0 });
      expect(await hypervisor.powerCalls()).toEqual(['reset 202']);
      expect(await node.bootId()).not.toBe(boot);
      const cordon = { verb: 'patch', resource: 'nodes', subresource: '', name: SICK, code: 200 };
      expect(await plane.audit.mutations(since, USERS.operator)).toMatchObject([
        cordon,
        { verb: 'create', subresource: 'eviction', name: web?.metadata.name, code: 201 },
        cordon,
      ]);
      // The one that may move was made anew elsewhere; the one whose budget lets nobody go is the same.
      const [moved] = await stage.pods(WEB.namespace, `app=${WEB.name}`);
      expect(moved && nodeNameOf(moved)).not.toBe(SICK);
      const [stayed] = await stage.pods(LEDGER.namespace, `app=${LEDGER.name}`);
      expect(stayed?.metadata.uid).toBe(ledger?.metadata.uid);
      expect((await stage.driverOn(SICK)).metadata.uid).toBe(orphan.successor.metadata.uid);
      const [photos] = await stage.pods(PHOTOS.namespace, `app=${PHOTOS.name}`);
      expect(photos && isReady(photos)).toBe(true);
      expect((await processesOf(node)).filter(({ state }) => /[DZ]/.test(state))).toEqual([]);
    });
  });
});

/** Text that was wrapped for a terminal. */
const inOneLine = (text: string): string => text.replaceAll(/\s+/g, ' ');
