import { agentOf } from '../agents.ts';
import { changeNode, changePod, emit } from '../change.ts';
import { USUAL } from '../nfs-client.ts';
import { mountWith } from '../nfs-mount.ts';
import type { Mount, Node, Pod, Volume, World } from '../world.ts';
import { driverOn } from './agents.ts';
import type { Rule, Span, Wanted } from './rule.ts';
import { stuckMount } from './stuck-mount.ts';

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

const mountOf = (podUid: string, { name, version }: Volume): Mount => ({
  podUid,
  volume: name,
  ...(version === undefined ? {} : { version }),
});

/** All volumes of a pod are mounted; its containers can start. */
export const mounted =
  (uid: string) =>
  (world: World): World => {
    const pod = world.pods.find((it) => it.uid === uid);
    if (pod === undefined) return world;
    const placed = changeNode(world, pod.node, (node) => ({
      ...node,
      processes: node.processes.filter((process) => process.mountsFor !== uid),
      mounts: [...node.mounts, ...volumesOf(world, pod).map((volume) => mountOf(uid, volume))],
    }));
    return changePod(placed, uid, (it) => ({
      ...it,
      stage: walks(world, pod) ? 'chowning' : 'starting',
      since: world.at,
    }));
  };

/** Where a mount of a pod's shares hangs, if it does, and with which version. */
function hangOf(world: World, node: Node, pod: Pod) {
  for (const { backend, version } of volumesOf(world, pod)) {
    const outcome = backend === 'nfs' ? mountWith(world, node, version ?? USUAL) : undefined;
    if (outcome?.is === 'hung') return outcome;
  }
  return undefined;
}

const hang =
  (uid: string) =>
  (world: World): World => {
    const pod = world.pods.find((it) => it.uid === uid);
    const node = pod === undefined ? undefined : nodeOf(world, pod);
    const found = pod === undefined || node === undefined ? undefined : hangOf(world, node, pod);
    if (node === undefined || found === undefined) return world;
    const stuck = stuckMount(world, node, uid, found.on, found.version);
    return changeNode(world, node.name, (it) => ({ ...it, processes: [...it.processes, stuck] }));
  };

const reports =
  (uid: string, why: string) =>
  (world: World): World => {
    const pod = world.pods.find((it) => it.uid === uid);
    const volume = pod === undefined ? undefined : volumesOf(world, pod)[0];
    if (pod === undefined || volume === undefined) return world;
    const message = `MountVolume.SetUp failed for volume "${volume.name}" : ${why}`;
    return emit(world, pod, 'Warning', 'FailedMount', message);
  };

/** Kubelet comes back at once at first, and every two minutes later (REALITY, DOMAIN 2.4: 2 min). */
const FRESH_MS = 60_000;
const backTo =
  (pod: Pod, fresh: Span, later: Span) =>
  (at: number): Span =>
    at - pod.since < FRESH_MS ? fresh : later;

function hangs(node: Node, pod: Pod): readonly Wanted[] {
  const waiting = node.processes.some((process) => process.mountsFor === pod.uid);
  const after = backTo(pod, [1_500, 6_000], [60_000, 122_000]);
  const late = reports(
    pod.uid,
    'rpc error: code = DeadlineExceeded desc = context deadline exceeded',
  );
  return [
    ...(waiting ? [] : [{ key: `mount-hangs:${pod.uid}` as const, after, deed: hang(pod.uid) }]),
    { key: `mount-fails:${pod.uid}`, after: [120_000, 126_000], deed: late },
  ];
}

/** What keeps a pod's shares from being mounted and lets kubelet know at once. */
function refusal(world: World, node: Node, pod: Pod): string | undefined {
  if (!driverOn(world, node.name)) {
    return 'kubernetes.io/csi: mounter.SetUpAt failed to get CSI client: driver name nfs.csi.k8s.io not found in the list of registered CSI drivers';
  }
  const outcome = mountWith(world, node, volumesOf(world, pod)[0]?.version ?? USUAL);
  return outcome.is === 'failed'
    ? `rpc error: code = Internal desc = mount failed: exit status 32\nMounting command: mount\nOutput: ${outcome.says}`
    : undefined;
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

/** What a pod waits for that has shares on NFS; `undefined`: nothing keeps them from being mounted. */
function hindered(world: World, node: Node, pod: Pod): readonly Wanted[] | undefined {
  const why = refusal(world, node, pod);
  if (why !== undefined) {
    const after = backTo(pod, [2_000, 20_000], [60_000, 122_000]);
    return [{ key: `mount-refused:${pod.uid}`, after, deed: reports(pod.uid, why) }];
  }
  return hangOf(world, node, pod) === undefined ? undefined : hangs(node, pod);
}

/** Mounts what a scheduled pod needs; where the node's NFS client or the server is ill, a new NFS mount hangs or fails. */
export const mounting: Rule = {
  wants: (world) =>
    world.pods
      .filter((pod) => agentOf(pod) === undefined && pod.laggard !== true)
      .filter((pod) => pod.stage === 'mounting' && pod.deletion === undefined)
      .flatMap((pod): readonly Wanted[] => {
        const node = nodeOf(world, pod);
        if (node?.kubelet !== 'running' || node.power !== 'on') return [];
        const ill = onNfs(world, pod) ? hindered(world, node, pod) : undefined;
        if (ill !== undefined) return ill;
        const key = `mounted:${pod.uid}` as const;
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
