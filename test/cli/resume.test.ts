import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect } from 'vitest';
import { lockFolder } from '../../src/journal/lock.ts';
import type { Event } from '../../src/engine/events.ts';
import { test } from './desks.ts';
import { rewrite } from './rewrite.ts';
import type { Desk, Outcome } from './sre.ts';

const LAB = ['runbook', 'vault-raft-deadlock', '--lab', '--set', 'soak=1m'];
const AUTO = ['--operator', 'auto', '--json'];

let undisturbed: Promise<readonly Event[]> | undefined;

/** The events of that run where nobody disturbs it: the same each time. */
const wholeRun = (desk: () => Desk): Promise<readonly Event[]> =>
  (undisturbed ??= desk()
    .run([...LAB, ...AUTO])
    .then(({ events }) => events));

/** A run that died right after its intent was on disk: the 393rd event or thereabouts. */
async function deadAt(
  desk: () => Desk,
  moment: (events: readonly Event[]) => number,
  how = 'event',
): Promise<Desk> {
  const events = await wholeRun(desk);
  const it = desk();
  await it.killed([...LAB, ...AUTO], `${how}:${moment(events)}`);
  return it;
}

const intentIn = (events: readonly Event[]): number =>
  events.find((it) => it.type === 'intent.written' && it.does === 'mutates')?.seq ?? 0;

const endOf = ({ events }: Outcome) => events.findLast((it) => it.type === 'run.finished');
const mutationsOf = (it: Desk): readonly { readonly what: string; readonly target: string }[] =>
  (
    JSON.parse(readFileSync(join(it.runs()[0] ?? '', 'world.json'), 'utf8')) as {
      mutations: { what: string; target: string }[];
    }
  ).mutations;

describe.concurrent('a run whose process was killed', () => {
  test('after its intent is listed in doubt, and is not sent twice', async ({ desk }) => {
    const it = await deadAt(desk, intentIn);
    const listed = await it.run(['runs']);
    expect(listed.stdout).toMatch(/in doubt\n/);
    expect(listed.stdout).toMatch(/next: Delete a Vault pod that does not work, gracefully/);
    expect(listed.stdout).toMatch(/in doubt: delete pod vault\/vault-2/);
    const resumed = await it.run(['resume', ...AUTO]);
    expect(resumed.code).toBe(0);
    expect(endOf(resumed)).toMatchObject({ result: 'resolved' });
    expect(mutationsOf(it).map((m) => m.what)).toEqual(['delete-pod']);
    // It never left, which was probed; then it was asked for anew.
    const answers = it.journal().filter((e) => e.type === 'confirmation.answered');
    expect(answers.map((e) => e.visit)).toEqual([1, 2]);
    expect((await it.run(['resume'])).stderr).toMatch(/no run that can be gone on with/);
  });

  test('after its command reached the world finds it done', async ({ desk }) => {
    const it = await deadAt(desk, (events) => intentIn(events) + 1, 'reached');
    expect(mutationsOf(it)).toHaveLength(1);
    const resumed = await it.run(['resume', ...AUTO]);
    expect(endOf(resumed)).toMatchObject({ result: 'resolved' });
    expect(mutationsOf(it)).toHaveLength(1);
    const answers = it.journal().filter((e) => e.type === 'confirmation.answered');
    expect(answers).toHaveLength(1);
  });

  test('with a torn last line is repaired, and it is said', async ({ desk }) => {
    const it = await deadAt(desk, () => 40);
    appendFileSync(join(it.runs()[0] ?? '', 'events.jsonl'), '{"type":"step.conc');
    const resumed = await it.run(['resume', ...AUTO]);
    expect(resumed.stderr).toMatch(/incomplete and was cut off \(18 bytes\)/);
    expect(resumed.code).toBe(0);
  });
});

describe.concurrent('a run that is not as it was', () => {
  test('with a broken chain is refused, and gone on with for a reason', async ({ desk }) => {
    const it = await deadAt(desk, () => 40);
    const file = join(it.runs()[0] ?? '', 'events.jsonl');
    const lines = readFileSync(file, 'utf8').split('\n');
    const changed = lines.map((line, i) =>
      i === 30 ? line.replace('"at":"2026', '"at":"2027') : line,
    );
    writeFileSync(file, changed.join('\n'));
    const refused = await it.run(['resume', ...AUTO]);
    expect([refused.code, refused.events]).toEqual([1, []]);
    expect(refused.stderr).toMatch(/line 31 was changed after it was written/);
    expect(refused.stderr).toMatch(/--despite/);
    const empty = await it.run(['resume', '--despite', 'because', ...AUTO]);
    expect(empty.code).toBe(2);
    const why = 'I changed the clock by hand';
    const resumed = await it.run(['resume', '--despite', why, ...AUTO]);
    expect(resumed.code).toBe(0);
    expect(it.journal().find((e) => e.type === 'run.resumed')).toMatchObject({
      seq: 30,
      because: why,
      despite: [expect.stringContaining('line 31 of the journal was changed')],
    });
  });

  test('of another runbook is refused with the difference, and gone on with for a reason', async ({
    desk,
  }) => {
    const it = await deadAt(desk, () => 40);
    const kept = join(it.runs()[0] ?? '', 'runbook.json');
    const description = JSON.parse(readFileSync(kept, 'utf8')) as { steps: { title: string }[] };
    const [step] = description.steps;
    if (step !== undefined) step.title = 'What is Vault?';
    writeFileSync(kept, JSON.stringify(description));
    const { digestOf } = await import('../../src/journal/digest.ts');
    rewrite(it, (e) => (e.type === 'run.started' ? { ...e, digest: digestOf(description) } : e));
    const refused = await it.run(['resume', ...AUTO]);
    expect([refused.code, refused.events]).toEqual([2, []]);
    expect(refused.stderr).toMatch(/steps › \S+ › title: "What is Vault\?" is now "Does the API/);
    const resumed = await it.run(['resume', '--despite', 'only a title changed', ...AUTO]);
    expect(resumed.code).toBe(0);
  });

  test('of another inventory is refused with the difference', async ({ desk }) => {
    const it = await deadAt(desk, () => 40);
    rewrite(it, (e) =>
      e.type === 'run.started'
        ? { ...e, inventory: '0'.repeat(64), site: { ...e.site, accessPath: ['k8s-node9'] } }
        : e,
    );
    const refused = await it.run(['resume', ...AUTO]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/the inventory is not the one it began with/);
    expect(refused.stderr).toMatch(/accessPath: \["k8s-node9"\] is now \[\]|accessPath › /);
  });
});

describe.concurrent('what cannot be resumed is said', () => {
  test('a plan, a run that is over, a run that is not there', async ({ desk }) => {
    const it = desk();
    await it.run([...LAB, '--dry-run', '--json']);
    const [plan = ''] = it.runs();
    expect((await it.run(['resume', basename(plan)])).stderr).toMatch(
      /is a plan, and changed nothing/,
    );
    await it.run(['runbook', 'vault-raft-deadlock', '--lab', 'healthy', ...AUTO]);
    const over = await it.run(['resume', basename(it.runs()[1] ?? '')]);
    expect(over.code).toBe(2);
    expect(over.stderr).toMatch(/is over: it ended 'not-this-incident'/);
    expect((await it.run(['resume', 'ZZZZ'])).stderr).toMatch(/there is no run 'ZZZZ'/);
  });
});

describe.concurrent('a note', () => {
  test('is written into the newest run, and found in it again', async ({ desk }) => {
    const it = await deadAt(desk, () => 40);
    const noted = await it.run([
      'note',
      'the first 200',
      'came at 11:03; token: hvs.CAESIJabcdefghijklmnopqrstuvwxyz0123456789',
    ]);
    expect(noted.stdout).toMatch(/^noted in run /);
    const note = it.journal().findLast((e) => e.type === 'operator.noted');
    expect(note?.note).toMatch(/^the first 200 came at 11:03/);
    expect(note?.note).not.toContain('hvs.CAES');
    expect((await it.run(['resume', ...AUTO])).code).toBe(0);
  });

  test('goes to the run that somebody has, not to one that was begun later', async ({ desk }) => {
    const it = desk();
    await it.run([...LAB.slice(0, 2), '--lab', 'healthy', ...AUTO]);
    await it.run([...LAB.slice(0, 2), '--lab', 'healthy', ...AUTO]);
    const [older = '', newer = ''] = it.runs();
    expect((await it.run(['note', 'one'])).stdout).toBe(`noted in run ${basename(newer)}\n`);
    const lock = await lockFolder(older, 'the run');
    const said = await it.run(['note', 'two']);
    await lock.release();
    expect(said.stdout).toMatch(new RegExp(`^left beside run ${basename(older)}: `));
  });

  test('of many at once is written each, once', async ({ desk }) => {
    const it = desk();
    await it.run([...LAB.slice(0, 2), '--lab', 'healthy', ...AUTO]);
    const words = Array.from({ length: 6 }, (_, i) => `note ${i}`);
    const said = await Promise.all(words.map((word) => it.run(['note', word])));
    expect(said.map(({ stdout }) => stdout.slice(0, 12))).toEqual(words.map(() => 'noted in run'));
    const notes = it.journal().flatMap((e) => (e.type === 'operator.noted' ? [e.note] : []));
    expect(notes.toSorted()).toEqual(words);
    expect((await it.run(['replay'])).code).toBe(0);
  });

  test('in a plan of the lab has the time of the lab', async ({ desk }) => {
    const it = desk();
    await it.run([...LAB.slice(0, 2), '--lab', 'healthy', '--dry-run', '--json']);
    const before = it.journal().at(-1)?.at;
    await it.run(['note', 'for later']);
    expect(it.journal().at(-1)).toMatchObject({ type: 'operator.noted', at: before });
  });

  test('loses what the inventory says is secret', async ({ desk }) => {
    const it = desk();
    await it.run([...LAB.slice(0, 2), '--lab', 'healthy', ...AUTO]);
    it.write(
      'sre.yaml',
      'cluster: { name: april, context: april }\nredact: { values: [winterfell-9] }\n',
    );
    await it.run(['note', 'the password was winterfell-9 all along']);
    const note = it.journal().findLast((e) => e.type === 'operator.noted');
    expect(note?.note).toBe('the password was ‹redacted:known› all along');
  });
});
