import { execFile, execFileSync } from 'node:child_process';
import { describe, expect } from 'vitest';
import { test } from './desks.ts';
import type { Desk } from './sre.ts';

/** Real file systems that are full, or that may only be read, in a mount namespace of their own. */

const LAB = 'runbook vault-raft-deadlock --lab --set soak=1m --operator auto --json';
const sre = new URL('../../bin/sre', import.meta.url).pathname;

/** Only root may mount, and not everywhere. */
function mayMount(): boolean {
  try {
    execFileSync('unshare', ['-m', 'sh', '-c', 'mount -t tmpfs none /mnt'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

interface Said {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a shell script in a mount namespace of its own; what is mounted there goes with it. */
const inside = (it: Desk, script: string): Promise<Said> =>
  new Promise((resolve) => {
    const env = {
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: it.folder,
      XDG_STATE_HOME: `${it.folder}/state`,
      SRE: sre,
      LANG: 'C.UTF-8',
    };
    const args = ['-m', '--propagation', 'private', 'sh', '-c', script];
    const options = { cwd: it.folder, env, maxBuffer: 256 * 1024 * 1024 };
    execFile('unshare', args, options, (_error, stdout, stderr) => resolve({ stdout, stderr }));
  });

describe.skipIf(!mayMount())('a state home', () => {
  test('that is full stops the run, says what to do, and the run goes on once there is room', async ({
    desk,
  }) => {
    const it = desk();
    const { stdout, stderr } = await inside(
      it,
      `mkdir state && mount -t tmpfs -o size=500k none state || exit 99
       "$SRE" ${LAB} >/dev/null; echo "code $?"
       mount -o remount,size=64m state
       "$SRE" runs
       "$SRE" resume --operator auto --json | tail -n 1; echo "code $?"`,
    );
    expect(stderr).toMatch(/sre: .*: the disk is full \(ENOSPC\)/);
    expect(stderr).toContain('free space there, or set XDG_STATE_HOME to a folder on another disk');
    expect(stdout).toMatch(/^code 1\n/);
    expect(stdout).toMatch(/stale: nobody holds it|paused|in doubt/);
    expect(stdout).toMatch(/"result":"resolved"/);
  });

  test('that may only be read stops before anything is run', async ({ desk }) => {
    const it = desk();
    const { stdout, stderr } = await inside(
      it,
      `mkdir state && mount -t tmpfs -o ro none state || exit 99
       "$SRE" ${LAB}; echo "code $?"`,
    );
    expect(stdout).toBe('code 1\n');
    expect(stderr).toMatch(/the file system is read-only \(EROFS\)/);
    expect(stderr).toContain('set XDG_STATE_HOME to a folder on another disk');
  });
});
