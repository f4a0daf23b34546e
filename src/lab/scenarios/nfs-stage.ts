import { between, uuid } from '../chance.ts';
import { changeNode } from '../change.ts';
import { BUILT, reference } from '../cluster.ts';
import { step } from '../step.ts';
import type { ClientFault, Node, NfsVersion, Pod, Process, Stuck, World } from '../world.ts';
import { plot } from './stage.ts';

/** How scenarios of the kernel's NFS client are staged (COMMANDS B.7; DOMAIN 2.3, 2.4). */

/** The cluster since 25 April: Vault on disks, other people's shares on NFS (DOMAIN, opening). */
export const sharesOnNfs = (scenario: string, seed: number, builtAt = BUILT): World =>
  reference({
    scenario,
    seed,
    fsGroupChangePolicy: 'OnRootMismatch',
    backend: 'block',
    shares: 'nfs',
    builtAt,
  });

/** The node of that name; a scenario that names another is a mistake in it. */
export function nodeNamed(world: World, name: string): Node {
  const node = world.nodes.find((it) => it.name === name);
  if (node === undefined) throw new Error(`the scenario ${world.scenario} has no node ${name}`);
  return node;
}

/** The first pod of an application. */
export function podOfApp(world: World, app: string): Pod {
  const pod = world.pods.find((it) => it.labels['app'] === app);
  if (pod === undefined) throw new Error(`the scenario ${world.scenario} has no pod of ${app}`);
  return pod;
}

/** Gives a node's client of one version a fault. */
export const ill = (
  world: World,
  node: string,
  fault: ClientFault,
  version: NfsVersion = '4.2',
): World => changeNode(world, node, (it) => ({ ...it, nfs: { ...it.nfs, [version]: fault } }));

const ticks = (node: Node, at: number): number =>
  Math.max(6_000, Math.floor((at - node.bootedAt) / 10));

function appProcess(world: World, node: Node, podUid: string, comm: string, at: number): Process {
  const pid = between(20_000, 900_000, world.seed, 'app', podUid);
  return {
    pid,
    ppid: pid - 31,
    startTicks: ticks(node, at),
    comm,
    podUid,
    threads: 9,
  };
}

/** The process of an application, as far as somebody may look at it. */
export function runsApp(world: World, app: string, comm: string, stuck?: Stuck): World {
  const pod = podOfApp(world, app);
  const process = appProcess(world, nodeNamed(world, pod.node), pod.uid, comm, pod.since);
  return changeNode(world, pod.node, (it) => ({
    ...it,
    processes: [...it.processes, { ...process, ...(stuck === undefined ? {} : { stuck }) }],
  }));
}

/** A thread of an application that waits for its share: SIGKILL would end it, and nobody may send that. */
export const waitsForShare = (world: World, app: string, comm: string): World =>
  runsApp(world, app, comm, {
    tid: between(900_001, 990_000, world.seed, 'thread', app),
    wchan: 'rpc_wait_bit_killable',
    until: { it: 'answered' },
  });

/** What a pod of an application left on its node when somebody forced it away with its share still mounted. */
export interface Forced {
  readonly app: string;
  readonly comm: string;
  readonly at: number;
}

/**
 * Forces a pod away: its object goes, its process becomes a zombie with a thread in D, its mount stays, and the node's
 * client is wedged until a reset (DOMAIN 2.4, 09:59). The next pod of that application comes to the same node.
 */
export function forcedAway(world: World, { app, comm, at }: Forced): World {
  const pod = podOfApp(world, app);
  const node = nodeNamed(world, pod.node);
  const process = appProcess(world, node, pod.uid, comm, pod.since);
  const dead: Process = {
    ...process,
    stuck: { tid: process.pid + 5, wchan: 'folio_wait_bit_common', until: { it: 'never' } },
    killAt: at,
  };
  const early = step(plot(world, { lands: { ...world.plot.lands, [app]: pod.node } }), at);
  const gone = { ...early, pods: early.pods.filter((it) => it.uid !== pod.uid) };
  const left = changeNode(gone, node.name, (it) => ({ ...it, processes: [...it.processes, dead] }));
  return ill(left, node.name, { is: 'wedged', since: at - 150_000, heals: { it: 'never' } });
}

/** The incident that most of these scenarios share: k8s-node2 after a forced delete of paperless. */
export const zombieOnNode2 = (world: World, at: number): World =>
  waitsForShare(
    forcedAway(world, { app: 'paperless-ngx', comm: 'python3', at }),
    'grafana',
    'grafana',
  );

/** The UID of a pod that is long gone. */
export const goneUid = (world: World, ...about: readonly string[]): string =>
  uuid(world.seed, 'gone', ...about);

/** Has what is mounted on a node mounted with another version: its shares ask for that one. */
export function withVersion(world: World, node: string, version: NfsVersion): World {
  const { mounts } = nodeNamed(world, node);
  const volumes = world.volumes.map((volume) =>
    volume.backend === 'nfs' && mounts.some((it) => it.volume === volume.name)
      ? { ...volume, version }
      : volume,
  );
  const isShare = (name: string): boolean =>
    volumes.some((it) => it.name === name && it.backend === 'nfs');
  return changeNode({ ...world, volumes }, node, (it) => ({
    ...it,
    mounts: it.mounts.map((mount) => (isShare(mount.volume) ? { ...mount, version } : mount)),
  }));
}

/** Adds the pod that backs up etcd to its share, on the control plane. */
export function backupOnMaster(world: World): World {
  const app = 'etcd-backup';
  const name = `${app}-29613120-7kq2d`;
  const claim = `${app}-data`;
  const volume = `pvc-${uuid(world.seed, 'pv', claim)}`;
  const pod: Pod = {
    uid: uuid(world.seed, 'pod', name),
    namespace: app,
    name,
    node: 'k8s-master',
    ip: '10.10.235.41',
    createdAt: world.at - 900_000,
    stage: 'running',
    since: world.at - 880_000,
    owner: { kind: 'Job', name: `${app}-29613120` },
    labels: { app },
    containers: [app],
    claims: [claim],
    restarts: 0,
  };
  const placed = {
    ...world,
    pods: [...world.pods, pod],
    volumes: [
      ...world.volumes,
      { namespace: app, claim, name: volume, backend: 'nfs' as const, slowToChown: false },
    ],
  };
  return changeNode(placed, 'k8s-master', (it) => ({
    ...it,
    mounts: [...it.mounts, { podUid: pod.uid, volume }],
  }));
}
