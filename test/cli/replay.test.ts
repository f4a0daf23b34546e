import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { test } from './desks.ts';
import { rewrite } from './rewrite.ts';

const LAB = ['runbook', 'vault-raft-deadlock', '--lab', 'healthy', '--json'];

describe.concurrent('sre replay', () => {
  test('of a run just made says that it goes the same way', async ({ desk }) => {
    const it = desk();
    await it.run(LAB);
    const before = readFileSync(join(it.runs()[0] ?? '', 'events.jsonl'));
    const replayed = await it.run(['replay']);
    expect(replayed.stdout).toMatch(/^vault-raft-deadlock, run \S+: \d+ events laid beside/);
    expect(replayed.stdout).toContain('Today it would go the same way.');
    expect(replayed.code).toBe(0);
    expect(readFileSync(join(it.runs()[0] ?? '', 'events.jsonl'))).toEqual(before);
  });

  test('of a run that went another way exits 7 and says where', async ({ desk }) => {
    const it = desk();
    await it.run(LAB);
    rewrite(it, (event) =>
      event.type === 'step.concluded' && event.step === 'reach-api'
        ? { ...event, outcome: 'silent', to: 'api-down' }
        : event,
    );
    const replayed = await it.run(['replay']);
    expect(replayed.code).toBe(7);
    expect(replayed.stdout).toContain('Today it would go another way:');
    expect(replayed.stdout).toMatch(/recorded {2}silent, on to 'api-down'/);
    expect(replayed.stdout).toMatch(/today {5}found, on to /);
    expect(replayed.stdout).toMatch(/\d+ later events were not compared/);

    const json = await it.run(['replay', '--json']);
    expect(json.code).toBe(7);
    const [departs, summary] = json.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(departs).toMatchObject({ is: 'departs', step: expect.any(String) as string });
    expect(summary).toMatchObject({ is: 'summary', sameWay: false });
  });

  test('of a run that was cut off tells so', async ({ desk }) => {
    const it = desk();
    await it.killed(LAB, 'event:20');
    appendFileSync(join(it.runs()[0] ?? '', 'events.jsonl'), '{"type":"step');
    const replayed = await it.run(['replay']);
    expect(replayed.stderr).toMatch(/line \d+ of the journal is incomplete and was left out/);
    expect(replayed.code).toBe(0);
  });

  test('refuses a run that is not there, and a journal that was changed', async ({ desk }) => {
    const it = desk();
    expect(await it.run(['replay'])).toMatchObject({ code: 2 });
    await it.run(LAB);
    expect(await it.run(['replay', 'nowhere'])).toMatchObject({ code: 2 });
    const file = join(it.runs()[0] ?? '', 'events.jsonl');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"found"', '"faund"'));
    const refused = await it.run(['replay']);
    expect(refused.stderr).toContain('was changed after it was written');
    expect(refused.code).toBe(1);
  });
});
