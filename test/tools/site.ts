import { CHART_CSI, CHART_NETWORK } from '../../src/runbook/site.ts';
import type { Site } from '../../src/runbook/site.ts';

/** An inventory as the reference cluster might write it. */
export const SITE: Site = {
  cluster: { name: 'homelab', context: 'home' },
  nodes: [{ name: 'k8s-node3', address: '10.0.20.103' }],
  hosts: [{ name: 'pve', address: '192.168.1.127' }],
  vault: {
    namespace: 'vault',
    statefulSet: 'vault',
    selector: 'app.kubernetes.io/name=vault,component=server',
    container: 'vault',
    scheme: 'http',
    port: 8200,
    activeService: 'vault-active',
    externalUrl: 'https://vault.example.net/v1/sys/health',
    snapshots: { host: 'pve', directory: '/srv/nfs/vault-backup' },
    unseal: { by: 'hand' },
    token: true,
  },
  nfs: { server: '192.168.1.127', host: 'pve', export: '/srv/nfs' },
  csi: { ...CHART_CSI, namespace: 'nfs-csi' },
  network: CHART_NETWORK,
  speakers: { namespace: 'metallb-system', selector: 'component=speaker' },
  pve: { hosts: ['pve'], vms: [{ node: 'k8s-node3', vmid: 203, name: 'k8s-node3' }] },
  maintenance: {},
  accessPath: [],
};

export const { cluster: CLUSTER } = SITE;
export const UID = '11111111-1111-1111-1111-111111111111';
export const BOOT = '480d80e9-7844-4e34-aee8-2ecb16608eed';
