import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deadHolders, initiatesClient, killOrder } from '../../../src/tools/node/poisoner.ts';
import type { Task } from '../../../src/tools/node/tasks.ts';
import { waitChannel } from '../../../src/tools/node/wait-channel.ts';
import { counterexample } from '../counterexample.ts';
import { lab, LAB_03 } from './lab.ts';

const LAB_08 = 'node/lab-08-nfs-client-init-wait.txt';
const LAB_10 = 'nfs/lab-10-nfs-abandoned-mount-poison-all-versions.txt';

/** A recorded stack, by the words before it. */
function recorded(file: string, before: string): readonly string[] {
  const line = lab(file)
    .split('\n')
    .find((it) => it.includes(before) && it.includes(' :: '));
  const frames =
    line
      ?.split(' :: ')[1]
      ?.trim()
      .split(/ (?:\[<0>\] )?/) ?? [];
  if (frames.length === 0) throw new Error(`no stack after ${before} in ${file}`);
  return frames;
}

const blocked = (pid: number, wchan: string, more: Partial<Task> = {}): Task => ({
  pid,
  tid: pid,
  comm: 'mount.nfs',
  state: 'D',
  ppid: 1,
  threads: 1,
  startTicks: pid * 10,
  ageSeconds: 1000 - pid,
  wchan,
  ...waitChannel(wchan),
  ...more,
});

const POISONER = recorded(LAB_08, 'pid 137 (mount.nfs)');
const WAITER = recorded(LAB_08, 'pid 141 (mount.nfs)');

describe('the poisoner', () => {
  test('recorded: who sets the client up, and who waits behind it', () => {
    expect(POISONER.slice(0, 6)).toEqual([
      'rpc_wait_bit_killable',
      '__rpc_execute',
      'rpc_execute',
      'rpc_run_task',
      'nfs4_run_exchange_id',
      '_nfs4_proc_exchange_id',
    ]);
    const first = blocked(137, 'rpc_wait_bit_killable', { stack: POISONER });
    const second = blocked(141, 'nfs_wait_client_init_complete', { stack: WAITER });
    const third = blocked(142, 'nfs_wait_client_init_complete', {
      stack: recorded(LAB_10, '4.0 waiter'),
    });
    expect([first, second, third].map(initiatesClient)).toEqual([true, false, false]);
  });

  test('recorded: a mount whose client stands, and that waits for its root, is none', () => {
    const stack = recorded(LAB_03, 'left: pid=537');
    expect(stack).toContain('_nfs41_proc_secinfo_no_name.constprop.0');
    expect(initiatesClient(blocked(537, 'rpc_wait_bit_killable', { stack }))).toBe(false);
  });

  test('nothing is proven without a stack, and nothing of another program', () => {
    expect(initiatesClient(blocked(137, 'rpc_wait_bit_killable'))).toBe(false);
    const it = blocked(137, 'rpc_wait_bit_killable', { stack: POISONER });
    expect(initiatesClient({ ...it, comm: 'mount.nfs4' })).toBe(true);
    expect(initiatesClient({ ...it, comm: 'mount.nfsd' })).toBe(false);
    expect(initiatesClient({ ...it, comm: 'ls' })).toBe(false);
    expect(initiatesClient({ ...it, state: 'Z' })).toBe(false);
    // The mutex waiter has the same functions above it, and is not the one to kill (REALITY 4c).
    expect(initiatesClient({ ...it, wchan: 'nfs4_discover_server_trunking' })).toBe(false);
  });
});

describe('the order to kill', () => {
  test('the holder, then who waits behind it by age; no mutex waiter and no application', () => {
    const tasks = [
      blocked(900, 'nfs_wait_client_init_complete', { ageSeconds: 30 }),
      blocked(800, 'nfs_wait_client_init_complete', { ageSeconds: 300 }),
      blocked(502, 'nfs4_discover_server_trunking', { ageSeconds: 211 }),
      blocked(700, 'rpc_wait_bit_killable', { ageSeconds: 90 }),
      blocked(343, 'rpc_wait_bit_killable', { ageSeconds: 40, stack: POISONER }),
      blocked(650, 'rpc_wait_bit_killable', { comm: 'ls' }),
      blocked(964, 'rpc_wait_bit_killable', { comm: '10.99.0.10-mana' }),
      blocked(651, 'folio_wait_bit_common'),
      blocked(652, '-'),
    ];
    expect(killOrder(tasks).map(({ pid }) => pid)).toEqual([343, 700, 800, 900]);
  });

  test('of any tasks: only stuck mounts that SIGKILL ends, each once, none before the poisoner', () => {
    const task = fc
      .record({
        pid: fc.integer({ min: 2, max: 60 }),
        wchan: fc.constantFrom(
          'rpc_wait_bit_killable',
          'nfs_wait_client_init_complete',
          'nfs4_discover_server_trunking',
          'folio_wait_bit_common',
          'kernel_clone',
          '0',
        ),
        comm: fc.constantFrom('mount.nfs', 'mount.nfs4', 'vault', 'mount'),
        state: fc.constantFrom('D', 'Z'),
        stack: fc.constantFrom(undefined, POISONER, WAITER),
        ageSeconds: fc.nat({ max: 500 }),
      })
      .map(({ pid, wchan, stack, ...more }) =>
        blocked(pid, wchan, { ...more, ...(stack === undefined ? {} : { stack }) }),
      );
    const property = fc.property(fc.array(task, { maxLength: 12 }), (tasks) => {
      const order = killOrder(tasks);
      const last = order.findLastIndex(initiatesClient);
      return (
        order.every(
          (it) =>
            /^mount\.nfs4?$/.test(it.comm) &&
            it.state === 'D' &&
            it.killable === 'yes' &&
            tasks.includes(it),
        ) &&
        new Set(order).size === order.length &&
        order.slice(0, last + 1).every(initiatesClient) &&
        tasks.filter(initiatesClient).every((it) => order.includes(it))
      );
    });
    expect(counterexample(property, 300)).toBeUndefined();
  });
});

describe('dead and holding', () => {
  const leader = blocked(137, '0', { state: 'Z', comm: 'livenessprobe', threads: 2 });
  const thread = { ...blocked(137, 'folio_wait_bit_common', { threads: 2 }), tid: 141 };

  test('a zombie leader whose other thread is in D', () => {
    expect(deadHolders([leader, thread])).toEqual([{ leader, thread }]);
  });

  test('no zombie leader alone: its other threads may run, as after pthread_exit(3) of the main one', () => {
    expect(deadHolders([leader])).toEqual([]);
    expect(deadHolders([leader, { ...thread, pid: 138 }])).toEqual([]);
  });

  test('no zombie with one thread, and no thread in D under a leader that lives', () => {
    expect(deadHolders([{ ...leader, threads: 1 }, thread])).toEqual([]);
    expect(deadHolders([thread, blocked(139, 'folio_wait_bit_common', { threads: 2 })])).toEqual(
      [],
    );
  });
});
