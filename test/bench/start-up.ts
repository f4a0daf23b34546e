import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/**
 * Start-up on the code path that ships (launcher, bundle, compile cache), beside a bare Node: rounds that take turns,
 * medians, ratios. It measures and judges nothing.
 */
const ROUNDS = 20;
const root = new URL('../..', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'sre-bench-'));

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

try {
  execFileSync('npm', ['run', '--silent', 'build'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  for (const part of ['bin', 'dist', 'package.json']) {
    cpSync(join(root, part), join(folder, part), { recursive: true });
  }
  const node = process.execPath;
  const sre = join(folder, 'bin/sre');
  const variants: Readonly<Record<string, readonly [string, ...string[]]>> = {
    'node -e 0': [node, '-e', '0'],
    'sre --version': [sre, '--version'],
    'sre list': [sre, 'list'],
    'sre runbook --offline': [sre, 'runbook', 'vault-raft-deadlock', '--offline'],
  };
  const env = { ...process.env, PATH: `${dirname(node)}:/usr/bin:/bin` };
  const times = new Map<string, number[]>();
  for (let round = -2; round < ROUNDS; round += 1) {
    for (const [name, [file, ...args]] of Object.entries(variants)) {
      const began = process.hrtime.bigint();
      execFileSync(file, args, { env, stdio: 'ignore' });
      const ms = Number(process.hrtime.bigint() - began) / 1e6;
      // Two rounds warm the caches.
      if (round >= 0) times.set(name, [...(times.get(name) ?? []), ms]);
    }
  }
  const bare = median(times.get('node -e 0') ?? []);
  console.log(
    `${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${ROUNDS} rounds side by side`,
  );
  for (const [name, values] of times) {
    const middle = median(values);
    console.log(
      `${name.padEnd(24)} ${middle.toFixed(1).padStart(7)} ms  × ${(middle / bare).toFixed(2)}`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
