import { describe, expect, test } from 'vitest';
import book from '../../../runbooks/kernel-nfs-reset/runbook.ts';
import type { Command, Ending } from '../../../src/runbook/command.ts';
import { expectPromises, resetsIn } from '../promises.ts';
import { deedsOf, rehearse } from '../rehearsal.ts';
import { instead, nothing } from './altered.ts';
import type { Through } from './altered.ts';

/** What the far side may do to a run: hang, lie, break off, or do a thing and not say so. */

const isReset = ({ id }: Command<unknown>): boolean => id === 'pve.reset';

const run = (through: Through, scenario = 'kernel-nfs-reset') =>
  rehearse(book, scenario, { set: { soak: '1m' }, through });

const LOST: Ending = { how: 'lost', because: 'the connection broke' };

describe('a reset whose answer is lost', () => {
  test('and that happened is confirmed by the boot ID, and never sent again', async () => {
    const { finished, events, truth } = await run(
      instead(isReset, async (ask) => {
        await ask();
        return nothing(LOST);
      }),
    );
    expect(finished).toMatchObject({ result: 'resolved' });
    expect(resetsIn(events)).toHaveLength(1);
    expect(truth.resets).toEqual({ 'k8s-node2': 1 });
    expectPromises(events);
  });

  test('and that never happened is refuted, looked at, and asked for anew', async () => {
    const { finished, events, of } = await run(
      instead(
        (command, times) => isReset(command) && times === 1,
        async () => nothing({ how: 'deadline' }),
      ),
    );
    expect(finished).toMatchObject({ result: 'resolved' });
    expect(
      of('effect.judged')
        .filter((e) => e.step === 'reset')
        .map((e) => e.effect),
    ).toEqual(['refuted', 'confirmed']);
    expect(of('confirmation.asked').filter((e) => e.step === 'reset')).toHaveLength(2);
    expectPromises(events);
  });
});

test('a reset that never left, because the hypervisor is not reached, is not called refused by it', async () => {
  const { end, truth, finished } = await run(
    instead(
      ({ where }) => where.on === 'pve',
      async () => nothing({ how: 'refused', why: 'unreachable', because: 'no route to host' }),
    ),
  );
  expect(end).toBe('unknown-vm');
  expect(finished).toMatchObject({ result: 'escalate', exitCode: 3 });
  expect(truth.mutations).toEqual([]);
});

test('with the API gone after the reset nothing is confirmed: the operator is asked, and the run ends in doubt', async () => {
  let gone = false;
  const through = instead(
    (command) => {
      if (isReset(command)) gone = true;
      return gone && command.where.on === 'local';
    },
    async () => nothing({ how: 'deadline' }),
  );
  const { of, finished, truth } = await run(through);
  const judged = of('effect.judged').filter((e) => e.step === 'reset');
  expect(judged.length).toBeGreaterThan(0);
  expect(judged.every((e) => e.effect === 'unknown')).toBe(true);
  expect(finished.result).not.toBe('resolved');
  expect(finished.left).toContain('k8s-node2 is cordoned by this run');
  expect(truth.resets).toEqual({ 'k8s-node2': 1 });
});

test('a node that stops answering between the yes and the deed voids the yes', async () => {
  let asked = false;
  const { end, truth, of } = await rehearse(book, 'kernel-nfs-reset', {
    set: { soak: '1m' },
    confirm: (card) => {
      if (card.title.startsWith('Reset')) asked = true;
      return undefined;
    },
    through: instead(
      (command) => asked && command.where.on === 'node' && command.where.node === 'k8s-node2',
      async () => nothing({ how: 'deadline' }),
    ),
  });
  expect(end).toBe('blocked');
  expect(of('confirmation.answered').at(-1)).toMatchObject({ answer: 'voided' });
  expect(Object.keys(truth.resets)).toEqual([]);
});

describe('on no node anybody gets in', () => {
  test.for([
    ['denied', 'sudo: a password is required'],
    ['unreachable', 'the host key has CHANGED'],
  ] as const)('%s: nothing is concluded, and nothing is done', async ([why, because]) => {
    const { end, truth, finished } = await run(
      instead(
        ({ where }) => where.on === 'node',
        async () => nothing({ how: 'refused', why, because }),
      ),
    );
    expect(end).toBe('blind');
    expect(finished).toMatchObject({ result: 'escalate', exitCode: 3 });
    expect(truth.mutations).toEqual([]);
  });
});

describe('a hostile far side', () => {
  const HOSTILE = '\u001b]0;owned\u0007\u001b[2J$(reboot)\t;`id`';

  test('that renames a VM with escape sequences and shell words is not believed', async () => {
    const { truth, finished } = await run(
      instead(
        ({ id }) => id === 'pve.vm',
        async (ask) => {
          const out = await ask();
          return { ...out, stdout: out.stdout.replaceAll('k8s-node2', HOSTILE) };
        },
      ),
    );
    expect(finished.result).not.toBe('resolved');
    expect(truth.mutations).toEqual([]);
  });

  test('that names its stuck task like a command gets no signal sent elsewhere', async () => {
    const { truth, of } = await run(
      instead(
        ({ id }) => id === 'node.tasks',
        async (ask) => {
          const out = await ask();
          return { ...out, stdout: out.stdout.replaceAll('(mount.nfs)', '(mount.nfs $(reboot))') };
        },
      ),
      'abandoned-mount',
    );
    expect(truth.mutations.filter((it) => it.what === 'kill-task')).toEqual([]);
    expect(JSON.stringify(of('intent.written').map((e) => e.argv))).not.toContain('$(reboot)');
  });
});

test('what is evicted and does not go is told from what a budget blocks', async () => {
  const { of, truth } = await run(
    instead(
      ({ id }) => id === 'kubectl.evict-pod',
      async () => ({
        ending: { how: 'exited', code: 1 },
        stdout: '',
        stderr:
          "Error from server (TooManyRequests): Cannot evict pod as it would violate the pod's disruption budget.\n",
        truncated: false,
      }),
    ),
  );
  const judged = of('effect.judged').find((e) => e.step === 'evict');
  expect(judged).toMatchObject({ effect: 'refuted' });
  expect(judged?.because).toContain('not let go by a disruption budget');
  expect(deedsOf(truth)).toEqual(['cordon', 'reset-vm', 'uncordon']);
});
