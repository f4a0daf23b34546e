import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { digestOf } from '../../src/journal/digest.ts';
import { readPlan, writePlan } from '../../src/plan/saved.ts';
import { test } from './desks.ts';
import type { Desk } from './sre.ts';

const LAB = ['runbook', 'vault-raft-deadlock', '--lab', '--operator', 'you'] as const;
const HELD = [...LAB, '--plan', 'plan.json', '--json'] as const;

const makePlan = (at: Desk) => at.run([...LAB, '--dry-run', '--json', '--out', 'plan.json']);

describe('a plan in a file', () => {
  test('is saved for its owner alone, and never over another file', async ({ desk }) => {
    const at = desk();
    const made = await makePlan(at);
    expect(made.code).toBe(0);
    expect(made.stderr).toMatch(/the plan is in plan\.json, digest [0-9a-f]{12}: remove=vault-2\n/);
    const path = join(at.folder, 'plan.json');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const text = readFileSync(path, 'utf8');
    const again = await makePlan(at);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain('--out plan.json: there is a file already');
    expect(readFileSync(path, 'utf8')).toBe(text);
    expect(at.runs()).toHaveLength(1);
  });

  test('lets an approved step be taken without a terminal, once', async ({ desk }) => {
    const at = desk();
    await makePlan(at);
    const run = await at.run([...HELD, '--approve', 'remove=vault-2']);
    expect(run.code).toBe(0);
    const answered = run.events.filter((it) => it.type === 'confirmation.answered');
    expect(answered).toMatchObject([{ step: 'remove', answer: 'yes' }]);
    expect(answered[0]).toMatchObject({
      note: expect.stringContaining('remove=vault-2, plan ') as string,
    });
    const sent = run.events.filter((it) => it.type === 'intent.written' && it.does === 'mutates');
    expect(sent).toHaveLength(1);
    expect(run.events.at(-1)).toMatchObject({ type: 'run.finished', result: 'resolved' });
  });

  test('approves nothing by itself', async ({ desk }) => {
    const at = desk();
    await makePlan(at);
    const run = await at.run(HELD);
    expect(run.code).toBe(8);
    expect(
      run.events.filter((it) => it.type === 'intent.written' && it.does === 'mutates'),
    ).toEqual([]);
  });

  test('stops a run at an action that is another one, before it is issued', async ({ desk }) => {
    const at = desk();
    await makePlan(at);
    const path = join(at.folder, 'plan.json');
    const { digest: _, ...plan } = readPlan(readFileSync(path, 'utf8'), path);
    const other = {
      ...plan,
      actions: plan.actions.map((it) => ({ ...it, target: { ...it.target, proven: ['uid 1'] } })),
    };
    at.write('plan.json', writePlan({ ...other, digest: digestOf(other) }));
    const run = await at.run([...HELD, '--approve', 'remove=vault-2']);
    expect(run.code).toBe(7);
    expect(run.events.at(-1)).toMatchObject({
      type: 'run.finished',
      result: 'not-as-planned',
      because: expect.stringContaining('of the target no longer true: uid 1') as string,
    });
    expect(
      run.events.filter((it) => it.type === 'intent.written' && it.does === 'mutates'),
    ).toEqual([]);
  });

  test('refuses a run that begins as another one', async ({ desk }) => {
    const at = desk();
    await makePlan(at);
    const other = await at.run([...HELD, '--set', 'soak=1m']);
    expect(other.code).toBe(7);
    expect(other.stderr).toContain(
      'this is not what was planned: the parameters: planned {"soak":"20m"',
    );
    expect(at.runs()).toHaveLength(1);
  });

  test.for([
    [[...LAB, '--out', 'p.json'], '--out saves the plan that --dry-run makes'],
    [[...LAB, '--dry-run', '--plan', 'p.json'], '--plan holds a run to a plan'],
    [[...LAB, '--approve', 'remove=vault-2'], '--approve is bound to a plan'],
    [[...LAB, '--plan', 'missing.json'], 'missing.json'],
    [[...LAB, '--plan', '.'], 'it is not a file'],
  ] as const)('with other options is usage: %o', async ([args, says], { desk }) => {
    const refused = await desk().run(args);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(says);
  });
});
