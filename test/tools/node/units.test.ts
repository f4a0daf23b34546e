import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { restartUnit } from '../../../src/tools/node/restart-unit.ts';
import { unit } from '../../../src/tools/node/unit.ts';
import { exited, readWith, records, valueOf, whyOf } from '../output.ts';
import { BOOT } from '../site.ts';
import { files, folder, HEAD } from './fake-proc.ts';
import { runScript, SHELLS } from './run-script.ts';
import { standIns, word } from './stand-ins.ts';

const KUBELET = unit('k8s-node3', 'kubelet');
const head = [
  ['boot', BOOT],
  ['uid', 0],
] as const;

/** A systemctl that shows what it is given, and logs what else was asked of it. */
function systemctl(shown: readonly string[], restart = 'exit 0') {
  const log = join(folder(), 'log');
  const env = standIns({
    systemctl: `case $1 in
  show) printf '%s\\n' ${shown.map(word).join(' ')} ;;
  *) echo "$*" >>${word(log)}; ${restart} ;;
esac`,
  });
  return { env, asked: () => (existsSync(log) ? readFileSync(log, 'utf8') : '') };
}

const RUNNING = [
  'ExecMainStartTimestampMonotonic=18420000',
  'MainPID=811',
  'LoadState=loaded',
  'ActiveState=active',
  'SubState=running',
];

const read = (...fields: readonly (string | number)[]) =>
  readWith(KUBELET, exited(records(...head, ['unit', ...fields])));

const told = (...clock: readonly (readonly (string | number)[])[]) =>
  valueOf(
    readWith(
      KUBELET,
      exited(records(...head, ['unit', 'kubelet', 'active', 'running', 811, 18_420_000], ...clock)),
    ),
  ).startedAt;

describe('reading', () => {
  test('a service that runs, one that cannot be killed, one that never ran', () => {
    expect(valueOf(read('kubelet', 'active', 'running', 811, 18_420_000))).toEqual({
      bootId: BOOT,
      root: true,
      name: 'kubelet',
      active: 'active',
      sub: 'running',
      mainPid: 811,
      startedUs: 18_420_000,
    });
    const stuck = valueOf(read('kubelet', 'deactivating', 'final-sigkill', 0, 18_420_000));
    expect(stuck).toMatchObject({ active: 'deactivating', sub: 'final-sigkill' });
    expect(stuck).not.toHaveProperty('mainPid');
    expect(valueOf(read('kubelet', 'inactive', 'dead', 0, 0))).not.toHaveProperty('startedUs');
  });

  test('when it started is said by the clock of the node', () => {
    expect(told(['clock', 1_779_000_000, '100.42'])).toBe(1_778_999_918_000);
    expect(told(['clock', 1_779_000_000, ''])).toBeUndefined();
    expect(told()).toBeUndefined();
  });

  test.for([
    ['containerd', 'active', 'running', 811, 1],
    ['kubelet', '', 'running', 811, 1],
    ['kubelet', 'active', 'running', '-', 1],
    ['kubelet', 'active', 'running', 811, '-'],
    ['kubelet'],
  ])('%j is not understood', (fields) => {
    expect(whyOf(read(...fields)).why).toBe('unparsable');
  });

  test('restarts: asked, other, refused, and answers that are none', () => {
    const command = restartUnit('n', 'kubelet', 811);
    const heard = (...lines: readonly (readonly (string | number)[])[]) =>
      readWith(command, exited(records(...lines)));
    expect(valueOf(heard(['exit', 0]))).toBe('asked');
    expect(valueOf(heard(['other', 900]))).toBe('other');
    expect(whyOf(heard(['said', 'Failed to restart: Access denied'], ['exit', 4]))).toEqual({
      why: 'exit',
      says: 'Failed to restart: Access denied',
    });
    expect(whyOf(heard(['exit', 137])).why).toBe('timeout');
    expect(whyOf(heard(['said', 'x'])).why).toBe('unparsable');
  });
});

describe.for(SHELLS)('in %s', (shell) => {
  test('unit.sh reads what systemd shows, in whatever order', async () => {
    const root = { SRE_PROC_ROOT: files(folder(), { ...HEAD, uptime: '118.42 200.00\n' }) };
    const out = await runScript(KUBELET, { ...systemctl(RUNNING).env, ...root }, shell);
    expect(out.stderr).toBe('');
    const { startedAt = 0 } = valueOf(readWith(KUBELET, out));
    expect(Math.abs(Date.now() - 100_000 - startedAt)).toBeLessThan(60_000);
    expect(valueOf(readWith(KUBELET, out))).toMatchObject({
      bootId: BOOT,
      active: 'active',
      sub: 'running',
      mainPid: 811,
      startedUs: 18_420_000,
    });
  });

  test('unit.sh knows nothing of a service that is not there, nor without systemd', async () => {
    const absent = systemctl(['LoadState=not-found', 'ActiveState=inactive', 'SubState=dead']);
    const one = whyOf(readWith(KUBELET, await runScript(KUBELET, absent.env, shell)));
    expect(one.says).toContain('there is no service kubelet here (LoadState not-found)');
    const failing = standIns({
      systemctl: 'echo "Failed to connect to bus: Connection refused" >&2; exit 1',
    });
    const two = whyOf(readWith(KUBELET, await runScript(KUBELET, failing, shell)));
    expect(two.says).toContain('Failed to connect to bus');
  });

  test('restart-unit.sh asks once and does not wait, and compares the main process before', async () => {
    const command = restartUnit('n', 'kubelet', 811);
    const one = systemctl(['MainPID=811']);
    expect(valueOf(readWith(command, await runScript(command, one.env, shell)))).toBe('asked');
    expect(one.asked()).toBe('restart kubelet --no-block\n');
    const other = systemctl(['MainPID=900']);
    expect(valueOf(readWith(command, await runScript(command, other.env, shell)))).toBe('other');
    const gone = systemctl(['MainPID=0']);
    expect(valueOf(readWith(command, await runScript(command, gone.env, shell)))).toBe('other');
    const odd = systemctl(['what']);
    const unknown = whyOf(readWith(command, await runScript(command, odd.env, shell)));
    expect(unknown.says).toContain('nothing was done');
    expect([other.asked(), gone.asked(), odd.asked()]).toEqual(['', '', '']);
    const none = restartUnit('n', 'containerd', undefined);
    expect(valueOf(readWith(none, await runScript(none, gone.env, shell)))).toBe('asked');
    expect(gone.asked()).toBe('restart containerd --no-block\n');
  });

  test('restart-unit.sh repeats why systemd would not', async () => {
    const command = restartUnit('n', 'kubelet', 811);
    const words = 'Failed to restart kubelet.service: Transport endpoint is not connected';
    const { env } = systemctl(['MainPID=811'], `echo ${word(words)} >&2; exit 1`);
    expect(whyOf(readWith(command, await runScript(command, env, shell)))).toEqual({
      why: 'exit',
      says: words,
    });
  });

  test.for([
    ['node/unit', ['sshd']],
    ['node/unit', []],
    ['node/restart-unit', ['kubelet']],
    ['node/restart-unit', ['nfs-server', '811']],
    ['node/restart-unit', ['kubelet', '']],
    ['node/restart-unit', ['kubelet', '-1']],
  ] as const)('%s refuses %j', async ([name, args]) => {
    const out = await runScript({ run: { kind: 'script', script: name, args } }, {}, shell);
    expect([out.stdout, out.ending]).toEqual(['', { how: 'exited', code: 64 }]);
  });
});
