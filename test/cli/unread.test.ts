import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const sre = new URL('../../bin/sre', import.meta.url).pathname;

test('a run whose output nobody reads any more stops, and changes nothing further', async () => {
  const home = mkdtempSync(join(tmpdir(), 'sre-unread-'));
  try {
    const args = ['runbook', 'nfs-csi-recovery', '--lab', '--operator', 'auto', '--json'];
    const child = spawn(sre, args, {
      env: { ...process.env, XDG_STATE_HOME: home },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await once(child.stdout, 'data');
    child.stdout.destroy();
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(130);
    const runs = join(home, 'sre', 'runs');
    const [run = ''] = readdirSync(runs);
    const journal = readFileSync(join(runs, run, 'events.jsonl'), 'utf8');
    expect(journal).toMatch(/"type":"run.finished","result":"interrupted"[^\n]*\n$/);
    expect(journal).not.toContain('"does":"mutates"');
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
