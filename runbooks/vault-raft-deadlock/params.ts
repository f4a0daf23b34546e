import { z } from 'zod';
import { parseDuration } from '../../src/runbook/duration.ts';
import type { Duration } from '../../src/runbook/duration.ts';

const duration = (fallback: Duration) =>
  z
    .custom<Duration>(
      (it) => typeof it === 'string' && parseDuration(it) !== undefined,
      'expected a duration such as 90s or 20m',
    )
    .default(fallback);

/** What an operator may set with `--set`. */
export const params = z.strictObject({
  /** How long Vault must stay well before it counts as recovered: the first 200 of 22 April lasted 15 min. */
  soak: duration('20m').describe('how long Vault must stay well before it counts as recovered'),
  /** How old a stuck mount.nfs must be before it may be killed. */
  patience: duration('120s').describe('how old a stuck mount.nfs must be before it may be killed'),
});
export type Params = z.output<typeof params>;
