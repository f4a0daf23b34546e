import { CHART_CSI, CHART_NETWORK } from '../runbook/site.ts';
import type { Site } from '../runbook/site.ts';
import type { World } from './world.ts';

/** The lab's inventory: the reference cluster of DOMAIN 1, with names of its own. */
export const siteOf = (world: World): Site => ({
  cluster: { name: 'homelab (lab)', context: 'lab' },
  nodes: world.nodes.map(({ name, address }) => ({ name, address })),
  hosts: [{ name: PVE, address: NFS_SERVER }],
  vault: {
    namespace: 'vault',
    statefulSet: 'vault',
    selector: 'app.kubernetes.io/name=vault,component=server',
    container: 'vault',
    scheme: 'http',
    port: 8200,
    activeService: 'vault-active',
    externalUrl: EXTERNAL_URL,
    snapshots: { host: PVE, directory: SNAPSHOTS },
    unseal: { by: 'sidecar', container: 'auto-unseal', secret: 'vault-unseal-key' },
    token: world.token,
  },
  nfs: { server: NFS_SERVER, host: PVE, export: '/srv/nfs' },
  csi: { ...CHART_CSI, namespace: 'nfs-csi' },
  network: CHART_NETWORK,
  speakers: { namespace: 'metallb-system', selector: 'component=speaker' },
  pve: {
    hosts: [PVE],
    vms: world.nodes.map(({ name }, i) => ({ node: name, vmid: 200 + i, name })),
  },
  maintenance: {
    kured: { namespace: 'kured', daemonSet: 'kured' },
    upgradeJobs: { namespace: 'k8s-upgrade' },
  },
  accessPath: [],
});

/** The only hypervisor and only NFS server. */
export const PVE = 'pve';

/** Its address. */
export const NFS_SERVER = '192.168.1.127';

/** What people outside call. */
export const EXTERNAL_URL = 'https://vault.example.net/v1/sys/health';

/** Where the weekly raft snapshots lie. */
export const SNAPSHOTS = '/srv/nfs/vault-backup';
