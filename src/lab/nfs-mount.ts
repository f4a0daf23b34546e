import { between } from './chance.ts';
import { blockedBy, clientOf, isNfs, versionOf } from './nfs-client.ts';
import type { Mount, NfsVersion, Node, World } from './world.ts';

/** What becomes of a new mount on a node: the rows of COMMANDS B.7, with the words and times of lab 00, 03 and 05. */

/** The outcome of one mount. */
export type Outcome =
  | { readonly is: 'mounted'; readonly version: NfsVersion; readonly ms: number }
  /** It does not come back by itself; which wait it is in. */
  | { readonly is: 'hung'; readonly version: NfsVersion; readonly on: 'queue' | 'answer' }
  | { readonly is: 'failed'; readonly says: string; readonly ms: number };

/** How the NFS server is, as seen from a node: its own way may be cut. */
export const serverFrom = (world: World, node: Node): World['nfsServer']['state'] =>
  node.pathDropped === true ? 'dropped' : world.nfsServer.state;

const UNSUPPORTED = 'mount.nfs: requested NFS version or transport protocol is not supported';

/** The time of one try, jittered: always the same for the same world. */
const took = (
  world: World,
  node: Node,
  version: NfsVersion,
  [low, high]: readonly [number, number],
) => between(low, high, world.seed, 'mount', node.name, version, world.at);

/** NFSv3 asks the portmapper first, and says the same of every server that is down (COMMANDS B.5). */
const V3_MS = {
  stopped: [1_380, 1_460],
  hung: [10_300, 10_480],
  dropped: [10_000, 10_400],
} as const;

function unreachable(world: World, node: Node, version: NfsVersion): Outcome {
  const state = serverFrom(world, node);
  const ms = (range: readonly [number, number]): number => took(world, node, version, range);
  const failed = (says: string, range: readonly [number, number]): Outcome => ({
    is: 'failed',
    says,
    ms: ms(range),
  });
  if (state === 'up') return failed('mount.nfs: mount system call failed', [900, 1_000]);
  if (version === '3') return failed(UNSUPPORTED, V3_MS[state]);
  const ready = clientOf(world, node, version).is === 'ready';
  switch (state) {
    case 'hung':
      // Through a client that is ready the first call after the mount waits, whatever the options say (lab 11).
      return ready
        ? { is: 'hung', version, on: 'answer' }
        : failed('mount.nfs: mount system call failed', [6_260, 6_760]);
    case 'stopped':
      return ready
        ? failed('mount.nfs: mount system call failed', [6_550, 6_650])
        : failed('mount.nfs: Connection refused', [1_400, 2_400]);
    case 'dropped':
      return ready
        ? { is: 'hung', version, on: 'answer' }
        : failed('mount.nfs: Connection timed out', [6_450, 6_550]);
  }
}

/** One mount with that version. */
export function mountWith(world: World, node: Node, version: NfsVersion): Outcome {
  const blocked = blockedBy(world, node, version);
  if (blocked !== undefined) {
    return { is: 'hung', version, on: blocked === 'wedged' ? 'answer' : 'queue' };
  }
  if (serverFrom(world, node) !== 'up') return unreachable(world, node, version);
  if (world.nfsServer.versions.includes(version)) {
    return { is: 'mounted', version, ms: took(world, node, version, [250, 960]) };
  }
  const says = version === '3' ? UNSUPPORTED : 'mount.nfs: Protocol not supported';
  return { is: 'failed', says, ms: took(world, node, version, [1_050, 1_150]) };
}

const NEGOTIATED: readonly NfsVersion[] = ['4.2', '4.1', '4.0', '3'];

/** A mount that names no version: the highest that the server speaks, asked for in turn. */
export function mountAny(world: World, node: Node): Outcome {
  const { versions } = world.nfsServer;
  const spoken = NEGOTIATED.find((version) => versions.includes(version)) ?? '4.2';
  return mountWith(world, node, serverFrom(world, node) === 'up' ? spoken : '4.2');
}

/** Whether the mount of a volume can be taken down: an unmount waits for its client like everything else (lab 04). */
export const comesOff = (world: World, node: Node, mount: Mount): boolean =>
  !isNfs(world, mount.volume) ||
  (node.nfs[versionOf(mount)]?.is !== 'wedged' && serverFrom(world, node) === 'up');
