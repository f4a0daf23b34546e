import { hex } from '../chance.ts';
import type { Pod, Volume, World } from '../world.ts';
import { stamp } from './when.ts';

/** What the attach-detach controller knows: disks of the Proxmox CSI driver, plugged into the nodes' machines (DOMAIN 1). */

/** The driver of block volumes. */
export const BLOCK_DRIVER = 'csi.proxmox.sinextra.dev';

/** How many of its volumes a node takes (DOMAIN 1). */
export const BLOCK_LIMIT = 28;

const usesOf = (pod: Pod, { namespace, claim }: Volume): boolean =>
  pod.namespace === namespace && pod.claims.includes(claim) && pod.node !== '';

const attachment = (volume: Volume, node: string, attached: boolean): object => ({
  metadata: {
    name: `csi-${hex(64, 'attachment', volume.name, node)}`,
    creationTimestamp: stamp(Date.UTC(2026, 3, 1)),
  },
  spec: { attacher: BLOCK_DRIVER, nodeName: node, source: { persistentVolumeName: volume.name } },
  status: { attached },
});

/** One for each block volume and node: attached where it is mounted or its pod runs, wanted where its pod waits. */
export const attachments = (world: World): readonly object[] =>
  world.volumes
    .filter((volume) => volume.backend === 'block')
    .flatMap((volume) => {
      const mounted = world.nodes
        .filter((node) => node.mounts.some((it) => it.volume === volume.name))
        .map(({ name }) => name);
      const used = world.pods.filter((pod) => usesOf(pod, volume));
      const nodes = new Set([...mounted, ...used.map(({ node }) => node)]);
      return [...nodes].map((node) =>
        attachment(
          volume,
          node,
          mounted.includes(node) || used.some((it) => it.node === node && it.stage !== 'mounting'),
        ),
      );
    });
