import { runbook } from '../../src/runbook/runbook.ts';
import { facts } from './facts.ts';
import { params } from './params.ts';

/** The head of the runbook; its chapters are in `steps/`. */
export const book = runbook({
  id: 'vault-raft-deadlock',
  title: 'Vault does not answer: its raft leader hangs while TCP looks healthy',
  version: 2,
  params,
  facts,
});

/** What makes a step of this runbook: each chapter is a function of it. */
export type MakeStep = Parameters<Parameters<typeof book.steps>[0]>[0];
