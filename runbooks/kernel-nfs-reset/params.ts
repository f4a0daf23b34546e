import { z } from 'zod';
import { durationParam } from '../../src/runbook/duration-param.ts';

/** What an operator, or a calling runbook, may set. */
export const params = z.strictObject({
  /** The one node that is meant; left out, the runbook looks for those that are stuck. */
  node: z
    .string()
    .min(1)
    .optional()
    .describe('the one node that is meant; left out, all are looked at'),
  /** How long a repaired node must stay well before it counts as recovered (DESIGN: promise 10). */
  soak: durationParam('5m').describe('how long a repaired node must stay well'),
  /** How old a stuck mount.nfs must be before it may be killed (COMMANDS F). */
  patience: durationParam('120s').describe(
    'how old a stuck mount.nfs must be before it may be killed',
  ),
  /** How long a wedged client is given to reconnect: one lease of the server, 90 s by default (COMMANDS B.7, B.8). */
  lease: durationParam('90s').describe('how long a wedged client is given to heal by itself'),
  /** Nodes that the calling runbook had repaired before: another reset of one of them asks for a typed reason. */
  before: z
    .preprocess((it) => (typeof it === 'string' ? it.split(',') : it), z.array(z.string()))
    .default([])
    .describe('nodes that were repaired in this run before, separated by commas'),
  /** Set by a runbook that calls this one: it looks after the pods that are left itself. */
  called: z
    .preprocess((it) => (it === 'true' ? true : it === 'false' ? false : it), z.boolean())
    .default(false)
    .describe('set by a runbook that calls this one, and looks after the pods itself'),
});
export type Params = z.output<typeof params>;
