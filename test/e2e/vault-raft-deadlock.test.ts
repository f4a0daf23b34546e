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
import { clusterRecovers } from './incident/recovery.ts';
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


  test('cable', { timeout: 200_000 }, async () => {
    const place = await workplace({ inventory: withSnapshots() });
    await incident.leader.node.network.setCable('pulled');
    try {
    const person = new Person(place, ['runbook', 'vault-raft-deadlock']);
    await Promise.race([person.exited, person.asked(150)]);
    await writeFile('/tmp/x-cable', `${await person.screen()}\n====`);
    person.leaves();
    } finally {
    await incident.leader.node.network.setCable('plugged');
    }
  });
  test('b', { timeout: 600_000 }, async () => {
    const place = await workplace();
    const person = new Person(place, ['runbook', 'vault-raft-deadlock', '--set', 'soak=30s', '--set', 'patience=5s']);
    try {
    await person.sees(/Type the number or the name[^]{0,100}› *\n$/, 120);
    await person.types('go-on');
    expect(await person.asked(60)).toBe('vault-2');
    await person.types('vault-2');
    const it = await person.asked(150);
    expect(it).toBe(`mount.nfs:${incident.stuckMount.pid}`);
    await person.types(it);
    await clusterRecovers(incident);
    const code = await person.exited;
    await writeFile('/tmp/x-b', `${await person.screen()}\n==== ${code}`);
    } finally { await writeFile('/tmp/x-b2', `${await person.screen()}`); person.leaves(); }
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
