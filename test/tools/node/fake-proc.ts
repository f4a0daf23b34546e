import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder that goes when the test does. Tests that run side by side say which one: their own `onTestFinished`. */
export function folder(whenDone: typeof onTestFinished = onTestFinished): string {
  const dir = mkdtempSync(join(tmpdir(), 'sre-tools-'));
  whenDone(() => {
    rmSync(dir, { recursive: true, force: true });
  });
  return dir;
}

/** Writes files below a folder, by path. */
export function files(root: string, contents: Readonly<Record<string, string>>): string {
  for (const [path, text] of Object.entries(contents)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

/** One thread of a fake /proc: its stat line, where it waits, and its control group. */
export const thread = (
  pid: number,
  stat: string,
  more: { readonly wchan?: string; readonly cgroup?: string; readonly stack?: string } = {},
): Record<string, string> => {
  const tid = /^\d+/.exec(stat)?.[0] ?? '0';
  const dir = `${pid}/task/${tid}`;
  return {
    [`${dir}/stat`]: `${stat}\n`,
    [`${dir}/wchan`]: more.wchan ?? '0',
    [`${dir}/cgroup`]: more.cgroup ?? '0::/system.slice/x.service\n',
    ...(more.stack === undefined ? {} : { [`${dir}/stack`]: more.stack }),
    ...(tid === String(pid) ? { [`${pid}/stat`]: `${stat}\n` } : {}),
  };
};

/** What every fake /proc needs. */
export const HEAD: Readonly<Record<string, string>> = {
  'sys/kernel/random/boot_id': '480d80e9-7844-4e34-aee8-2ecb16608eed\n',
  uptime: '196.04 180.10\n',
  'self/stat': '1 (sh) S 0\n',
  'self/mountinfo': '21 1 0:20 / / rw - ext4 /dev/sda1 rw\n',
};
