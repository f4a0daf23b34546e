import { changeNode, changeProcess } from '../change.ts';
import { initiator, isNfs } from '../nfs-client.ts';
import { mountWith, serverFrom } from '../nfs-mount.ts';
import type { ClientFault, NfsVersion, Node, Process, World } from '../world.ts';
import { exit } from './ending.ts';
import type { Rule, Wanted } from './rule.ts';
import { wchanOf } from './stuck-mount.ts';
import { mounted } from './volumes.ts';

/** A node's kernel NFS clients as time goes on: who waits, who goes on, what heals (COMMANDS B.7; REALITY 4b, 4c, 4e). */

const VERSIONS: readonly NfsVersion[] = ['4.2', '4.1', '4.0', '3'];

/** Whether a `mount.nfs` of the node does not come back. */
const stuckMounts = (node: Node): readonly Process[] =>
  node.processes.filter((process) => process.mounting !== undefined);

/** Clears the faults of a node that `over` picks. */
const clear = (
  world: World,
  node: string,
  over: (fault: ClientFault, version: NfsVersion) => boolean,
): World =>
  changeNode(world, node, (it) => ({
    ...it,
    nfs: Object.fromEntries(
      VERSIONS.flatMap((version) => {
        const fault = it.nfs[version];
        return fault === undefined || over(fault, version) ? [] : [[version, fault]];
      }),
    ),
  }));

const answers = (world: World, node: Node): boolean =>
  node.nfs['4.2']?.is !== 'wedged' && serverFrom(world, node) === 'up';

const thawed = (process: Process): Process => {
  const { stuck: _, ...rest } = process;
  return rest;
};

/** The client is back: with it come the answers that threads of applications waited for. */
const healed = (world: World, name: string, version: NfsVersion): World =>
  changeNode(
    clear(world, name, (_, it) => it === version),
    name,
    (node) => ({
      ...node,
      processes: node.processes.map((it) =>
        it.stuck?.until.it === 'answered' && answers(world, node) ? thawed(it) : it,
      ),
    }),
  );

/** A wedged client heals at its time, or some seconds after nothing holds its dead connection any more. */
export const healing: Rule = {
  wants: (world) =>
    world.nodes.flatMap((node): readonly Wanted[] =>
      VERSIONS.flatMap((version): readonly Wanted[] => {
        const fault = node.nfs[version];
        if (node.power !== 'on' || fault?.is !== 'wedged') return [];
        const key = `nfs-heals:${node.name}:${version}` as const;
        const deed = (now: World): World => healed(now, node.name, version);
        const { heals } = fault;
        if (heals.it === 'at') return [{ key, at: heals.at, deed }];
        if (heals.it === 'never' || serverFrom(world, node) !== 'up') return [];
        const held = stuckMounts(node).some((it) => it.mounting?.version === version);
        return held ? [] : [{ key, after: [1_000, 5_000], deed }];
      }),
    ),
};

/** A mount that was let go on: through, failed, or stuck in the next place. */
const goOn =
  (node: string, pid: number) =>
  (world: World): World => {
    const host = world.nodes.find((it) => it.name === node);
    const process = host?.processes.find((it) => it.pid === pid);
    if (host === undefined || process?.mounting === undefined) return world;
    const { version } = process.mounting;
    const outcome = mountWith(world, host, version);
    if (process.killAt === undefined && outcome.is === 'hung') {
      return changeProcess(world, node, pid, (it) => ({
        ...it,
        wchan: wchanOf(outcome.on),
        mounting: { version, waitsFor: outcome.on },
      }));
    }
    const ended = exit(node, process)(world);
    const pod = ended.pods.find((it) => it.uid === process.mountsFor);
    const through = process.killAt === undefined && outcome.is === 'mounted';
    return through && pod?.stage === 'mounting' && pod.deletion === undefined
      ? mounted(pod.uid)(ended)
      : ended;
  };

function released(world: World, node: Node, process: Process): boolean {
  switch (process.mounting?.waitsFor) {
    case 'queue':
    case 'mutex':
      return initiator(node) === undefined;
    case 'answer':
      return mountWith(world, node, process.mounting.version).is !== 'hung';
    case 'set-up':
    case undefined:
      return false;
  }
}

/** Mounts that wait go on when what they wait for is over: within seconds behind a set-up, within a minute after a fault. */
export const waiting: Rule = {
  wants: (world) =>
    world.nodes.flatMap((node): readonly Wanted[] =>
      node.power !== 'on'
        ? []
        : stuckMounts(node)
            .filter((process) => released(world, node, process))
            .map((process) => ({
              key: `mount-goes-on:${node.name}:${process.pid}:${process.mounting?.waitsFor ?? ''}`,
              after:
                process.mounting?.waitsFor === 'answer'
                  ? ([2_000, 45_000] as const)
                  : ([300, 2_500] as const),
              deed: goOn(node.name, process.pid),
            })),
    ),
};

/** A thread of an application waits for its share from now on. */
const caught = (process: Process): Process => ({
  ...process,
  stuck: { tid: process.pid + 5, wchan: 'rpc_wait_bit_killable', until: { it: 'answered' } },
});

/** A node's 4.2 client wedges for good, and what uses its shares waits. */
function wedges(world: World, name: string): World {
  const onShares = (node: Node, process: Process): boolean =>
    process.stuck === undefined &&
    process.mounting === undefined &&
    node.mounts.some((it) => it.podUid === process.podUid && isNfs(world, it.volume));
  return changeNode(world, name, (node) => ({
    ...node,
    nfs: { ...node.nfs, '4.2': { is: 'wedged', since: world.at, heals: { it: 'never' } } },
    processes: node.processes.map((it) => (onShares(node, it) ? caught(it) : it)),
  }));
}

/** Clients that the plot breaks at their time. */
export const wedging: Rule = {
  wants: ({ plot }) =>
    (plot.wedges ?? []).map((it) => ({
      key: `wedges:${it.node}`,
      at: it.at,
      deed: (now) => ({
        ...wedges(now, it.node),
        plot: { ...now.plot, wedges: (now.plot.wedges ?? []).filter((other) => other !== it) },
      }),
    })),
};

/** Threads of applications that waited for the server's answer go on within a minute after it can come (REALITY 4e). */
export const thawing: Rule = {
  wants: (world) =>
    world.nodes.flatMap((node): readonly Wanted[] =>
      node.power !== 'on' || !answers(world, node)
        ? []
        : node.processes
            .filter((process) => process.stuck?.until.it === 'answered')
            .map(({ pid }) => ({
              key: `thaws:${node.name}:${pid}`,
              after: [2_000, 50_000] as const,
              deed: (now: World) => changeProcess(now, node.name, pid, thawed),
            })),
    ),
};

/** The server's fault is over at its time. */
export const lifting: Rule = {
  wants: ({ nfsServer }) =>
    nfsServer.state === 'up' || nfsServer.liftsAt === undefined
      ? []
      : [
          {
            key: 'nfs-server-lifts',
            at: nfsServer.liftsAt,
            deed: (now) => {
              const { liftsAt: _, ...rest } = now.nfsServer;
              const startedAt = rest.state === 'stopped' ? now.at : rest.startedAt;
              return { ...now, nfsServer: { ...rest, state: 'up', startedAt } };
            },
          },
        ],
};
