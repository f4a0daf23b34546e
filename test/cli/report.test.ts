import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { test } from './desks.ts';

const LAB = ['runbook', 'vault-raft-deadlock', '--lab', 'healthy', '--json'];

describe.concurrent('sre report', () => {
  test('writes the newest run, or the one that is named, in each form', async ({ desk }) => {
    const it = desk();
    await it.run(LAB);
    const report = await it.run(['report']);
    expect(report.code).toBe(0);
    expect(report.stdout).toMatch(/^# Post-Mortem: Vault raft deadlock on /);
    expect(report.stdout).toContain('A rehearsal on the embedded lab');
    const [folder = ''] = it.runs();
    const named = await it.run(['report', folder.slice(-6), '--format', 'report-writer']);
    expect(named.stdout).toContain('## Recurrence Analysis');
    const data = await it.run(['report', '--format', 'json']);
    expect(JSON.parse(data.stdout)).toMatchObject({
      runbook: 'vault-raft-deadlock',
      standing: 'finished',
    });
    expect(await it.run(['report', '--format', 'html'])).toMatchObject({ code: 2 });
    expect(await it.run(['report', '--out', ''])).toMatchObject({ code: 2 });
    expect(await it.run(['report', '--out', 'nowhere/'])).toMatchObject({ code: 2 });
    expect(await it.run(['report', 'nowhere'])).toMatchObject({ code: 2 });
  });

  test('writes a new file for nobody else to read, and never over an old one', async ({ desk }) => {
    const it = desk();
    await it.run(LAB);
    const folder = join(it.folder, 'drafts');
    mkdirSync(folder);
    const first = await it.run(['report', '--out', folder]);
    expect(first.code).toBe(0);
    const [name = ''] = readdirSync(folder);
    expect(name).toMatch(/^\d{4}-\d\d-\d\d-vault-raft-deadlock\.md$/);
    const file = join(folder, name);
    expect(first.stdout).toContain(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const text = readFileSync(file, 'utf8');
    await it.run(['report', '--out', folder, '--format', 'report-writer']);
    await it.run(['report', '--out', folder, '--format', 'json']);
    expect(readdirSync(folder)).toHaveLength(3);
    const again = await it.run(['report', '--out', file]);
    expect(again.code).not.toBe(0);
    expect(again.stderr).toMatch(/exists already/);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  test('is not written where being there publishes it', async ({ desk }) => {
    const it = desk();
    await it.run(LAB);
    mkdirSync(join(it.folder, 'docs', 'post-mortems'), { recursive: true });
    symlinkSync(join(it.folder, 'docs', 'post-mortems'), join(it.folder, 'link'));
    for (const out of ['docs/post-mortems', 'docs/post-mortems/x.md', 'link', 'link/x.md']) {
      const refused = await it.run(['report', '--out', out]);
      expect(refused.code).toBe(2);
      expect(refused.stderr).toMatch(/may start automation/);
    }
    expect(readdirSync(join(it.folder, 'docs', 'post-mortems'))).toEqual([]);
  });

  test('of a run that was killed says that it has no end', async ({ desk }) => {
    const it = desk();
    await it.killed(LAB, 'event:20');
    const report = await it.run(['report']);
    expect(report.code).toBe(0);
    expect(report.stdout).toContain('| Status | Open: the run has no end |');
  });
});
