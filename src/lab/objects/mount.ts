import { NFS_SERVER } from '../site.ts';
import { versionOf } from '../nfs-client.ts';
import type { Mount, World } from '../world.ts';
import { directoryOf } from './vault-set.ts';

/** The device of a volume's superblock. The lab gives every volume one of its own. */
export const deviceOf = (world: World, volume: string): string =>
  `0:${
    61 +
    Math.max(
      0,
      world.volumes.findIndex((it) => it.name === volume),
    )
  }`;

/** A line of `/proc/self/mountinfo` for a pod's volume (COMMANDS B.4). */
export function mountLine(world: World, mount: Mount, i: number): string {
  const volume = world.volumes.find((it) => it.name === mount.volume);
  const path = `/var/lib/kubelet/pods/${mount.podUid}/volumes/kubernetes.io~csi/${mount.volume}/mount`;
  const id = 412 + 7 * i;
  if (volume?.backend !== 'nfs') {
    return `${id} 29 253:${4 + i} / ${path} rw,relatime shared:${id} - ext4 /dev/sd${'cdef'[i] ?? 'c'} rw,stripe=16`;
  }
  const options = `rw,vers=${versionOf(mount)},rsize=1048576,wsize=1048576,namlen=255,acregmin=5,acregmax=5,acdirmin=5,acdirmax=5,soft,proto=tcp,timeo=30,retrans=3,sec=sys,local_lock=none`;
  return `${id} 29 ${deviceOf(world, mount.volume)} / ${path} rw,relatime shared:${id} - nfs4 ${NFS_SERVER}:/srv/nfs/${directoryOf(volume)} ${options},addr=${NFS_SERVER}`;
}
