import { between } from '../chance.ts';
import { changeNode, changePod, emit } from '../change.ts';
import { mountsHang } from '../nfs-client.ts';
import type { Node, Pod, Process, Volume, World } from '../world.ts';
import type { Rule, Wanted } from './rule.ts';

/** Mounting, and the change of owner that may never end (DOMAIN 2.2 B7, 2.3; REALITY 4b, 4c). */

/** The volumes of a pod. */
export const volumesOf = (world: World, pod: Pod): readonly Volume[] =>
  world.volumes.filter(
    (volume) => volume.namespace === pod.namespace && pod.claims.includes(volume.claim),
  );

/** Whether any of a pod's volumes is on NFS. */
export const onNfs = (world: World, pod: Pod): boolean =>
  volumesOf(world, pod).some((volume) => volume.backend === 'nfs');

const nodeOf = (world: World, pod: Pod): Node | undefined =>
  world.nodes.find((node) => node.name === pod.node);

/** Kubelet walks every file unless the policy says that the root's owner is enough. */
const walks = (world: World, pod: Pod): boolean =>
  pod.fsGroup !== undefined &&
  pod.fsGroupChangePolicy !== 'OnRootMismatch' &&
  volumesOf(world, pod).some((volume) => volume.slowToChown);

const mounted =
  (uid: string) =>
  (world: World): World => {
    const pod = world.pods.find((it) => it.uid === uid);
    if (pod === undefined) return world;
    const placed = changeNode(world, pod.node, (node) => ({
      ...node,
      processes: node.processes.filter((process) => process.mountsFor !== uid),
      mounts: [
        ...node.mounts,
        ...volumesOf(world, pod).map((volume) => ({ podUid: uid, volume: volume.name })),
      ],
    }));
    return changePod(placed, uid, (it) => ({
      ...it,
      stage: walks(world, pod) ? 'chowning' : 'starting',
      since: world.at,
    }));
  };

/** A `mount.nfs` that waits for ever, in the cgroup of the node's CSI pod that started it. */
export function stuckMount(world: World, node: Node, mountsFor: string): Process {
  const csi = world.pods.find(
    (pod) => pod.node === node.name && pod.labels['app'] === 'csi-nfs-node',
  );
  const waits = node.processes.some((process) => process.comm === 'mount.nfs');
  const pid = between(900_000, 4_000_000, world.seed, 'mount.nfs', node.name, mountsFor, world.at);
  return {
    pid,
    ppid: pid - 1,
    startTicks: Math.floor((world.at - node.bootedAt) / 10),
    comm: 'mount.nfs',
    ...(csi === undefined ? {} : { podUid: csi.uid }),
    mountsFor,
    threads: 1,
    wchan: waits ? 'nfs_wait_client_init_complete' : 'rpc_wait_bit_killable',
  };
}

const hang =
  (uid: string) =>
  (world: World): World => {
    const pod = world.pods.find((it) => it.uid === uid);
    if (pod === undefined) return world;
    return changeNode(world, pod.node, (node) => ({
      ...node,
      processes: [...node.processes, stuckMount(world, node, uid)],
    }));
  };

const failMount =
  (uid: string) =>
  (world: World): World => {
    const pod = world.pods.find((it) => it.uid === uid);
    const volume = pod === undefined ? undefined : volumesOf(world, pod)[0];
    if (pod === undefined || volume === undefined) return world;
    const says = `MountVolume.SetUp failed for volume "${volume.name}" : rpc error: code = DeadlineExceeded desc = context deadline exceeded`;
    return emit(world, pod, 'Warning', 'FailedMount', says);
  };

function hangs(node: Node, pod: Pod): readonly Wanted[] {
  const waiting = node.processes.some((process) => process.mountsFor === pod.uid);
  return [
    ...(waiting
      ? []
      : [{ key: `mount-hangs:${pod.uid}`, after: [1_500, 6_000] as const, deed: hang(pod.uid) }]),
    { key: `mount-fails:${pod.uid}`, after: [120_000, 126_000], deed: failMount(pod.uid) },
  ];
}

/** The same block volume is still in use elsewhere: it is attached by force after six minutes (DOMAIN 2.2 B6). */
const elsewhere = (world: World, pod: Pod): boolean =>
  world.nodes.some((node) =>
    node.mounts.some(
      (mount) =>
        mount.podUid !== pod.uid &&
        volumesOf(world, pod).some(
          (volume) => volume.backend === 'block' && volume.name === mount.volume,
        ),
    ),
  );

/** Mounts what a scheduled pod needs; on a poisoned node a new NFS mount hangs. */
export const mounting: Rule = {
  wants: (world) =>
    world.pods
      .filter((pod) => pod.owner?.name === 'vault')
      .filter((pod) => pod.stage === 'mounting' && pod.deletion === undefined)
      .flatMap((pod): readonly Wanted[] => {
        const node = nodeOf(world, pod);
        if (node?.kubelet !== 'running') return [];
        if (onNfs(world, pod) && mountsHang(world, node)) return hangs(node, pod);
        const key = `mounted:${pod.uid}`;
        if (elsewhere(world, pod))
          return [{ key: `attach:${pod.uid}`, after: [360_000, 366_000], deed: mounted(pod.uid) }];
        return [
          {
            key,
            after: onNfs(world, pod) ? [1_500, 3_500] : [4_000, 9_000],
            deed: mounted(pod.uid),
          },
        ];
      }),
};

/** Three files a minute over an audit log of more than a gigabyte: it never ends (DOMAIN 2.2 B7). */
export const chowning: Rule = {
  wants: (world) =>
    world.pods
      .filter((pod) => pod.stage === 'chowning' && pod.deletion === undefined)
      .map((pod) => ({
        key: `chown:${pod.uid}`,
        after: [28_000, 32_000],
        deed: (now) => {
          const volume = volumesOf(now, pod).find((it) => it.slowToChown);
          const files = Math.floor((now.at - pod.since) / 20_000);
          const says = `Setting volume ownership for ${pod.uid}/volumes/kubernetes.io~csi/${volume?.name ?? ''}/mount, processed ${files} files.`;
          return emit(now, pod, 'Warning', 'VolumePermissionChangeInProgress', says);
        },
      })),
};
