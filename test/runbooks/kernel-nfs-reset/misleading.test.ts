import { describe, expect, test } from 'vitest';
import book from '../../../runbooks/kernel-nfs-reset/runbook.ts';
import { deedsOf, rehearse } from '../rehearsal.ts';
import { edited, family, instead, nothing, printed, records, taskRecord } from './altered.ts';
import type { Through } from './altered.ts';

/** What looks like the incident and is not, or is over already: nothing may be broken for it. */

const run = (scenario: string, through: Through, set: Readonly<Record<string, string>> = {}) =>
  rehearse(book, scenario, { set: { soak: '1m', ...set }, through });

const NODE3 = { node: 'k8s-node3' };

const adds = (node: string, ...lines: readonly string[]): Through =>
  instead(family('node.tasks', node), async (ask) =>
    edited(await ask(), (old) => [...old, ...lines]),
  );

const mountSays = (...lines: readonly string[]) =>
  instead(family('nfs.probe'), async (ask, command) => {
    const out = await ask();
    if (/^busy/m.test(out.stdout)) return out;
    const version = command.run.kind === 'script' ? (command.run.args[2] ?? '') : '';
    return edited(out, (old) => [
      ...old.slice(0, 2),
      ...lines.map((line) => line.replace('VERSION', version)),
    ]);
  });

describe('a node that is well', () => {
  test.for([
    ['a program whose main thread has left', [taskRecord(5555, 5555, 'java', 'Z', 3)]],
    [
      'a dead program that waits for a local disk',
      [
        taskRecord(5555, 5555, 'java', 'Z', 2),
        taskRecord(5555, 5557, 'java', 'D', 2, 'folio_wait_bit_common'),
      ],
    ],
    [
      'a program that waits for a local disk',
      [taskRecord(5555, 5555, 'dd', 'D', 1, 'folio_wait_bit_common')],
    ],
    ['a zombie that nobody has reaped', [taskRecord(5555, 5555, 'sh', 'Z', 1)]],
  ] as const)('%s: nothing is done', async ([, lines]) => {
    const { truth, finished } = await run('nfs-healthy', adds('k8s-node3', ...lines));
    expect(truth.mutations).toEqual([]);
    expect(finished).toMatchObject({ result: 'not-this-incident' });
  });

  test.for([
    ['could not be asked for its health, for want of curl', 'healthz\t000\t127'],
    ['was slow once, and renews its lease', 'healthz\t000\t28'],
  ] as const)('whose kubelet %s: nothing is done', async ([, line]) => {
    const { truth } = await run(
      'nfs-healthy',
      instead(family('node.kubelet', 'k8s-node3'), async (ask) =>
        edited(await ask(), (old) => old.map((it) => (it.startsWith('healthz') ? line : it))),
      ),
      NODE3,
    );
    expect(truth.mutations).toEqual([]);
  });

  test('whose kubelet cannot be looked at: nothing is done', async () => {
    const { truth } = await run(
      'nfs-healthy',
      instead(family('node.kubelet', 'k8s-node3'), async () => nothing({ how: 'deadline' })),
      NODE3,
    );
    expect(truth.mutations).toEqual([]);
  });
});

describe('a kubelet that is silent while its node mounts', () => {
  test('beside an ordinary zombie is left to a person: no node is reset for its kubelet', async () => {
    const { end, truth } = await run(
      'kubelet-stale',
      adds('k8s-node3', taskRecord(5555, 5555, 'sh', 'Z', 1)),
    );
    expect(end).toBe('kubelet-by-hand');
    expect(truth.mutations).toEqual([]);
  });

  test('and answers again before the yes: the yes is void', async () => {
    let asked = false;
    const { truth, of } = await rehearse(book, 'kubelet-stale', {
      set: { soak: '1m' },
      confirm: () => {
        asked = true;
        return undefined;
      },
      through: instead(
        (command) => asked && family('node.kubelet', 'k8s-node3')(command),
        async (ask) =>
          edited(await ask(), (old) =>
            old.map((it) => (it.startsWith('healthz') ? 'healthz\t200\t0' : it)),
          ),
      ),
    });
    expect(of('confirmation.answered')[1]).toMatchObject({ answer: 'voided' });
    expect(truth.mutations).toEqual([]);
  });
});

describe('the server', () => {
  test.for(['stuck-mounts', 'kernel-nfs-reset', 'abandoned-mount'])(
    'that answers a NULL call and serves no mount resets nothing: %s',
    async (scenario) => {
      const { end, truth } = await run(
        scenario,
        mountSays('try\tVERSION\t137\t15.00', 'undone\tyes'),
      );
      expect(end).toBe('server');
      expect(truth.mutations).toEqual([]);
    },
  );

  test('that this node alone cannot reach is the path, whatever is stuck beside it', async () => {
    const { end, truth } = await run(
      'abandoned-mount',
      instead(family('nfs.answer', 'k8s-node4'), async () =>
        records(['tcp\terror\t0.00', 'null\tunknown\t0']),
      ),
    );
    expect(end).toBe('path');
    expect(truth.mutations).toEqual([]);
  });

  test('that nobody on the node can ask leaves it unclear', async () => {
    const { end, truth } = await run(
      'abandoned-mount',
      instead(family('nfs.answer', 'k8s-node4'), async () => nothing({ how: 'deadline' })),
    );
    expect(end).toBe('unclear');
    expect(truth.mutations).toEqual([]);
  });
});

describe('the ladder', () => {
  test('gives a wedged client its whole lease, whatever else is dead beside it', async () => {
    const { truth, finished } = await run(
      'wedge-heals',
      instead(family('node.tasks', 'k8s-node3'), async (ask) =>
        edited(await ask(), (old) => [
          ...old.filter((it) => !it.includes('apache2')),
          taskRecord(5555, 5555, 'sh', 'Z', 1),
        ]),
      ),
      NODE3,
    );
    expect(truth.mutations).toEqual([]);
    expect(finished).toMatchObject({ result: 'resolved' });
  });

  test('does not ask twice for a mount that outlives its SIGKILL: the next rung comes', async () => {
    const { of, steps } = await run(
      'abandoned-mount',
      instead(family('node.kill-task'), async (_, command) => {
        const [pid = '', start = '', comm = ''] =
          command.run.kind === 'script' ? command.run.args : [];
        return records([`found\t${pid}\t${start}\tD\t${comm}`, 'sent\tKILL']);
      }),
    );
    const targets = of('intent.written')
      .filter((e) => e.command === 'node.kill-task')
      .map((e) => e.target);
    expect(targets.length).toBeGreaterThan(0);
    expect(new Set(targets).size).toBe(targets.length);
    expect(steps).toContain('csi-pod');
  });

  test.for(['kubectl.csi-node', 'kubectl.pods'])(
    'calls a healed client healed where %s cannot be read, and climbs no further',
    async (id) => {
      let killed = false;
      const { truth } = await run(
        'abandoned-mount',
        instead(
          (command) => {
            if (command.id === 'node.kill-task') killed = true;
            return killed && command.id === id;
          },
          async () => nothing({ how: 'deadline' }),
        ),
      );
      expect(deedsOf(truth)).toEqual(['kill-task']);
    },
  );

  test('kills no process that a pod merely calls mount.nfs', async () => {
    const { truth } = await run(
      'nfs-healthy',
      adds('k8s-node3', taskRecord(5555, 5555, 'mount.nfs', 'D', 1, 'kernel_clone')),
    );
    expect(truth.mutations).toEqual([]);
  });
});

const healedFrom = (id: string): Through => {
  let healed = false;
  return instead(
    (command) => {
      if (command.id === id) healed = true;
      return healed;
    },
    async (ask, command) => {
      const out = await ask();
      if (family('node.tasks', 'k8s-node2')(command))
        return edited(out, (old) => old.filter((it) => !/^(task|stack)\t/.test(it)));
      if (family('nfs.probe', 'k8s-node2')(command))
        return edited(out, (old) => [
          ...old.slice(0, 2),
          'try\tdefault\t0\t0.30',
          'vers\t4.2',
          'undone\tyes',
        ]);
      return command.id === 'kubectl.failed-mounts' ? printed('{"items":[]}') : out;
    },
  );
};

describe('a node that heals on the way to its reset', () => {
  test.for(['kubectl.cordon', 'kubectl.evict-pod'])(
    'after %s is not reset, and is uncordoned again',
    async (id) => {
      const { truth, finished } = await run('kernel-nfs-reset', healedFrom(id));
      expect(truth.resets).toEqual({});
      expect(truth.cordoned).toEqual([]);
      expect(deedsOf(truth).at(-1)).toBe('uncordon');
      expect(finished).toMatchObject({ result: 'resolved' });
    },
  );
});

test('a node that the API shows with another boot is not stopped, though nobody gets in there', async () => {
  let reset = false;
  const { end, truth } = await run(
    'kernel-nfs-reset',
    instead(
      (command) => {
        if (command.id === 'pve.reset') reset = true;
        return reset && command.where.on === 'node' && command.where.node === 'k8s-node2';
      },
      async () => nothing({ how: 'lost', because: 'the host key of 10.0.20.102 has changed' }),
    ),
  );
  expect(end).toBe('in-the-dark');
  expect(truth.mutations.map((it) => it.what)).not.toContain('stop-vm');
});

test('a mount that hangs again within the soak is seen at its end', async () => {
  let opened = false;
  const { end } = await run(
    'kernel-nfs-reset',
    instead(
      (command) => {
        if (command.id === 'kubectl.uncordon') opened = true;
        return opened && family('nfs.probe', 'k8s-node2')(command);
      },
      async (ask) =>
        edited(await ask(), (old) => [
          ...old.slice(0, 2),
          'try\tdefault\t137\t15.10',
          'undone\tyes',
        ]),
    ),
  );
  expect(end).toBe('regressed');
});

test('a VM of which QEMU tells nothing is not called stopped, running or paused', async () => {
  const { of, finished } = await run(
    'vm-paused',
    instead(
      (command, times) => command.id === 'pve.vm' && times > 3,
      async (ask) => {
        const out = await ask();
        return edited(out, (old) =>
          old.map((it) => (it.startsWith('status\tqmpstatus') ? 'status\tqmpstatus\tunknown' : it)),
        );
      },
    ),
  );
  expect(of('effect.judged').filter((e) => e.effect === 'refuted')).toEqual([]);
  expect(finished.result).not.toBe('resolved');
});
