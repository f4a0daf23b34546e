import { NFS_SERVER } from '../site.ts';
import { vaultLabels } from '../vault-pods.ts';
import type { Volume, World } from '../world.ts';
import { podReady } from './pod.ts';
import { stamp } from './when.ts';

/** What belongs to Vault's StatefulSet: the set, its claims and volumes, its services and budget (COMMANDS A.6). */

const CREATED = Date.UTC(2025, 1, 8);

/** The StatefulSet, with the template as it stands. */
export function statefulSetObject(world: World): object {
  const { fsGroup, fsGroupChangePolicy, generation } = world.template;
  const pods = world.pods.filter((pod) => pod.owner?.name === 'vault');
  return {
    kind: 'StatefulSet',
    apiVersion: 'apps/v1',
    metadata: {
      name: 'vault',
      namespace: 'vault',
      generation,
      creationTimestamp: stamp(CREATED),
      labels: { 'app.kubernetes.io/name': 'vault' },
    },
    spec: {
      replicas: 3,
      serviceName: 'vault-internal',
      podManagementPolicy: 'Parallel',
      updateStrategy: { type: 'OnDelete' },
      selector: { matchLabels: { 'app.kubernetes.io/name': 'vault', component: 'server' } },
      template: {
        metadata: { labels: vaultLabels('vault-0') },
        spec: {
          terminationGracePeriodSeconds: 10,
          securityContext: {
            runAsUser: 100,
            runAsGroup: 1000,
            runAsNonRoot: true,
            fsGroup,
            ...(fsGroupChangePolicy === undefined ? {} : { fsGroupChangePolicy }),
          },
        },
      },
    },
    status: {
      observedGeneration: generation,
      replicas: pods.length,
      readyReplicas: pods.filter((pod) => podReady(world, pod)).length,
    },
  };
}

const storageClass = (volume: Volume): string =>
  volume.backend === 'nfs' ? 'nfs-truenas' : 'proxmox-lvm';

/** A claim of the set's volume templates. */
export const claimObject = (volume: Volume): object => ({
  metadata: { name: volume.claim, namespace: volume.namespace, creationTimestamp: stamp(CREATED) },
  spec: {
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: '2Gi' } },
    storageClassName: storageClass(volume),
    volumeName: volume.name,
  },
  status: { phase: 'Bound', accessModes: ['ReadWriteOnce'], capacity: { storage: '2Gi' } },
});

/** The directory of an NFS volume on the server. */
export const directoryOf = (volume: Volume): string =>
  `${volume.namespace}-${volume.claim}-${volume.name}`;

/** The volume that a claim is bound to, on NFS or on a Proxmox disk (DOMAIN 1). */
export const volumeObject = (volume: Volume): object => ({
  metadata: { name: volume.name, creationTimestamp: stamp(CREATED) },
  spec: {
    accessModes: ['ReadWriteOnce'],
    capacity: { storage: '2Gi' },
    claimRef: { kind: 'PersistentVolumeClaim', namespace: volume.namespace, name: volume.claim },
    persistentVolumeReclaimPolicy: 'Retain',
    storageClassName: storageClass(volume),
    volumeMode: 'Filesystem',
    ...(volume.backend === 'nfs'
      ? {
          mountOptions: [
            `nfsvers=${volume.version ?? '4'}`,
            'soft',
            'timeo=30',
            'retrans=3',
            'actimeo=5',
          ],
          csi: {
            driver: 'nfs.csi.k8s.io',
            volumeHandle: `${NFS_SERVER}#srv/nfs#${directoryOf(volume)}##`,
            volumeAttributes: {
              server: NFS_SERVER,
              share: '/srv/nfs',
              subDir: directoryOf(volume),
            },
          },
        }
      : {
          csi: {
            driver: 'csi.proxmox.sinextra.dev',
            fsType: 'ext4',
            volumeHandle: `homelab/pve/local-lvm/vm-9999-${volume.name}`,
          },
        }),
  },
  status: { phase: 'Bound' },
});

/**
 * The slices of a service. `vault-active` follows the label that Vault itself wrote: a hung leader keeps its endpoint,
 * and readiness does not count (COMMANDS A.6).
 */
export function endpointSlices(world: World, service: string): readonly object[] {
  const behind = world.pods.filter(
    (pod) =>
      pod.owner?.name === 'vault' &&
      pod.ip !== undefined &&
      (service !== 'vault-active' || pod.labels['vault-active'] === 'true') &&
      (service !== 'vault-standby' || pod.labels['vault-active'] === 'false'),
  );
  if (!['vault', 'vault-active', 'vault-standby', 'vault-internal'].includes(service)) return [];
  return [
    {
      kind: 'EndpointSlice',
      apiVersion: 'discovery.k8s.io/v1',
      metadata: {
        name: `${service}-8kq2x`,
        namespace: 'vault',
        labels: { 'kubernetes.io/service-name': service },
      },
      addressType: 'IPv4',
      ports: [{ name: 'http', port: 8200, protocol: 'TCP' }],
      endpoints: behind.map((pod) => ({
        addresses: [pod.ip],
        conditions: {
          ready: true,
          serving: podReady(world, pod),
          terminating: pod.deletion !== undefined,
        },
        nodeName: pod.node,
        targetRef: { kind: 'Pod', namespace: 'vault', name: pod.name, uid: pod.uid },
      })),
    },
  ];
}
