import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AuditMark } from './harness/audit-log.ts';
import { type Components, components, workloadPrograms } from './harness/components.ts';
import { USERS } from './harness/control-plane.ts';
import type { KubeObject } from './harness/kube-object.ts';
import { canRun } from './harness/required.ts';
import { makeKey } from './harness/ssh-material.ts';
import { Undo } from './harness/undo.ts';
import { until } from './harness/until.ts';
import { buildIncident, type Incident, SNAPSHOTS } from './incident/incident.ts';
import { Person } from './incident/person.ts';
import { ended, processesOf } from './incident/processes.ts';
import {
  conclusionOf,
  endOf,
  expectAskedAndJudged,
  expectNothingIssued,
  failureOf,
} from './incident/proofs.ts';
import { clusterRecovers } from './incident/recovery.ts';
import {
  eventsOf,
  ofType,
  type Run,
  Workplace,
  type WorkplaceOptions,
} from './incident/workplace.ts';

const RUNBOOK = ['runbook', 'vault-raft-deadlock'] as const;

/** The menu of a failure, with the way that the runbook has for it. */
const GO_ON = /\n +g go on[^]*› *\n$/;

/** The evidence takes a window of 60 s, and the looks before and after it about half a minute. */
const LOOKING = { timeout: 240_000 };

/**
 * The incident of 22 April against a real API server, real SSH and real processes in D state. The controllers and
 * the scheduler are real. Not real: Vault (a stub per pod), the kubelets (played by kwok, and of Vault's pods by the suite), what
 * is assumed in `harness/assumed.ts`, and NFS.
 */
describe.runIf(canRun())('vault-raft-deadlock against a real cluster', () => {
  let undo: Undo;
  let built: Components;
  let incident: Incident;
  let below: string;
  let mark: AuditMark;

  beforeAll(async () => {
    undo = new Undo();
    built = await components();
    incident = await buildIncident(undo, built, await workloadPrograms());
    below = await undo.folder();
    mark = await incident.plane.audit.mark();
  }, 45 * 60_000);

  afterAll(() => undo.close());

  const workplace = (options: Partial<WorkplaceOptions> = {}): Promise<Workplace> =>
    Workplace.create({
      components: built,
      below,
      kubeconfig: incident.plane.operator,
      sshConfig: incident.lab.ssh.config,
      ...options,
    });

  const withSnapshots = () => ({
    hosts: { backups: incident.backups.address },
    vault: { snapshots: { host: 'backups', directory: SNAPSHOTS } },
  });

  /** An SSH configuration with another host key for these nodes: as if they were reinstalled, or other machines. */
  const withOtherKeysOf = async (...nodes: readonly string[]): Promise<string> => {
    const { ssh } = incident.lab;
    const files = await mkdtemp(join(below, 'ssh-'));
    const key = await readFile(`${await makeKey(join(files, 'other'), 'other')}.pub`, 'utf8');
    const known = await readFile(ssh.knownHosts, 'utf8');
    const line = new RegExp(`^((?:${nodes.join('|')}),\\S+) .*$`, 'gm');
    const other = key.split(' ').slice(0, 2).join(' ');
    await writeFile(join(files, 'known_hosts'), known.replace(line, `$1 ${other}`));
    const config = (await readFile(ssh.config, 'utf8')).replace(
      ssh.knownHosts,
      join(files, 'known_hosts'),
    );
    await writeFile(join(files, 'config'), config);
    return join(files, 'config');
  };

  describe.concurrent('changes nothing', () => {
    test('for an identity without rights, where the nodes are not known', async () => {
      const place = await workplace({ kubeconfig: incident.plane.bystander });
      const run = await place.sre(...RUNBOOK);
      expect(inOneLine(run.stderr)).toMatch(
        /^sre: the nodes of april are not known: the API did not let you list the nodes \(.*User "sre-e2e-bystander" cannot list resource "nodes"/,
      );
      expect(inOneLine(run.stderr)).toContain(
        'list them with their addresses under nodes in sre.yaml',
      );
      expect(run.code).toBe(2);
    });

    test('for an identity without rights, where the nodes are listed', async () => {
      const nodes = Object.fromEntries(incident.lab.nodes.map((it) => [it.name, it.address]));
      const { bystander } = incident.plane;
      const place = await workplace({ kubeconfig: bystander, inventory: { nodes } });
      const person = new Person(place, RUNBOOK);
      try {
        const screen = await person.sees(GO_ON, 60);
        expect(inOneLine(screen.input)).toContain('cannot list resource "pods"');
        await person.types('g');
        expect(await person.exited).toBe(3);
        expect(inOneLine(await person.screen())).toContain('auth can-i --list -n vault');
      } finally {
        person.leaves();
      }
      const events = await place.journal();
      expectNothingIssued(events);
      expect(conclusionOf(events, 'reach-api')).toMatchObject({
        outcome: 'denied',
        because: expect.stringContaining('cannot list resource "pods"') as string,
      });
    });

    test('as a plan', LOOKING, async () => {
      const before = await versions();
      const place = await workplace({ inventory: withSnapshots() });
      const run = await place.sre(...RUNBOOK, '--dry-run', '--json');
      const events = eventsOf(run.stdout);
      expect(run.code).toBe(0);
      expectNothingIssued(events);
      expect(endOf(events)).toMatchObject({ result: 'planned', exitCode: 0 });
      expect(conclusionOf(events, 'evidence')).toMatchObject({ outcome: 'stuck' });

      const [planned, ...more] = ofType(events, 'action.planned');
      expect(more).toEqual([]);
      expect(planned).toMatchObject({ step: 'remove', card: { target: { name: 'vault-2' } } });
      expect(planned?.card.target.proven).toContain(`uid ${incident.leader.uid}`);
      expect(planned?.card.guards.map(({ verdict }) => verdict)).not.toContain('unknown');
      const later = ofType(events, 'step.entered').filter(({ seq }) => seq > (planned?.seq ?? 0));
      expect(later.map(({ step }) => step)).toEqual([
        'replacement',
        'settle',
        'soak',
        'review',
        'resolved',
      ]);
      expect(later.every(({ predicted }) => predicted === true)).toBe(true);
      expect(await versions()).toEqual(before);
    });

    test('without a terminal', LOOKING, async () => {
      const place = await workplace({ inventory: withSnapshots() });
      const run = await place.sre(...RUNBOOK);
      await expectUnanswered(place);
      expect(inOneLine(run.stdout)).toContain('a confirmation needs a terminal');
      expect(run.code).toBe(8);
    });

    test('for a name that is piped in', LOOKING, async () => {
      // A lock of its own: the run without a terminal may have the other one at this very moment.
      const place = await workplace({
        inventory: { ...withSnapshots(), locks: { namespace: 'vault' } },
      });
      const run = await place.srePiped('yes vault-2', ...RUNBOOK);
      await expectUnanswered(place);
      expect(run.code).toBe(8);
    });

    test("where the host key of the leader's node has changed", LOOKING, async () => {
      const { name } = incident.leader.node;
      const sshConfig = await withOtherKeysOf(name);
      const place = await workplace({ sshConfig });
      const person = new Person(place, RUNBOOK);
      try {
        const screen = await person.sees(/Type the number or the name[^]*› *\n$/, 180);
        expect(screen.input).toContain('override  go on without proof, in my name');
        await person.types('stop');
        expect(await person.exited).toBe(3);
      } finally {
        person.leaves();
      }
      const events = await place.journal();
      expectNothingIssued(events);
      const { outcome, because } = conclusionOf(events, 'evidence');
      expect(outcome).toBe('suspect');
      expect(because).toContain(`${name} could not be looked at: the host key of `);
      expect(because).toMatch(/has CHANGED.* remove that line \(ssh-keygen -f \S+known_hosts -R/);
    });

    test('where the silence of the leader cannot be measured', LOOKING, async () => {
      const { lab, backups, leader } = incident;
      const others = lab.nodes.filter((it) => it !== backups && it !== leader.node);
      const sshConfig = await withOtherKeysOf(...others.map(({ name }) => name));
      const place = await workplace({ sshConfig });
      const run = await place.sre(...RUNBOOK);
      const events = await place.journal();
      expectNothingIssued(events);
      const { step, outcome, because } = failureOf(events);
      expect([step, outcome]).toEqual(['evidence', 'unclear']);
      expect(because).toContain('could not be measured from another node');
      expect(because).toMatch(/k8s-node\d could not be looked at: the host key of /);
      expect(endOf(events)).toMatchObject({ result: 'needs-approval' });
      expect(run.code).toBe(8);
    });
  });

  test("changes nothing where the leader's node is cut off", LOOKING, async () => {
    const { network, name } = incident.leader.node;
    const place = await workplace();
    await network.setCable('pulled');
    const run = await place.sre(...RUNBOOK).finally(() => network.setCable('plugged'));
    const events = await place.journal();
    expectNothingIssued(events);
    const { because } = conclusionOf(events, 'evidence');
    expect(because).toContain(`${name} could not be looked at: `);
    expect(because).toMatch(/is it powered on, and the (way there|network or VPN) up\?/);
    // What could not be looked at is asked about, and nobody is there to ask.
    expect(failureOf(events).because).toContain('vault-2 is unknown');
    expect(endOf(events)).toMatchObject({ result: 'needs-approval' });
    expect(run.code).toBe(8);
  });

  describe('without the API server', () => {
    test('that refuses connections', { timeout: 120_000 }, async () => {
      const { operator, server } = incident.plane;
      const place = await workplace();
      const early = await place.findsNodes(...RUNBOOK, '--json');
      expect(early.code).toBe(130);
      expect(endOf(eventsOf(early.stdout))).toMatchObject({ result: 'interrupted' });
      const known = await readFile(operator.path, 'utf8');
      await place.setKubeconfig(known.replace(server, 'https://127.0.0.1:9'));
      const run = await place.sre(...RUNBOOK);
      await expectNodesRemembered(place, run);
      expect(run.code).toBe(8);
    });

    test('that hangs', { timeout: 120_000 }, async () => {
      const { plane } = incident;
      const place = await workplace();
      expect(await place.findsNodes(...RUNBOOK)).toMatchObject({ code: 130 });
      plane.freeze();
      const run = await place.sre(...RUNBOOK).finally(() => plane.thaw());
      await expectNodesRemembered(place, run);
      expect(run.code).toBe(8);
    });
  });

  test('nobody changed anything so far', async () => {
    const { audit } = incident.plane;
    expect((await audit.requests(mark)).length).toBeGreaterThan(100);
    expect(await audit.mutations(mark, USERS.operator)).toEqual([]);
    expect(await audit.mutations(mark, USERS.bystander)).toEqual([]);
  });

  test('is resolved by a person who types what is shown', { timeout: 480_000 }, async () => {
    const { plane, leader, stuckMount, lab } = incident;
    const place = await workplace();
    const since = await plane.audit.mark();
    const settings = ['--set', 'soak=30s', '--set', 'patience=5s'];
    const person = new Person(place, [...RUNBOOK, ...settings]);
    try {
      await person.sees(/Is the leader stuck, slow, or gone\?/, 60);
      // Somebody else, on another machine, begins the same run a little later.
      const other = await workplace({ inventory: withSnapshots() });
      const second = other.sre(...RUNBOOK, '--json');
      await person.sees(/Type the number or the name[^]*› *\n$/, 180);
      await person.types('go-on');

      const pod = await person.asked(60);
      expect(pod).toBe('vault-2');
      expect(await person.screen()).toContain(`uid ${leader.uid}`);
      expect(await person.screen()).toContain('lock held · Lease kube-system/sre-run: taken');
      expect((await second).code).toBe(6);
      expectNothingIssued(await other.journal());
      const refused = endOf(await other.journal());
      expect(refused).toMatchObject({ result: 'locked' });
      expect(refused.because).toContain(`run ${(await place.journal())[0]?.run}`);
      expect(refused.because).toMatch(/has it \(vault-raft-deadlock: .*\), for .*last heard of/);
      await person.types(pod);
      await person.sees(GO_ON, 180);
      await person.types('g');

      // It stays Terminating: nobody plays the kubelet yet, as on that day.
      const mount = await person.asked(180);
      expect(mount).toBe(`mount.nfs:${stuckMount.pid}`);
      const before = await Promise.all(lab.nodes.map(processesOf));
      await person.types(mount);
      await until('the mount is gone', { seconds: 30 }, async () => {
        return !(await stuckMount.isThere());
      });
      const after = await Promise.all(lab.nodes.map(processesOf));
      const dead = before.flatMap((old, i) => ended(old, after[i] ?? []));
      // Its helper in the suite dies with it.
      expect(dead.map(({ comm }) => comm).toSorted()).toEqual(['mount.nfs', 'vfork-child']);
      expect(dead.find(({ comm }) => comm === 'mount.nfs')?.pid).toBe(stuckMount.pid);

      const recovered = await clusterRecovers(incident);
      expect(recovered.removedUid).toBe(leader.uid);
      expect(await person.exited).toBe(0);
      expect(await person.screen()).toContain('Resolved, and verified');
      const events = await place.journal();
      expect(expectAskedAndJudged(events)).toEqual(['kubectl.delete-pod', 'node.kill-task']);
      expect(ofType(events, 'effect.judged').map(({ step, effect }) => [step, effect])).toEqual([
        ['remove', 'refuted'],
        ['kill-mount', 'confirmed'],
      ]);
      // The process had ended and the pod was still there: that is waited for, not taken for an unknown.
      const waited = ofType(events, 'step.waiting').filter(({ step }) => step === 'hung');
      expect(waited.map(({ because }) => because).join()).toContain('no process of uid');
      expect(conclusionOf(events, 'replacement').because).toContain(recovered.createdUid);
      expect(endOf(events)).toMatchObject({ result: 'resolved', exitCode: 0 });
    } finally {
      person.leaves();
    }
    const pinned = { verb: 'delete', resource: 'pods', namespace: 'vault', name: 'vault-2' };
    expect(await plane.audit.mutations(since, USERS.operator)).toMatchObject([
      { ...pinned, code: 200, preconditionUid: leader.uid, graceSeconds: 30, dryRun: false },
    ]);
    expect(await incident.neighbour.task.isThere()).toBe(true);
    // Taken, renewed before the deeds, and given back.
    expect(await plane.audit.lockWrites(since)).toBeGreaterThanOrEqual(3);
    const lease = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/sre-run';
    const { spec } = await plane.api.call<KubeObject>(lease);
    expect(spec).not.toHaveProperty('holderIdentity');
  });

  /** It says that the API is down and since when it knows the nodes, uses them, and can be gone on with by a person. */
  async function expectNodesRemembered(place: Workplace, run: Run): Promise<void> {
    expect(inOneLine(run.stderr)).toMatch(
      /^sre: the API did not answer \([^)]+\); using the 4 nodes last seen \d{4}-\S+Z/,
    );
    const events = await place.journal();
    expectNothingIssued(events);
    const { lab, backups } = incident;
    const workers = lab.nodes.filter((node) => node !== backups);
    const known = ofType(events, 'run.started')[0]?.site.nodes ?? [];
    expect(known.toSorted((a, b) => a.name.localeCompare(b.name))).toEqual(
      workers.map(({ name, address }) => ({ name, address })),
    );
    expect(failureOf(events)).toMatchObject({
      step: 'reach-api',
      outcome: 'silent',
      because: expect.stringContaining('the API server of april does not answer') as string,
    });
    const end = endOf(events);
    expect(end).toMatchObject({ result: 'needs-approval' });
    expect(end.because).toContain('`sre resume` asks it');
  }

  /** The versions of what could be changed. */
  async function versions(): Promise<readonly unknown[]> {
    const { api } = incident.plane;
    const pods = await api.call<{ items: KubeObject[] }>('/api/v1/namespaces/vault/pods');
    const set = await api.call<KubeObject>('/apis/apps/v1/namespaces/vault/statefulsets/vault');
    return [...pods.items, set].map(({ metadata }) => metadata);
  }
});

/** Text that was wrapped for a terminal. */
const inOneLine = (text: string): string => text.replaceAll(/\s+/g, ' ');

/** The run came to the confirmation, and nobody answered it. */
async function expectUnanswered(place: Workplace): Promise<void> {
  const events = await place.journal();
  expectNothingIssued(events);
  const [asked, ...more] = ofType(events, 'confirmation.asked');
  expect(more).toEqual([]);
  expect(asked?.card.target).toMatchObject({ name: 'vault-2', kind: 'pod' });
  expect(endOf(events)).toMatchObject({ result: 'needs-approval', exitCode: 8 });
}
