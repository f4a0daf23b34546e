import { SreError } from '../runbook/sre-error.ts';
import { MINIMAL_INVENTORY } from './example.ts';

const indented = (text: string): string => text.replaceAll(/^(?=.)/gm, '  ');

/** The word for somebody who has no inventory yet: how to start without one, and how to write one. */
export const nothingFound = (looked: readonly string[]): SreError =>
  new SreError('inventory-missing', `there is no inventory: no ${looked.join(' and no ')}`, {
    source: 'operator',
    hint: `To see a runbook at work without one, in the simulated cluster:

  sre runbook vault-raft-deadlock --lab

To write one, save this as ${looked[0] ?? 'sre.yaml'} and go on from there:

${indented(MINIMAL_INVENTORY).trimEnd()}`,
  });
