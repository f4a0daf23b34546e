import { driverOn } from '../rules/agents.ts';
import type { Node, World } from '../world.ts';
import { BLOCK_DRIVER, BLOCK_LIMIT } from './attachment.ts';

/** The drivers that a node's kubelet has registered (COMMANDS C.2). */

const NFS_DRIVER = 'nfs.csi.k8s.io';

/** A node's CSINode object; a node without any driver has none in it, not an empty list. */
export function csiNodeObject(world: World, node: Node): object {
  const drivers = [
    ...(driverOn(world, node.name)
      ? [{ name: NFS_DRIVER, nodeID: node.name, topologyKeys: null }]
      : []),
    ...(node.reportedBootId === node.bootId
      ? [
          {
            name: BLOCK_DRIVER,
            nodeID: node.name,
            topologyKeys: ['topology.kubernetes.io/region', 'topology.kubernetes.io/zone'],
            allocatable: { count: BLOCK_LIMIT },
          },
        ]
      : []),
  ];
  return {
    kind: 'CSINode',
    apiVersion: 'storage.k8s.io/v1',
    metadata: { name: node.name },
    spec: { drivers: drivers.length === 0 ? null : drivers },
  };
}
