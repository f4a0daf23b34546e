import { randomUUID } from 'node:crypto';
import { appendFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { components, workloadPrograms } from '../harness/components.ts';
import { mountVolume, stickMountNfs } from '../harness/node-volumes.ts';
import { addSshd } from '../harness/node-sshd.ts';
import { addZombie } from '../harness/node-zombie.ts';
import { Undo } from '../harness/undo.ts';
import { buildIncident } from '../incident/incident.ts';
import { Person } from '../incident/person.ts';
import { Workplace } from '../incident/workplace.ts';

/** Where it tells how far it is, a word per line. */
const PROGRESS = process.env['SRE_E2E_PROGRESS'] ?? '';

const tell = (word: string): Promise<void> => appendFile(PROGRESS, `${word}\n`);

/** The file that `interrupted.test.ts` runs and interrupts: everything that the harness can make stands, and a run of the product. */
let undo: Undo;

beforeAll(async () => {
  undo = new Undo();
  const built = await components();
  const programs = await workloadPrograms();
  await tell('begins');
  const incident = await buildIncident(undo, built, programs, {
    bastion: 'bastion',
    ahead: 7_200_000,
  });
  await tell('nodes');
  const { leader, plane, lab, spare } = incident;
  const unkillable = { wchan: 'folio_wait_bit_common', killable: false };
  await leader.pod.stick(unkillable);
  await tell(`disk ${leader.uid}`);
  await leader.node.run(`kill -KILL ${leader.pod.task.pid}`);
  await addZombie(spare);
  await (await addSshd(spare, 2021)).stop();
  const volume = { podUid: randomUUID(), pv: 'pvc-1' };
  await mountVolume(spare, volume);
  await stickMountNfs(spare, volume);
  await tell('faults');
  const place = await Workplace.create({
    components: built,
    below: await undo.folder(),
    kubeconfig: plane.operator,
    sshConfig: lab.ssh.config,
  });
  const person = new Person(place, ['runbook', 'vault-raft-deadlock']);
  await person.sees(/Is the leader stuck, slow, or gone\?/, 120);
  plane.freeze();
  await tell('stands');
}, 300_000);

afterAll(() => undo.close());

test('nobody waits for the end of this', async () => {
  await sleep(600_000);
  expect.unreachable('it was to be interrupted');
});
