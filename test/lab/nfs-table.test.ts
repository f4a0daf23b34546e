import { describe, expect, test } from 'vitest';
import { poisoned, stuckMount } from '../../src/lab/rules/stuck-mount.ts';
import { goneUid, ill, nodeNamed } from '../../src/lab/scenarios/nfs-stage.ts';
import type { World } from '../../src/lab/world.ts';
import { askServer } from '../../src/tools/nfs/answer.ts';
import { nfsClients } from '../../src/tools/nfs/clients.ts';
import type { MountTry, NfsVersion } from '../../src/tools/nfs/probe.ts';
import { nfsServer } from '../../src/tools/nfs/server.ts';
import { nfsState } from '../../src/tools/node/nfs-state.ts';
import { tasks } from '../../src/tools/node/tasks.ts';
import type { Bench } from './bench.ts';
import { bare, benchOf, mountOn, NODE, serverWith, using } from './nfs-bench.ts';

/** COMMANDS B.7, row by row, through the parsers of the real commands. */

const VERSIONS = ['4.2', '4.1', '4.0', '3', 'default'] as const satisfies readonly NfsVersion[];

/** `0`, `137`, or the reason of a failure with its time in whole seconds. */
function cell(it: MountTry): string {
  switch (it.is) {
    case 'mounted':
      return it.seconds < 1 && it.undone ? '0' : `0 after ${it.seconds} s`;
    case 'hung':
      return it.left === undefined ? '137' : '137 and a survivor';
    case 'failed':
      return `${it.code} ${it.reason} ${Math.round(it.seconds)} s`;
    case 'busy':
    case 'locked':
      return it.is;
  }
}

async function row(on: Bench): Promise<readonly string[]> {
  const cells: string[] = [];
  for (const version of VERSIONS) {
    // oxlint-disable-next-line no-await-in-loop -- one test mount at a time
    cells.push(cell(await mountOn(on, version)));
    // oxlint-disable-next-line no-await-in-loop
    await on.sleep(2);
  }
  return cells;
}

const NEVER = { it: 'never' } as const;
const wedged = (world: World): World =>
  ill(world, NODE, { is: 'wedged', since: world.at - 200_000, heals: NEVER });

/** The set-up of a 4.2 client that never ends; the mount that holds it up is not there any more to be seen as busy. */
const poisonedBy = (world: World): World => ill(world, NODE, { is: 'initialising', by: 4_242 });

type Row = readonly [name: string, change: (world: World) => World, cells: readonly string[]];

const ROWS: readonly Row[] = [
  ['healthy', (world) => world, ['0', '0', '0', '0', '0']],
  ["W: the node's 4.2 client is wedged", wedged, ['137', '0', '0', '0', '137']],
  [
    'P: an abandoned mount poisons the set-up, no client is ready',
    (world) => poisonedBy(bare(world)),
    ['137', '137', '137', '137', '137'],
  ],
  [
    'P, and a 4.1 client is ready',
    (world) => poisonedBy(using(world, '4.1')),
    ['137', '0', '137', '137', '137'],
  ],
  [
    'the server hangs, the node has 4.2 mounts',
    (world) => serverWith(world, { state: 'hung' }),
    ['137', '32 no-reply 6 s', '32 no-reply 6 s', '32 other 10 s', '137'],
  ],
  [
    'the server hangs, the node has no mounts',
    (world) => serverWith(bare(world), { state: 'hung' }),
    ['32 no-reply 7 s', '32 no-reply 6 s', '32 no-reply 6 s', '32 other 10 s', '32 no-reply 7 s'],
  ],
  [
    'nfsd is stopped, the node has 4.2 mounts',
    (world) => serverWith(world, { state: 'stopped' }),
    ['32 no-reply 7 s', '32 refused 2 s', '32 refused 2 s', '32 other 1 s', '32 no-reply 7 s'],
  ],
  [
    'the way to the server is dropped, the node has 4.2 mounts',
    (world) => serverWith(world, { state: 'dropped' }),
    ['137', '32 timed-out 6 s', '32 timed-out 7 s', '32 other 10 s', '137'],
  ],
  [
    'the way to the server is dropped, the node has no mounts',
    (world) => serverWith(bare(world), { state: 'dropped' }),
    [
      '32 timed-out 6 s',
      '32 timed-out 6 s',
      '32 timed-out 7 s',
      '32 other 10 s',
      '32 timed-out 6 s',
    ],
  ],
  [
    '4.2 is off on the server: the default takes 4.1',
    (world) => serverWith(bare(world), { versions: ['4.1', '4.0', '3'] }),
    ['32 protocol 1 s', '0', '0', '0', '0'],
  ],
  [
    'nfsd was just started: mounts work in its grace period',
    (world) => serverWith(world, { startedAt: world.at - 5_000 }),
    ['0', '0', '0', '0', '0'],
  ],
];

/** Times are drawn between what was measured; only the whole second may differ from one world to the next. */
const roughly = (cells: readonly string[]): readonly string[] =>
  cells.map((it) => it.replace(/ ([67]) s$/, ' 6–7 s').replace(/ ([12]) s$/, ' 1–2 s'));

describe('a new mount', () => {
  test.each(ROWS)('%s', async (_, change, cells) => {
    expect(roughly(await row(benchOf(change)))).toEqual(roughly(cells));
  });

  test('of a version that was negotiated names it', async () => {
    const on = benchOf((world) => serverWith(bare(world), { versions: ['4.1', '4.0'] }));
    expect(await mountOn(on)).toMatchObject({ is: 'mounted', version: '4.1' });
    expect(await mountOn(on, '3')).toMatchObject({ is: 'failed', reason: 'other' });
  });

  test('that hangs takes its whole time, and leaves nothing behind', async () => {
    const on = benchOf(wedged);
    const began = on.lab.clock.now();
    expect(await mountOn(on)).toMatchObject({
      is: 'hung',
      seconds: expect.closeTo(15.18, 1) as number,
    });
    expect(on.lab.clock.now() - began).toBeGreaterThan(15_000);
    expect((await on.value(tasks(NODE))).tasks).toEqual([]);
  });

  test('is not tried beside a mount.nfs in D, which is the answer', async () => {
    const on = benchOf((world) => {
      const mount = stuckMount(world, nodeNamed(world, NODE), goneUid(world, 'x'), 'set-up');
      return poisoned(bare(world), NODE, mount);
    });
    expect(await mountOn(on, '4.1')).toMatchObject({
      is: 'busy',
      task: { comm: 'mount.nfs', wchan: 'rpc_wait_bit_killable' },
    });
  });

  test('is one at a time on a node', async () => {
    const on = benchOf(wedged);
    const both = await Promise.all([mountOn(on, '4.2'), mountOn(on)]);
    expect(both.map((it) => it.is).toSorted()).toEqual(['hung', 'locked']);
  });
});

describe('the server, asked from a node', () => {
  test.each([
    ['up', 'open', 'answers'],
    ['hung', 'open', 'silent'],
    ['stopped', 'refused', 'refused'],
    ['dropped', 'timeout', 'silent'],
  ] as const)('that is %s: TCP %s, RPC %s', async (state, tcp, rpc) => {
    const on = benchOf((world) => serverWith(world, { state }));
    expect(await on.value(askServer(NODE, on.lab.site.nfs?.server ?? ''))).toMatchObject({
      tcp,
      rpc,
    });
  });

  test('answers others where one node’s way is cut', async () => {
    const on = benchOf((world) => ({
      ...world,
      nodes: world.nodes.map((it) =>
        it.name === NODE ? { ...it, pathDropped: true as const } : it,
      ),
    }));
    const server = on.lab.site.nfs?.server ?? '';
    expect(await on.value(askServer(NODE, server))).toMatchObject({ rpc: 'silent' });
    expect(await on.value(askServer('k8s-node3', server))).toMatchObject({ rpc: 'answers' });
    expect(await mountOn(on, '4.1')).toMatchObject({ is: 'failed', reason: 'timed-out' });
    expect(await mountOn(on, '4.1', 'k8s-node3')).toMatchObject({ is: 'mounted' });
  });
});

const server = (on: Bench) => {
  const command = nfsServer(on.lab.site);
  if (command === undefined) throw new Error('the lab names no host of the NFS server');
  return on.value(command);
};

const clients = (on: Bench) => {
  const command = nfsClients(on.lab.site);
  if (command === undefined) throw new Error('the lab names no host of the NFS server');
  return on.value(command);
};

/** One of the node's shares is mounted with 4.1. */
const mixed = (world: World): World => {
  const [first] = nodeNamed(world, NODE).mounts.filter((mount) =>
    world.volumes.some((it) => it.name === mount.volume && it.backend === 'nfs'),
  );
  return {
    ...world,
    nodes: world.nodes.map((it) =>
      it.name === NODE
        ? {
            ...it,
            mounts: it.mounts.map((mount) =>
              mount === first ? { ...mount, version: '4.1' as const } : mount,
            ),
          }
        : it,
    ),
  };
};

describe('the server, on its own host', () => {
  test('tells its threads, its lease, and that its grace is over', async () => {
    expect(await server(benchOf())).toMatchObject({
      threads: 16,
      leaseSeconds: 90,
      graceSeconds: 90,
      inGrace: false,
      cpus: 44,
      fsidZero: false,
    });
  });

  test('is in grace for 90 s after a start', async () => {
    const on = benchOf((world) => serverWith(world, { startedAt: world.at - 5_000 }));
    expect((await server(on)).inGrace).toBe(true);
    await on.sleep(90);
    expect((await server(on)).inGrace).toBe(false);
  });

  test('stopped has no thread and no client', async () => {
    const on = benchOf((world) => serverWith(world, { state: 'stopped' }));
    expect(await server(on)).toMatchObject({ threads: 0 });
    expect((await clients(on)).clients).toEqual([]);
  });

  test('has a wedged client as a courtesy, and that of another version fresh', async () => {
    const on = benchOf((world) => wedged(mixed(world)));
    const own = (await clients(on)).clients.filter((it) => it.hostname === NODE);
    expect(own.map((it) => [it.minor, it.status])).toEqual([
      [2, 'courtesy'],
      [1, 'confirmed'],
    ]);
    expect(own[0]?.secondsSinceRenew).toBeGreaterThan(180);
    expect(own[1]?.secondsSinceRenew).toBeLessThan(90);
  });
});

describe('the mounts of a node', () => {
  test('stand in its table with version, server and pod, and none is a ghost', async () => {
    const on = benchOf();
    const state = await on.value(nfsState(NODE));
    expect(state.mounts.length).toBeGreaterThan(1);
    expect(new Set(state.mounts.map((it) => it.version))).toEqual(new Set(['4.2']));
    expect(new Set(state.mounts.map((it) => it.server))).toEqual(
      new Set([on.lab.site.nfs?.server]),
    );
    expect(state.mounts.every((it) => it.podUid !== undefined)).toBe(true);
    expect(state.ghosts).toEqual([]);
  });
});
