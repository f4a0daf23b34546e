import { z } from 'zod';
import type { Command } from '../../runbook/command.ts';
import type { Cluster } from '../../runbook/site.ts';
import { getRaw, segment } from './kubectl.ts';
import { listOf } from './list.ts';

/** A PersistentVolumeClaim. */
export interface Claim {
  readonly namespace: string;
  readonly name: string;
  readonly storageClass?: string;
  /** The PersistentVolume it is bound to. */
  readonly volume?: string;
  /** `Pending`, `Bound`, `Lost`, or what a newer API says. */
  readonly phase: string;
}

/** A PersistentVolume, as far as the way to its data goes. */
export interface Volume {
  readonly name: string;
  /** The CSI driver; absent for in-tree volumes. */
  readonly driver?: string;
  /**
   * `nfs`: through the kernel's NFS client. `block`: another CSI driver. `unknown`: an in-tree volume, or a driver known
   * to be a network file system of another kind.
   */
  readonly backend: 'nfs' | 'block' | 'unknown';
  readonly nfsServer?: string;
  /** The exported path with the volume's own directory. */
  readonly nfsPath?: string;
  readonly mountOptions: readonly string[];
}

const claimSchema = z.object({
  metadata: z.object({ namespace: z.string().min(1), name: z.string().min(1) }),
  spec: z.object({ storageClassName: z.string().nullish(), volumeName: z.string().nullish() }),
  status: z.object({ phase: z.string() }),
});

function toClaim({ metadata, spec, status }: z.output<typeof claimSchema>): Claim {
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    ...(spec.storageClassName ? { storageClass: spec.storageClassName } : {}),
    ...(spec.volumeName ? { volume: spec.volumeName } : {}),
    phase: status.phase,
  };
}

const volumeSchema = z.object({
  metadata: z.object({ name: z.string().min(1) }),
  spec: z.object({
    mountOptions: z.array(z.string()).nullish(),
    nfs: z.object({ server: z.string(), path: z.string() }).nullish(),
    csi: z
      .object({
        driver: z.string(),
        volumeAttributes: z.record(z.string(), z.string()).nullish(),
      })
      .nullish(),
  }),
});

const OTHER_FILE_SYSTEM = /smb|cifs|cephfs|efs|lustre|gluster|weka|file\.csi/i;

function backendOf(driver: string): Volume['backend'] {
  if (/(?:^|[.-])nfs(?:[.-]|$)/i.test(driver)) return 'nfs';
  return OTHER_FILE_SYSTEM.test(driver) ? 'unknown' : 'block';
}

/** csi-driver-nfs names the export `share` and the directory in it `subDir` (csi:pkg/nfs/nfs.go). */
function nfsOf(
  attributes: Readonly<Record<string, string>>,
): Pick<Volume, 'nfsServer' | 'nfsPath'> {
  const { server, share, subDir, subdir } = attributes;
  const below = subDir ?? subdir ?? '';
  const path = below === '' ? share : `${(share ?? '').replace(/\/$/, '')}/${below}`;
  return {
    ...(server === undefined ? {} : { nfsServer: server }),
    ...(share === undefined || path === undefined ? {} : { nfsPath: path }),
  };
}

function toVolume({ metadata, spec }: z.output<typeof volumeSchema>): Volume {
  const common = { name: metadata.name, mountOptions: spec.mountOptions ?? [] };
  if (spec.nfs) {
    return { ...common, backend: 'nfs', nfsServer: spec.nfs.server, nfsPath: spec.nfs.path };
  }
  if (!spec.csi) return { ...common, backend: 'unknown' };
  const backend = backendOf(spec.csi.driver);
  return {
    ...common,
    driver: spec.csi.driver,
    backend,
    ...(backend === 'nfs' ? nfsOf(spec.csi.volumeAttributes ?? {}) : {}),
  };
}

/** The claims of a namespace. */
export function listClaims(cluster: Cluster, namespace: string): Command<readonly Claim[]> {
  return getRaw({
    cluster,
    id: 'kubectl.claims',
    about: `list the volume claims in ${namespace}`,
    path: `/api/v1/namespaces/${segment(namespace)}/persistentvolumeclaims`,
    read: (json) => listOf(json, 'a list of volume claims', claimSchema, toClaim),
  });
}

/** The claims of every namespace: which pods of a node have their data on NFS, and which on a disk. */
export function listAllClaims(cluster: Cluster): Command<readonly Claim[]> {
  return getRaw({
    cluster,
    id: 'kubectl.all-claims',
    about: 'list the volume claims of all namespaces',
    path: '/api/v1/persistentvolumeclaims',
    read: (json) => listOf(json, 'a list of volume claims', claimSchema, toClaim),
  });
}

/** All PersistentVolumes: which of them lie on NFS decides the branch of a runbook (DOMAIN, opening). */
export function listVolumes(cluster: Cluster): Command<readonly Volume[]> {
  return getRaw({
    cluster,
    id: 'kubectl.volumes',
    about: 'list the persistent volumes',
    path: '/api/v1/persistentvolumes',
    read: (json) => listOf(json, 'a list of volumes', volumeSchema, toVolume),
  });
}
