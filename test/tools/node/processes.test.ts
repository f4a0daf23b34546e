import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import { killTask } from '../../../src/tools/node/kill-task.ts';
import { kubelet } from '../../../src/tools/node/kubelet.ts';
import { remains } from '../../../src/tools/node/remains.ts';
import { task } from '../../../src/tools/node/task.ts';
import { exited, readWith, records, valueOf, whyOf } from '../output.ts';
import { BOOT, UID } from '../site.ts';
import { files, folder, HEAD, thread } from './fake-proc.ts';
import { LAB_04, statLine } from './lab.ts';
import { runScript, SHELLS } from './run-script.ts';

const ZOMBIE = statLine(LAB_04, '137 (weird) (na me) Z');
const GROUP = `0::/kubepods.slice/kubepods-pod${UID.replaceAll('-', '_')}.slice/x.scope\n`;
const MOUNTS = [
  '21 1 0:20 / / rw - ext4 /dev/sda1 rw',
  `29 21 0:25 / /var/lib/kubelet/pods/${UID}/volumes/kubernetes.io~csi/pvc-0b0b/mount rw,relatime - nfs4 192.168.1.127:/srv/nfs rw,vers=4.2`,
].join('\n');

/** A process of the test's own, ended with it. */
function own(): { readonly child: ChildProcess; readonly pid: number } {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return { child, pid: child.pid ?? 0 };
}

describe.for(SHELLS)('in %s', (shell) => {
  const run = (command: Parameters<typeof runScript>[0], env = {}) =>
    runScript(command, env, shell);

  test('task.sh knows a process by its start and name, and knows when it is gone', async () => {
    const { child, pid } = own();
    const command = task('n', pid);
    await expect
      .poll(async () => valueOf(readWith(command, await run(command)))?.comm)
      .toBe('sleep');
    const found = valueOf(readWith(command, await run(command)));
    expect(found).toMatchObject({ pid, comm: 'sleep', state: 'S' });
    expect(found?.startTicks).toBeGreaterThan(0);
    const ended = once(child, 'close');
    child.kill('SIGKILL');
    await ended;
    expect(valueOf(readWith(command, await run(command)))).toBeUndefined();
  });

  test('kill-task.sh kills the very process, and no other', async () => {
    const { child, pid } = own();
    const look = task('n', pid);
    await expect.poll(async () => valueOf(readWith(look, await run(look)))?.comm).toBe('sleep');
    const { startTicks = 0 } = valueOf(readWith(look, await run(look))) ?? {};
    const kill = async (it: { startTicks: number; comm: string }) => {
      const command = killTask('n', { pid, ...it });
      return valueOf(readWith(command, await run(command)));
    };
    expect(await kill({ startTicks: startTicks + 1, comm: 'sleep' })).toBe('other');
    expect(await kill({ startTicks, comm: 'mount.nfs' })).toBe('other');
    expect(child.exitCode ?? child.signalCode).toBeNull();
    const ended = once(child, 'close');
    expect(await kill({ startTicks, comm: 'sleep' })).toBe('sent');
    const [, signal] = (await ended) as [unknown, string];
    expect(signal).toBe('SIGKILL');
    expect(await kill({ startTicks, comm: 'sleep' })).toBe('gone');
  });

  test.for([
    ['1', '5', 'init'],
    ['-1', '5', 'x'],
    ['0', '5', 'x'],
    ['12; kill 1', '5', 'x'],
    ['', '5', 'x'],
    ['12', 'x', 'x'],
    ['12', '5'],
  ])('kill-task.sh refuses %j', async (args) => {
    const command = {
      ...killTask('n', { pid: 2, startTicks: 1, comm: 'x' }),
      run: { kind: 'script', script: 'node/kill-task', args },
    } as const;
    const out = await run(command);
    expect(out.stdout).toBe('');
    expect(out.ending).toEqual({ how: 'exited', code: 64 });
    expect(whyOf(readWith(command, out)).says).toContain('usage: kill-task.sh');
  });

  test('remains.sh finds the processes and mounts of one pod', async () => {
    const root = files(folder(), {
      ...HEAD,
      'self/mountinfo': `${MOUNTS}\n`,
      ...thread(137, ZOMBIE, { cgroup: '0::/\n' }),
      ...thread(137, ZOMBIE.replace(/^137/, '140').replace(' Z ', ' D '), { cgroup: GROUP }),
      ...thread(200, ZOMBIE.replace(/^137 \(.*\) Z/, '200 (b\nc) S')),
      ...thread(201, ZOMBIE.replace(/^137 \(.*\) Z/, '201 (d) e) S'), {
        cgroup: `0::/kubepods/pod${UID}/x\n`,
      }),
    });
    const command = remains('n', UID);
    const out = await run(command, { SRE_PROC_ROOT: root });
    expect(out.stderr).toBe('');
    expect(valueOf(readWith(command, out))).toEqual({
      bootId: BOOT,
      root: process.getuid?.() === 0,
      processes: [
        { pid: 137, startTicks: 5782, state: 'Z', threads: 2, comm: 'weird) (na me' },
        { pid: 201, startTicks: 5782, state: 'S', threads: 2, comm: 'd) e' },
      ],
      mounts: [
        {
          path: `/var/lib/kubelet/pods/${UID}/volumes/kubernetes.io~csi/pvc-0b0b/mount`,
          fstype: 'nfs4',
          source: '192.168.1.127:/srv/nfs',
        },
      ],
    });
    const other = remains('n', '99999999-9999-4999-8999-999999999999');
    expect(valueOf(readWith(other, await run(other, { SRE_PROC_ROOT: root })))).toMatchObject({
      processes: [],
      mounts: [],
    });
    expect(valueOf(readWith(other, await run(other)))).toMatchObject({ processes: [], mounts: [] });
  });

  test.for(['', '1', '*', `${UID};ls`, UID.slice(0, 20)])(
    'remains.sh refuses the UID %j',
    async (uid) => {
      const command = remains('n', uid);
      expect((await run(command)).ending).toEqual({ how: 'exited', code: 64 });
    },
  );

  test('kubelet.sh says what it can on a machine without a kubelet', async () => {
    const command = kubelet('n');
    const out = await run(command);
    expect(out.stderr).toBe('');
    expect(valueOf(readWith(command, out)).processes.every((p) => p.comm === 'kubelet')).toBe(true);
    const root = files(folder(), {
      ...HEAD,
      ...thread(811, ZOMBIE.replace('137 (weird) (na me)', '811 (kubelet)')),
    });
    const zombie = valueOf(readWith(command, await run(command, { SRE_PROC_ROOT: root })));
    expect(zombie.processes).toEqual([
      { pid: 811, startTicks: 5782, state: 'Z', threads: 2, comm: 'kubelet' },
    ]);
  });
});

describe('reading', () => {
  const KUBELET = kubelet('n');
  const head = [
    ['boot', BOOT],
    ['uid', 0],
  ] as const;

  test.for([
    [
      ['unit', 'active', 'running', 811],
      ['healthz', 200, 0],
      { active: 'active', sub: 'running', mainPid: 811 },
      { is: 'status', status: 200 },
    ],
    [
      ['unit', 'deactivating', 'final-sigkill', 0],
      ['healthz', '000', 28],
      { active: 'deactivating', sub: 'final-sigkill' },
      { is: 'silent' },
    ],
    [['unit', '-', '-', '-'], ['healthz', '000', 7], undefined, { is: 'refused' }],
    [['unit', '-', '-', '-'], ['healthz', '000', 127], undefined, { is: 'unknown' }],
  ] as const)('%j %j', ([unit, healthz, is, health]) => {
    const it = valueOf(readWith(KUBELET, exited(records(...head, unit, healthz))));
    expect([it.unit, it.healthz]).toEqual([is, health]);
  });

  test('kill answers that are none', () => {
    const command = killTask('n', { pid: 5, startTicks: 6, comm: 'x' });
    const found = ['found', 5, 6, 'D', 'x'] as const;
    const read = (...lines: readonly (readonly (string | number)[])[]) =>
      readWith(command, exited(records(...lines)));
    expect(valueOf(read(found, ['failed', 'kill: No such process']))).toBe('gone');
    expect(whyOf(read(found, ['failed', 'kill: Operation not permitted'])).why).toBe('denied');
    expect(whyOf(read(found)).why).toBe('unparsable');
    expect(whyOf(read(['sent', 'KILL'])).why).toBe('unparsable');
    expect(whyOf(read()).why).toBe('unparsable');
  });

  test('remains and kubelets that are not understood', () => {
    const command = remains('n', UID);
    expect(whyOf(readWith(command, exited(records(...head, ['proc', 1, 2])))).why).toBe(
      'unparsable',
    );
    expect(whyOf(readWith(command, exited(records(...head, ['mount', 'x'])))).why).toBe(
      'unparsable',
    );
    expect(whyOf(readWith(command, exited(records(['uid', 0])))).why).toBe('unparsable');
    expect(whyOf(readWith(KUBELET, exited(records(...head)))).why).toBe('unparsable');
  });
});
