import type { Runbook } from '../src/runbook/runbook.ts';

/** What is known of a runbook without loading it: listing them must not cost the start-up of what they are made of. */
export interface Entry {
  readonly id: string;
  readonly title: string;
  readonly load: () => Promise<Runbook>;
}

/** The runbooks that ship with sre; a test holds ids and titles equal to the runbooks' own. */
export const catalogue: readonly Entry[] = [
  {
    id: 'vault-raft-deadlock',
    title: 'Vault does not answer: its raft leader hangs while TCP looks healthy',
    load: async () => (await import('./vault-raft-deadlock/runbook.ts')).default,
  },
  {
    id: 'kernel-nfs-reset',
    title: 'New NFS mounts hang on a node: its kernel client is stuck, and may need a reset',
    load: async () => (await import('./kernel-nfs-reset/runbook.ts')).default,
  },
  {
    id: 'nfs-csi-recovery',
    title: 'Pods wait for NFS volumes: the CSI driver is not registered, its port is taken',
    load: async () => (await import('./nfs-csi-recovery/runbook.ts')).default,
  },
];
