import { z } from 'zod';
import { durationParam } from '../../src/runbook/duration-param.ts';

/** What an operator may set with `--set`. */
export const params = z.strictObject({
  /** How long Vault must stay well before it counts as recovered: the first 200 of 22 April lasted 15 min. */
  soak: durationParam('20m').describe(
    'how long Vault must stay well before it counts as recovered',
  ),
  /** How old a stuck mount.nfs must be before it may be killed. */
  patience: durationParam('120s').describe(
    'how old a stuck mount.nfs must be before it may be killed',
  ),
});
export type Params = z.output<typeof params>;
