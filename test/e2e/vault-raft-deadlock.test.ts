import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AuditMark } from './harness/audit-log.ts';
import { type Components, components } from './harness/components.ts';
import { USERS } from './harness/control-plane.ts';
import { withComponents } from './harness/required.ts';
import { makeKey } from './harness/ssh-material.ts';
import { Undo } from './harness/undo.ts';
import { buildIncident, type Incident, SNAPSHOTS } from './incident/incident.ts';
import { Person } from './incident/person.ts';
import { eventsOf, ofType, Workplace, type WorkplaceOptions } from './incident/workplace.ts';

const undo = new Undo();
let built: Components;
let incident: Incident;
let below: string;
let mark: AuditMark;

withComponents('vault-raft-deadlock against a real cluster', () => {
  beforeAll(async () => {
    built = await components();
    incident = await buildIncident(undo, built);
    below = await undo.folder();
    mark = await incident.plane.audit.mark();
  }, 45 * 60_000);

  afterAll(() => undo.close());

  describe.concurrent('x', () => {
  test('dry', { timeout: 200_000 }, async () => {
    const place = await workplace({ });
    const run = await place.sre('runbook', 'vault-raft-deadlock', '--dry-run', '--plain');
    await writeFile('/tmp/x-dry', `${run.stdout}\n====\n${run.stderr}\n=== ${run.code}`);
  });
  test('null', { timeout: 200_000 }, async () => {
    const place = await workplace({ inventory: withSnapshots() });
    const run = await place.sre('runbook', 'vault-raft-deadlock');
    await writeFile('/tmp/x-null', `${run.stdout}\n====\n${run.stderr}\n=== ${run.code}`);
  });
  test('yes', { timeout: 200_000 }, async () => {
    const place = await workplace({ inventory: withSnapshots() });
    const run = await place.srePiped('yes vault-2', 'runbook', 'vault-raft-deadlock');
    await writeFile('/tmp/x-yes', `${run.stdout}\n====\n${run.stderr}\n=== ${run.code}`);
  });
  test('by1', { timeout: 200_000 }, async () => {
    const place = await workplace({ kubeconfig: incident.plane.bystander });
    const run = await place.sre('runbook', 'vault-raft-deadlock');
    await writeFile('/tmp/x-by1', `${run.stdout}\n====\n${run.stderr}\n=== ${run.code}`);
  });
  test('by2', { timeout: 200_000 }, async () => {
    const place = await workplace({ kubeconfig: incident.plane.bystander, inventory: {nodes: Object.fromEntries(incident.lab.nodes.map(n=>[n.name, n.address])) }});
    const run = await place.sre('runbook', 'vault-raft-deadlock');
    await writeFile('/tmp/x-by2', `${run.stdout}\n====\n${run.stderr}\n=== ${run.code}`);
  });
  test('closed', { timeout: 200_000 }, async () => {
    const place = await workplace();
    const first = await place.sre('runbook', 'vault-raft-deadlock', '--set', 'soak=1');
    const good = await readFile(join(place.folder, 'kubeconfig'), 'utf8');
    const sick = await place.sre('runbook', 'nothing');
    await place.setKubeconfig(good.replace(/https:\/\/127.0.0.1:\d+/, 'https://127.0.0.1:9'));
    const run = await place.sre('runbook', 'vault-raft-deadlock');
    await writeFile('/tmp/x-closed', `${first.stderr} ${sick.stderr} ${run.stdout}\n====\n${run.stderr}\n=== ${run.code}`);
  });
  test('key', { timeout: 200_000 }, async () => {
    const config = await readFile(incident.lab.ssh.config, 'utf8');
    const known = await readFile(incident.lab.ssh.knownHosts, 'utf8');
    const key = await makeKey(join(below, 'other'), 'x');
    const pub = (await readFile(`${key}.pub`, 'utf8')).split(' ')[1];
    const lines = known.split('\n').map((l) => l.startsWith('k8s-node3,') ? l.replace(/ssh-ed25519 .*/, `ssh-ed25519 ${pub}`) : l);
    await writeFile(join(below, 'known'), lines.join('\n'));
    await writeFile(join(below, 'conf'), config.replace(incident.lab.ssh.knownHosts, join(below, 'known')));
    const place = await workplace({ sshConfig: join(below, 'conf') });
    const person = new Person(place, ['runbook', 'vault-raft-deadlock']);
    try {
    await person.sees(/Type the number or the name/, 120);
    await person.types('stop');
    const code = await person.exited;
    await writeFile('/tmp/x-key', `${await person.screen()}\n==== ${code}`);
    } finally { person.leaves(); }
  });
  });
});

function workplace(options: Partial<WorkplaceOptions> = {}): Promise<Workplace> {
  return Workplace.create({
    components: built,
    below,
    kubeconfig: incident.plane.operator,
    sshConfig: incident.lab.ssh.config,
    ...options,
  });
}

const withSnapshots = () => ({
  hosts: { backups: incident.backups.address },
  vault: { snapshots: { host: 'backups', directory: SNAPSHOTS } },
});
