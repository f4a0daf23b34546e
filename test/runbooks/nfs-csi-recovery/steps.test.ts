import { describe, expect, test } from 'vitest';
import book from '../../../runbooks/nfs-csi-recovery/runbook.ts';
import { NOWHERE } from '../../../src/runbook/symbolic.ts';
import type { Query, Seen } from '../../../src/runbook/observation.ts';
import type { Concluded, Waiting } from '../../../src/runbook/step.ts';
import {
  BOOT,
  holder,
  no,
  nobody,
  NOW,
  ok,
  owner,
  patient,
  pod,
  portLook,
  runtime,
  sandbox,
  unit,
} from './made.ts';

/** What single probes conclude from looks that no scenario of the lab has. */

/** Some looks at a probe, and the seconds at which they were taken; the last one decides. */
function concluded(
  id: string,
  facts: Readonly<Record<string, unknown>>,
  ...looks: readonly (readonly [seconds: number, seen: object])[]
): Concluded | Waiting {
  const step = book.steps[id];
  if (step?.kind !== 'probe') throw new Error(`'${id}' is no probe`);
  const samples = looks.map(([seconds, seen]) => ({
    since: NOW + seconds * 1000,
    at: NOW + seconds * 1000,
    seen: seen as Seen<Query>,
  }));
  const last = samples.at(-1);
  if (last === undefined) throw new Error('there is no look');
  const to = Object.fromEntries(
    Object.keys(step.next).map((outcome) => [
      outcome,
      (because: string, given = {}): Concluded => ({
        kind: 'concluded',
        outcome,
        because,
        facts: given,
      }),
    ]),
  );
  return step.conclude(last.seen, {
    run: 'run',
    visit: 1,
    params: {},
    site: NOWHERE,
    now: last.at,
    facts,
    to,
    wait: (because) => ({ kind: 'waiting', because }),
    samples,
  });
}

describe('the crash of a speaker whose one log cannot be read', () => {
  const speaker = { ...patient, kind: 'speaker', ports: [], contested: null, crashed: ['speaker'] };
  const unread = { pod: ok(pod({ name: 'speaker-n1' })), logs: { speaker: no('tail failed') } };
  const line = 'listen tcp 10.0.20.103:7946: bind: address already in use';
  const read = { ...unread, logs: { speaker: ok({ present: true, now: 0, lines: [line] }) } };

  test('is read again for 20 s before it counts as unsaid', () => {
    const facts = { patient: speaker };
    expect(concluded('crash', facts, [0, unread]).kind).toBe('waiting');
    expect(concluded('crash', facts, [0, unread], [10, unread]).kind).toBe('waiting');
    expect(concluded('crash', facts, [0, unread], [10, read])).toMatchObject({
      outcome: 'contested',
      facts: { contest: { ports: [7946] } },
    });
    expect(concluded('crash', facts, [0, unread], [10, unread], [20, unread])).toMatchObject({
      outcome: 'unsaid',
      facts: { contest: { ports: [] } },
    });
  });

  test('leaves no port to look at: that is unknown, and never free', () => {
    const contest = { ports: [], from: 'from its arguments' };
    expect(
      concluded('port', { patient: speaker, contest }, [0, { ...portLook(nobody), owners: {} }]),
    ).toMatchObject({
      outcome: 'unknown',
      because: expect.stringContaining('no port of csi-n1 is known') as string,
    });
  });
});

const orphaned = (ready: boolean) =>
  portLook(owner(holder({ podUid: 'dead-uid' })), { sandboxes: ok(runtime(sandbox({ ready }))) });

describe('an orphan that holds the port', () => {
  const contest = { ports: [29_653], from: 'named by its log' };
  const facts = { patient, contest };

  test('is stopped where its sandbox runs', () => {
    expect(concluded('port', facts, [0, orphaned(true)], [10, orphaned(true)])).toMatchObject({
      outcome: 'orphan',
    });
  });

  test('is only removed where its sandbox is stopped already: a second stop would never come to pass', () => {
    expect(concluded('port', facts, [0, orphaned(false)], [10, orphaned(false)])).toMatchObject({
      outcome: 'stopped',
      facts: { holder: { sandbox: { ready: false } } },
    });
    expect(concluded('port', facts, [0, orphaned(true)], [10, orphaned(false)]).kind).toBe(
      'waiting',
    );
    expect(book.steps['port']?.next['stopped']).toMatchObject({ to: 'remove-sandbox' });
  });
});

const beside = (pid: number) => ({
  scan: ok({
    bootId: BOOT,
    root: true,
    tasks: [{ pid, tid: pid, startTicks: 5, comm: 'mysqld', state: 'D', wchan: 'io' }],
  }),
  unit: unit(),
  kubelet: no('not asked'),
});

describe('whether the kubelet may be restarted', () => {
  test('is refused, which leads to a reset, only where the same thread is in D in two looks', () => {
    const facts = { patient };
    expect(concluded('kubelet-rung', facts, [0, beside(7)], [10, beside(8)]).kind).toBe('waiting');
    expect(
      concluded('kubelet-rung', facts, [0, beside(7)], [10, beside(8)], [20, beside(8)]),
    ).toMatchObject({ outcome: 'refused' });
  });
});

describe('when the time for a port to come free is over', () => {
  const facts = { patient, contest: { ports: [29_653], from: 'named by its log' } };
  const held = orphaned(true);
  const unseen = { ...held, owners: { 29653: no('no way in') } };

  test.for<readonly [string, object, object, string]>([
    ['held to the end', held, held, 'held'],
    ['free in two looks', portLook(nobody), portLook(nobody), 'free'],
    ['free in the last look alone', held, portLook(nobody), 'other'],
  ])('it is %s', ([, before, last, outcome]) => {
    expect(
      concluded('after-containerd', facts, [0, held], [110, before], [120, last]),
    ).toMatchObject({ outcome });
  });

  test('a last look that saw nothing is no proof that it is held, and no node is reset for it', () => {
    expect(concluded('after-containerd', facts, [0, held], [110, held], [120, unseen]).kind).toBe(
      'waiting',
    );
    for (const id of ['after-sandbox', 'after-kubelet', 'after-containerd']) {
      const step = book.steps[id];
      if (step?.kind !== 'probe') throw new Error(`'${id}' is no probe`);
      const ctx = { run: 'run', visit: 1, params: {}, site: NOWHERE, now: NOW, facts };
      expect(step.watch?.(ctx).late).toBe('unseen');
      expect(step.next['unseen']).toMatchObject({ to: 'port-unknown' });
    }
  });

  test('a restart without effect is followed by a look at the port, and not by a reset', () => {
    expect(book.steps['restart-kubelet']?.next['refuted']).toEqual({ to: 'after-kubelet' });
    expect(book.steps['restart-containerd']?.next['refuted']).toEqual({ to: 'after-containerd' });
  });
});
