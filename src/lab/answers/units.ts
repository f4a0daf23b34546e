import { changeNode, note } from '../change.ts';
import { between } from '../chance.ts';
import { restartKubelet } from '../rules/kubelet.ts';
import type { Node, World } from '../world.ts';
import { head, records } from './records.ts';
import type { Records, Script } from './records.ts';

/** A node's services: kubelet and containerd (COMMANDS B.3, C.4). */

/** What systemd shows of the kubelet, by how it is. */
const KUBELET = {
  running: ['active', 'running'],
  hung: ['active', 'running'],
  zombie: ['deactivating', 'final-sigkill'],
  down: ['activating', 'auto-restart'],
} as const;

/** What curl says of the health endpoint: the status it got, and its exit code. A zombie still listens. */
const HEALTHZ = {
  running: ['200', 0],
  hung: ['000', 28],
  zombie: ['000', 28],
  down: ['000', 7],
} as const;

const mainPid = (node: Node): number => (node.kubelet === 'down' ? 0 : node.kubeletPid);

function processRecord(node: Node): Records {
  if (node.kubelet === 'down') return [];
  const dead = node.kubelet === 'zombie';
  const [state, threads] = dead ? ['Z', 2] : ['S', 18];
  return [['proc', node.kubeletPid, node.kubeletStart, state ?? '', threads ?? 0, 'kubelet']];
}

/** Answers `node/kubelet`: silence costs the three seconds that the script waits. */
export const kubelet: Script = (_, node) =>
  records(
    `node/kubelet-${node.kubelet}`,
    [
      ...head(node),
      ['unit', ...KUBELET[node.kubelet], mainPid(node)],
      ['healthz', ...HEALTHZ[node.kubelet]],
      ...processRecord(node),
    ],
    HEALTHZ[node.kubelet][1] === 28 ? 3_000 : 0,
  );

const clock = (world: World, node: Node): readonly [string, number, string] => [
  'clock',
  Math.floor(world.at / 1000),
  ((world.at - node.bootedAt) / 1000).toFixed(2),
];

/** Answers `node/unit NAME`. */
export const unit: Script = (world, node, [name = '']) => {
  if (name === 'kubelet') {
    const started = node.kubelet === 'down' ? 0 : node.kubeletStart * 10_000;
    const state = KUBELET[node.kubelet];
    return records('node/unit', [
      ...head(node),
      ['unit', name, ...state, mainPid(node), started],
      clock(world, node),
    ]);
  }
  return records('node/unit', [
    ...head(node),
    ['unit', name, 'active', 'running', node.containerdPid, node.containerdStart * 10_000],
    clock(world, node),
  ]);
};

const restartContainerd = (world: World, name: string): World =>
  changeNode(world, name, (node) => ({
    ...node,
    containerdPid: between(2_500, 9_400, world.seed, 'containerd', name, world.at),
    containerdStart: Math.floor((world.at - node.bootedAt) / 10),
  }));

/** Answers `node/restart-unit NAME MAINPID`: systemd takes the order, whatever comes of it. */
export const restartUnit: Script = (world, node, [name = '', seen = '']) => {
  const now = name === 'kubelet' ? mainPid(node) : node.containerdPid;
  if (String(now) !== seen) return records('node/restart-other', [['other', now]]);
  const after =
    name === 'kubelet' ? restartKubelet(world, node.name) : restartContainerd(world, node.name);
  const what = name === 'kubelet' ? 'restart-kubelet' : 'restart-containerd';
  return { world: note(after, what, node.name), said: records('node/restarted', [['exit', 0]]) };
};
