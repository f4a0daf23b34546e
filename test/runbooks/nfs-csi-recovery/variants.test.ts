import { describe, expect, test } from 'vitest';
import book from '../../../runbooks/nfs-csi-recovery/runbook.ts';
import type { Performer } from '../../../src/engine/ports.ts';
import type { Command, RawOutput } from '../../../src/runbook/command.ts';
import { changeNode } from '../../../src/lab/change.ts';
import { crashLooping, orphan } from '../../../src/lab/scenarios/csi-stage.ts';
import { addProcess, ago } from '../../../src/lab/scenarios/stage.ts';
import type { Process, World } from '../../../src/lab/world.ts';
import { rehearse } from '../rehearsal.ts';
import type { Departure } from '../rehearsal.ts';
import { expectPromises } from '../promises.ts';

/** Turns of the incident that no scenario of the lab has as its own: each is a scenario with one thing more. */

const SHORT = { soak: '2m' } as const;
const run = (id: string, departure: Departure = {}) =>
  rehearse(book, id, { set: SHORT, ...departure });

const failing = (stderr: string): RawOutput => ({
  ending: { how: 'exited', code: 1 },
  stdout: '',
  stderr,
  truncated: false,
});

const unreachable: RawOutput = {
  ending: { how: 'refused', why: 'unreachable', because: 'connect: no route to host' },
  stdout: '',
  stderr: '',
  truncated: false,
};

/** Answers some commands in the lab's place. */
const instead =
  (answer: (command: Command<unknown>) => RawOutput | undefined) =>
  (lab: Performer): Performer => ({
    perform: async (command, signal) => answer(command) ?? lab.perform(command, signal),
  });

const process = (more: Partial<Process>): Process => ({
  pid: 4242,
  ppid: 1,
  startTicks: 900,
  comm: 'node_exporter',
  threads: 4,
  ...more,
});

const everywhere = (world: World): World =>
  ['k8s-master', 'k8s-node1', 'k8s-node2', 'k8s-node4'].reduce<World>(
    (now, node) =>
      crashLooping(orphan(now, node, 'csi-node', { createdAt: ago(26 * 60) }), node, 'csi-node', {
        restarts: 20,
        lastAt: ago(2),
      }),
    world,
  );

describe('on no node the driver is registered', () => {
  test('it asks before it begins, and a careful operator stops', async () => {
    const it = await run('orphan-sandbox', { staged: everywhere });
    expect(it.end).toBe('left-alone');
    expect(it.finished).toMatchObject({ result: 'escalate', exitCode: 3 });
    expect(it.truth.mutations).toEqual([]);
  });

  test('whoever goes on repairs node by node, the only control plane last', async () => {
    const it = await run('orphan-sandbox', { staged: everywhere, prefer: ['go-on'] });
    expect(it.finished).toMatchObject({ result: 'resolved' });
    const mounted = it
      .of('step.concluded')
      .filter((e) => e.step === 'canary')
      .map((e) => /on (\S+) took/.exec(e.because)?.[1]);
    expect(mounted).toHaveLength(5);
    expect(mounted.at(-1)).toBe('k8s-master');
    expectPromises(it.events);
  });
});

describe('who holds the port', () => {
  test('a service of the host: it is named, and nothing is touched', async () => {
    const ports = [{ protocol: 'tcp' as const, address: '127.0.0.1', port: 29_653 }];
    const it = await run('port-free', {
      staged: (world) => addProcess(world, 'k8s-node1', process({ ports })),
    });
    expect(it.end).toBe('host-service');
    expect(it.of('step.concluded').find((e) => e.step === 'port')?.because).toContain(
      'node_exporter (pid 4242',
    );
    expect(it.truth.mutations).toEqual([]);
  });

  test('an orphan that crictl says nothing of: the kubelet is next, and clears it', async () => {
    const it = await run('orphan-sandbox', {
      through: instead(({ run: { kind }, id }) =>
        kind === 'script' && id === 'node.sandboxes' ? failing('crictl: no answer') : undefined,
      ),
    });
    expect(it.steps).not.toContain('stop-sandbox');
    expect(it.truth.mutations.map((m) => m.what)).toEqual(['restart-kubelet', 'delete-pod']);
    expect(it.finished).toMatchObject({ result: 'resolved' });
  });
});

const stopped = (world: World): World =>
  changeNode(world, 'k8s-node2', (it) => ({
    ...it,
    strays: it.strays.map((stray) => ({ ...stray, ready: false })),
  }));

describe('an orphan whose sandbox is stopped already while its process holds the port', () => {
  test('is removed, and then the kubelet clears what is left', async () => {
    const it = await run('undead-sandbox', { staged: stopped });
    expect(it.steps).not.toContain('stop-sandbox');
    expect(it.truth.mutations[0]).toMatchObject({ what: 'remove-sandbox' });
    expect(it.steps).toContain('kubelet-rung');
    expect(it.end).not.toBe('restless');
    expectPromises(it.events);
  });

  test('goes to the kubelet as well where its removal is declined', async () => {
    const it = await run('undead-sandbox', {
      staged: stopped,
      confirm: (_, times) => (times === 1 ? 'no' : undefined),
    });
    expect(it.steps.slice(it.steps.indexOf('remove-sandbox')).slice(0, 4)).toEqual([
      'remove-sandbox',
      'after-sandbox',
      'kubelet-rung',
      'restart-kubelet',
    ]);
    expect(it.truth.mutations.map((m) => m.what)).toEqual(['restart-kubelet', 'delete-pod']);
    expect(it.finished).toMatchObject({ result: 'resolved' });
  });
});

const blocked = (world: World): World =>
  addProcess(
    world,
    'k8s-node2',
    process({ comm: 'rsync', threads: 1, wchan: 'folio_wait_bit_common' }),
  );

describe('the rungs above', () => {
  test('beside a blocked task no kubelet is restarted: the node goes to kernel-nfs-reset', async () => {
    const it = await run('undead-sandbox', { staged: blocked });
    const rung = it.of('step.concluded').find((e) => e.step === 'kubelet-rung');
    expect(rung).toMatchObject({ outcome: 'refused' });
    expect(it.truth.mutations.some((m) => m.what === 'restart-kubelet')).toBe(false);
    expect(it.steps).toContain('reset-node');
    expectPromises(it.events);
  });

  test('a restart that did nothing is refuted, and never tried again by itself', async () => {
    const it = await run('undead-sandbox', {
      through: instead((command) =>
        command.id === 'node.restart-unit'
          ? { ...failing(''), ending: { how: 'exited', code: 0 }, stdout: 'exit\t0\nend\t1\n' }
          : undefined,
      ),
    });
    expect(it.of('effect.judged').filter((e) => e.step === 'restart-kubelet')).toMatchObject([
      { effect: 'refuted' },
    ]);
    expect(it.steps.filter((s) => s === 'restart-kubelet')).toHaveLength(1);
    expect(it.steps).toContain('reset-node');
    expect(it.truth.mutations.some((m) => m.what === 'delete-pod')).toBe(false);
    expect(it.finished.result).toBe('escalate');
    expect(it.finished.left.length).toBeGreaterThan(0);
  });

  test('on the way in of the operator nothing is touched', async () => {
    const it = await run('orphan-sandbox', {
      site: (site) => ({ ...site, accessPath: ['k8s-node3'] }),
    });
    expect(it.finished).toMatchObject({ result: 'unsafe', exitCode: 3 });
    expect(it.end).toBe('blocked');
    expect(it.truth.mutations).toEqual([]);
  });

  test('while another node is cordoned nothing is touched', async () => {
    const it = await run('orphan-sandbox', {
      staged: (world) => changeNode(world, 'k8s-node1', (n) => ({ ...n, unschedulable: true })),
    });
    expect(it.finished).toMatchObject({ result: 'unsafe' });
    expect(it.of('guard.judged').find((g) => g.verdict === 'fails')).toMatchObject({
      guard: 'one node at a time',
      because: expect.stringContaining('k8s-node1 is cordoned') as string,
    });
    expect(it.truth.mutations).toEqual([]);
  });
});

const cutOff = (node: string) =>
  instead((command) =>
    command.where.on === 'node' && command.where.node === node ? unreachable : undefined,
  );

interface CsiNodeObject {
  readonly metadata: { readonly name: string };
  readonly spec: { drivers: unknown };
}

/** Takes the drivers from one node of the API's answer, which is one CSINode or a list of them. */
function withoutDriver(stdout: string, node: string): string {
  const json = JSON.parse(stdout) as CsiNodeObject & { readonly items?: readonly CsiNodeObject[] };
  for (const it of json.items ?? [json]) if (it.metadata.name === node) it.spec.drivers = null;
  return JSON.stringify(json);
}

/** From the first mutation on, the API says of a node that the driver is not registered there. */
function fallsIll(node: string) {
  return (lab: Performer): Performer => {
    let touched = false;
    return {
      perform: async (command, signal) => {
        touched ||= command.does === 'mutates';
        const out = await lab.perform(command, signal);
        return touched && command.id.startsWith('kubectl.csi-node')
          ? { ...out, stdout: withoutDriver(out.stdout, node) }
          : out;
      },
    };
  };
}

describe('the control sample', () => {
  test('that falls ill during the run stops it: something breaks nodes faster than they are repaired', async () => {
    const it = await run('nfs-csi-recovery', { through: fallsIll('k8s-master') });
    expect(['blocked', 'control-lost']).toContain(it.end);
    expect(it.truth.mutations).toHaveLength(1);
    const because = it.of('step.concluded').at(-1)?.because;
    expect(because).toMatch(/k8s-master .*(fallen ill|not any more)/);
  });
});

describe('several sandboxes of orphans on one port', () => {
  test('are stopped one after the other, each with its own yes', async () => {
    const it = await run('orphan-sandbox', {
      staged: (world) =>
        orphan(world, 'k8s-node3', 'csi-node', {
          createdAt: ago(25 * 60),
          containers: ['liveness-probe'],
        }),
    });
    // By then its back-off may be over, and the pod comes up by itself: that is proven like a new one.
    expect(it.truth.mutations.map((m) => m.what).slice(0, 4)).toEqual([
      'stop-sandbox',
      'remove-sandbox',
      'stop-sandbox',
      'remove-sandbox',
    ]);
    expect(it.steps).toContain('canary');
    expect(it.finished).toMatchObject({ result: 'resolved' });
  });
});

describe('what cannot be seen', () => {
  test('a node that lets nobody in is not repaired', async () => {
    const it = await run('orphan-sandbox', { through: cutOff('k8s-node3') });
    expect(it.end).toBe('blind');
    expect(it.finished).toMatchObject({ result: 'escalate' });
    expect(it.truth.mutations).toEqual([]);
  });

  test('a server that only one node could ask is not taken for well', async () => {
    const it = await run('orphan-sandbox', {
      through: instead((command) =>
        command.where.on === 'node' && command.where.node !== 'k8s-node1' ? unreachable : undefined,
      ),
    });
    expect(it.end).toBe('server-unknown');
    expect(it.truth.mutations).toEqual([]);
  });

  test('an API server that is down, and one that does not let you in', async () => {
    const down = await run('orphan-sandbox', { staged: (world) => ({ ...world, api: 'down' }) });
    expect(down.end).toBe('no-api');
    const forbidden = failing(
      'Error from server (Forbidden): pods is forbidden: User "x" cannot list resource "pods" in API group "" in the namespace "nfs-csi"',
    );
    const denied = await run('orphan-sandbox', {
      through: instead((command) => (command.id === 'kubectl.pods' ? forbidden : undefined)),
    });
    expect(denied.end).toBe('no-rights');
  });

  test('events that nobody may read: nothing is concluded about who hangs', async () => {
    const it = await run('orphan-sandbox', {
      through: instead((command) =>
        command.id === 'kubectl.failed-mounts'
          ? failing('Error from server (Forbidden): x')
          : undefined,
      ),
    });
    expect(it.end).toBe('unclear');
    expect(it.truth.mutations).toEqual([]);
  });
});

describe('a test mount', () => {
  test('that hangs hands the node over before the next one is touched', async () => {
    const it = await run('orphan-sandbox', {
      through: instead((command) =>
        command.id === 'nfs.probe' &&
        command.where.on === 'node' &&
        command.where.node === 'k8s-node3'
          ? { ...failing(''), ending: { how: 'deadline' } }
          : undefined,
      ),
    });
    expect(it.end).toBe('unproven');
    expect(it.finished.left[0]).toMatch(/see whether a mount.nfs is left/);
  });

  test('that cannot be made for want of an export is no proof: the end says so', async () => {
    const it = await run('orphan-sandbox', {
      site: (site) => ({
        ...site,
        nfs: { server: site.nfs?.server ?? '', host: site.nfs?.host ?? '' },
      }),
    });
    expect(it.end).toBe('untried');
    expect(it.finished).toMatchObject({ result: 'escalate' });
    expect(it.finished.left[0]).toMatch(/nfs\.export/);
  });
});
