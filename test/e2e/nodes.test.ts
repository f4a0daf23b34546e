import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Event } from '../../src/engine/events.ts';
import { identity } from '../../src/tools/node/identity.ts';
import { observe } from '../../src/runbook/observation.ts';
import { ssh } from '../../src/transport/ssh.ts';
import { leaveOrphan, orphanDiesWaiting, PORT } from './csi/faults.ts';
import { RUNBOOK, Runs } from './csi/runs.ts';
import { buildStage, SICK, type Stage } from './csi/stage.ts';
import { type Components, components, workloadPrograms } from './harness/components.ts';
import type { LabNode } from './harness/lab-node.ts';
import { type Account, addAccount } from './harness/node-accounts.ts';
import { addSshd, type FurtherSshd } from './harness/node-sshd.ts';
import { addZombie } from './harness/node-zombie.ts';
import { canRun } from './harness/required.ts';
import { type HostOptions, writeVariant } from './harness/ssh-material.ts';
import { Undo } from './harness/undo.ts';
import { buildIncident, type Incident } from './incident/incident.ts';
import { conclusionOf, expectNothingIssued, expectNothingMutated } from './incident/proofs.ts';
import { eventsOf, ofType, type Run, Workplace } from './incident/workplace.ts';
import { mountRunsOut } from './nodes/late-mount.ts';

const BASTION = 'bastion';
const HOUR = 3_600_000;
const BEHIND = 'k8s-node3';

/** Four looks in 60 s, and what comes before and after them. */
const LOOKING = { timeout: 240_000 };

/**
 * Nodes that cannot be reached, asked or compared as one would like: real OpenSSH servers, real sudo, real processes in D
 * and Z. The cluster is the one of 22 April; its first node is behind a jump host, and the clock of its second is two hours
 * ahead. Not real: that clock (`LabNode.setClock`), and what `vault-raft-deadlock.test.ts` says of the cluster.
 */
describe.runIf(canRun())('nodes that stand in the way', () => {
  let undo: Undo;
  let built: Components;
  let incident: Incident;
  let below: string;
  /** On the leader's node, beside its own: one that says nothing, and one with another key. */
  let silent: FurtherSshd;
  let reinstalled: FurtherSshd;
  let wizard: Account;
  /** Another cluster, with the driver on every node. */
  let stage: Stage;

  beforeAll(async () => {
    undo = new Undo();
    built = await components();
    const programs = await workloadPrograms();
    // One after the other: what is there can be stopped when the next does not come up, and the driver grows older meanwhile.
    stage = await buildStage(undo, built, programs);
    incident = await buildIncident(undo, built, programs, { bastion: BASTION, ahead: 2 * HOUR });
    below = await undo.folder();
    const { node } = incident.leader;
    silent = await addSshd(node, 2021);
    await silent.stop();
    reinstalled = await addSshd(node, 2022);
    wizard = await addAccount(node, 'wizard');
    for (const { node: it } of incident.standbys) await addZombie(it);
  }, 45 * 60_000);

  afterAll(async () => {
    await incident?.complaints.stop();
    await stage?.close();
    await undo.close();
  });

  /** The way to the first node is through the bastion; other hosts as given. */
  async function configWith(name: string, hosts: HostOptions = {}): Promise<string> {
    const [far] = incident.standbys;
    const jump = { [far.node.address]: { ProxyJump: BASTION }, ...hosts };
    return writeVariant(join(below, name), incident.lab.ssh, jump);
  }

  /** A plan made with that configuration: everything is looked at, and nothing is done. */
  async function plan(
    sshConfig: string,
  ): Promise<{ readonly run: Run; readonly events: readonly Event[] }> {
    const kubeconfig = incident.plane.operator;
    const place = await Workplace.create({ components: built, below, kubeconfig, sshConfig });
    const run = await place.sre('runbook', 'vault-raft-deadlock', '--dry-run', '--json');
    const events = eventsOf(run.stdout);
    expectNothingIssued(events);
    return { run, events };
  }

  /** The driver's runbook as a plan. */
  async function driverPlan(): Promise<readonly Event[]> {
    const place = await new Runs(stage, built, below).workplace();
    const run = await place.sre(...RUNBOOK, '--dry-run', '--json');
    const events = eventsOf(run.stdout);
    expectNothingMutated(events);
    return events;
  }

  test('the first node is reached from the bastion and from nowhere else', async () => {
    const [{ node: far }, { node: near }] = incident.standbys;
    const tcp = ['bash', '-c', `exec 3<>/dev/tcp/${far.address}/22`];
    const from = (node: LabNode) =>
      execa('nsenter', ['-t', String(node.init), '-n', ...tcp], { reject: false });
    expect(await execa('bash', tcp.slice(1), { reject: false })).toMatchObject({ exitCode: 1 });
    expect(await from(near)).toMatchObject({ exitCode: 1 });
    expect(await from(incident.lab.get(BASTION))).toMatchObject({ exitCode: 0 });
  });

  describe.concurrent('as a plan finds them', LOOKING, () => {
    test('a jump host is gone through, and times are compared by the clock that made them', async () => {
      const { run, events } = await plan(await configWith('well'));
      expect(run.code).toBe(0);
      const { outcome, because } = conclusionOf(events, 'evidence');
      expect([outcome, because]).toEqual(['stuck', expect.any(String)]);
      const [far, near] = incident.standbys;
      // Complaints of the last minute, each by its own log: those of the second are dated two hours from now.
      for (const { name } of [far, near]) {
        expect(because).toMatch(
          new RegExp(`${name} logged \\d+ failed raft calls to vault-2 in 60 s`),
        );
      }
      expect(because).toContain(
        `the clock of ${near.node.name} is 2 h ahead of this machine's: its log is read by its own`,
      );
      expect(because).not.toContain(`the clock of ${far.node.name}`);
      const looked = commandsOn(events, far.node);
      expect(looked.length).toBeGreaterThan(4);
      expect(looked.filter(({ ending }) => ending.how !== 'exited')).toEqual([]);
      // Zombies that only wait for their parents are nobody's fault.
      expect(JSON.stringify(events.map((it) => ('because' in it ? it.because : '')))).not.toContain(
        'zombie',
      );
    });

    test('a jump host with another key is refused, and what is behind it is unknown', async () => {
      const { lab, standbys } = incident;
      const known = join(below, 'known-jump');
      const other = `${lab.get(BASTION).address} ${reinstalled.hostKey}`;
      const text = await readFile(lab.ssh.knownHosts, 'utf8');
      await writeFile(known, text.replace(new RegExp(`^${BASTION},.*$`, 'm'), other));
      const config = await configWith('jump', { '*': { UserKnownHostsFile: known } });
      const { events } = await plan(config);
      const [far] = standbys;
      const { outcome, because } = conclusionOf(events, 'evidence');
      expect(outcome).not.toBe('stuck');
      expect(because).toContain(
        `${far.node.name} could not be looked at: on the way to ${far.node.address}: the host key of ${lab.get(BASTION).address}:22 has CHANGED`,
      );
      expect(new Set(commandsOn(events, far.node).map(({ ending }) => ending.how))).toEqual(
        new Set(['refused']),
      );
    });

    test('an sshd that takes the connection and says nothing costs its deadline and nobody else', async () => {
      const { node } = incident.leader;
      const config = await configWith('silent', { [node.address]: { Port: String(silent.port) } });
      const { events } = await plan(config);
      const { outcome, because } = conclusionOf(events, 'evidence');
      expect(outcome).toBe('suspect');
      expect(because).toContain(
        `${node.name} could not be looked at: ${node.address}:${silent.port} accepts TCP and says nothing: no SSH greeting within 15 s; its kernel lives, its sshd does not answer`,
      );
      const waited = commandsOn(events, node);
      expect(waited.length).toBeGreaterThan(4);
      for (const it of waited) {
        expect(it.ending).toMatchObject({ how: 'refused', why: 'unreachable' });
        expect(it.durationMs).toBeLessThan(it.deadlineMs + 5000);
      }
      const others = incident.standbys.flatMap((it) => commandsOn(events, it.node));
      expect(others.filter(({ ending }) => ending.how !== 'exited')).toEqual([]);
      // They were all answered before the one that says nothing was given up.
      const shortest = Math.min(...waited.map(({ durationMs }) => durationMs));
      expect(others.filter(({ durationMs }) => durationMs >= shortest)).toEqual([]);
    });

    test('a sudo that wants a password is named with the line that lets it through, which does', async () => {
      const { node } = incident.leader;
      const config = await configWith('sudo', { [node.address]: { User: wizard.name } });
      const { events } = await plan(config);
      const { outcome, because } = conclusionOf(events, 'evidence');
      expect(outcome).toBe('suspect');
      expect(because).toContain(`${node.name} could not be looked at: sudo on node ${node.name} `);
      expect(because).toContain(`wants a password for ${wizard.name}`);
      // What needs no look at that node is known all the same.
      expect(because).toMatch(/vault-2 opened TCP and sent no byte, 4 of 4 samples/);
      expect(because).toMatch(/vault-0 logged \d+ failed raft calls to vault-2/);

      expect(await reaches(node, config)).toMatchObject({ ok: false, why: 'denied' });
      const line =
        /put this line into \/etc\/sudoers\.d\/sre on .*? \(visudo -f\): (.*?: \/usr\/bin\/timeout)/;
      await wizard.addSudoers('sre', line.exec(because)?.[1] ?? 'no line');
      const bootId = await node.bootId();
      expect(await reaches(node, config)).toMatchObject({
        ok: true,
        value: { bootId, root: true },
      });
    });

    test('a host key that has changed is refused, until a person has accepted the new one', async () => {
      const { lab, leader } = incident;
      const { node } = leader;
      const known = join(below, 'known-leader');
      const old = /^k8s-node3,\S+ (.*)$/m.exec(await readFile(lab.ssh.knownHosts, 'utf8'))?.[1];
      const before = `[${node.address}]:${reinstalled.port} ${old}\n`;
      await writeFile(known, (await readFile(lab.ssh.knownHosts, 'utf8')) + before);
      const port = { Port: String(reinstalled.port), UserKnownHostsFile: known };
      const config = await configWith('reinstalled', { [node.address]: port });
      const { events } = await plan(config);
      const { outcome, because } = conclusionOf(events, 'evidence');
      expect(outcome).toBe('suspect');
      expect(because).toContain(
        `${node.name} could not be looked at: the host key of ${node.address}:${reinstalled.port} has CHANGED`,
      );
      expect(await readFile(known, 'utf8')).toContain(before);
      expect(await reinstalled.log()).not.toContain('Accepted publickey');

      // The two commands that it names, and nothing else, make it reachable.
      const [, file = '', name = ''] = /ssh-keygen -f (\S+) -R '([^']+)'/.exec(because) ?? [];
      expect(file).toBe(known);
      await execa('ssh-keygen', ['-f', file, '-R', name]);
      expect(await reaches(node, config)).toMatchObject({
        ok: false,
        says: expect.stringContaining('is not known: it offers ssh-ed25519 SHA256:') as string,
      });
      const [, accept = ''] =
        /accept the new key with: ssh (-p \d+ \S+@[\d.]+)/.exec(because) ?? [];
      const yes = ['-F', config, '-o', 'StrictHostKeyChecking=accept-new', ...accept.split(' ')];
      await execa('ssh', ['-n', ...yes, 'true']);
      expect(await reaches(node, config)).toMatchObject({ ok: true });
    });
  });

  describe('with the driver on every node', () => {
    beforeAll(async () => {
      // A mount that failed less than two minutes after the driver came was begun without it.
      const { startTime } = (await stage.driverOn(BEHIND))['status'] as {
        readonly startTime: string;
      };
      await sleep(Math.max(0, Date.parse(startTime) + 140_000 - Date.now()));
    }, 180_000);

    test('a mount that failed just now is no old one, though its node dates it two hours back', async () => {
      const node = stage.lab.get(BEHIND);
      await node.setClock(-2 * HOUR);
      const takeBack = await mountRunsOut(stage.plane, node);
      const events = await driverPlan().finally(takeBack);
      // The driver's runbook sees it, and the kernel's, which it calls.
      const surveys = ofType(events, 'step.concluded').filter(({ step }) => step === 'survey');
      expect(surveys.map(({ outcome, because }) => [outcome, because])).toEqual([
        [
          'hanging',
          `the driver is registered on ${BEHIND}, and mounts there still run into their deadline: dbaas/report-0`,
        ],
        ['sick', `${BEHIND}: the mount of a pod ran into the deadline`],
      ]);
    });

    test('a port that a zombie holds through a thread in D is freed by a reset, and nothing milder is tried', async () => {
      const orphan = await leaveOrphan(stage);
      // The one wait of REALITY 4c that SIGKILL does not end; that it is NFS's is assumed, that nothing ends it is real.
      const holder = await orphanDiesWaiting(stage, orphan, 'nfs4_discover_server_trunking');
      const events = await driverPlan();
      const { pid } = holder.task;
      const { outcome, because } = conclusionOf(events, 'port');
      expect(outcome).toBe('dead-holder');
      expect(because).toMatch(
        new RegExp(
          `^port ${PORT} on ${SICK} is held by a thread of livenessprobe \\(pid ${pid}, thread \\d+, state Z\\): no signal ends it, only a reset of the node$`,
        ),
      );
      const planned = ofType(events, 'action.planned');
      expect(planned.map(({ step }) => step)).toContain('reset');
      const milder = ['stop-sandbox', 'remove-sandbox', 'restart-kubelet', 'restart-containerd'];
      expect(planned.filter(({ step }) => milder.includes(step))).toEqual([]);
      expect(await holder.task.state()).toBe('Z');
      expect(await stage.hypervisor.powerCalls()).toEqual([]);
    });
  });
});

/** Whether the product gets to a node with that configuration, and what it says. */
async function reaches(node: LabNode, configFile: string) {
  const far = ssh({ address: () => ({ address: node.address }), configFile });
  try {
    const command = identity({ on: 'node', node: node.name });
    return observe(command, await far.perform(command, AbortSignal.timeout(60_000)), Date.now());
  } finally {
    await far.close();
  }
}

interface Finished {
  readonly ending: { readonly how: string };
  readonly durationMs: number;
  readonly deadlineMs: number;
}

/** The commands that were to run on a node in the step that weighs the evidence, each with how it ended. */
function commandsOn(events: readonly Event[], { name }: LabNode): readonly Finished[] {
  const ends = ofType(events, 'command.finished');
  return ofType(events, 'command.started').flatMap((it) => {
    if (it.step !== 'evidence' || it.where !== name) return [];
    const end = ends.find(
      (e) =>
        e.step === it.step && e.visit === it.visit && e.sample === it.sample && e.key === it.key,
    );
    return end === undefined ? [] : [{ ...end, deadlineMs: it.deadlineMs }];
  });
}
