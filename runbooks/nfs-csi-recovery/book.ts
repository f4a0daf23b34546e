import { runbook } from '../../src/runbook/runbook.ts';
import { facts } from './facts.ts';
import { params } from './params.ts';

/** The head of the runbook; its chapters are in `steps/`. */
export const book = runbook({
  id: 'nfs-csi-recovery',
  title: 'Pods wait for NFS volumes: the CSI driver is not registered, its port is taken',
  version: 1,
  params,
  facts,
});

/** What makes a step of this runbook: each chapter is a function of it. */
export type MakeStep = Parameters<Parameters<typeof book.steps>[0]>[0];
