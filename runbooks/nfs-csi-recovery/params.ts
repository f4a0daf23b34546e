import { z } from 'zod';
import { durationParam } from '../../src/runbook/duration-param.ts';

/** What an operator may set with `--set`. */
export const params = z.strictObject({
  /** How long everything must stay well before it counts as recovered (DESIGN: promise 10). */
  soak: durationParam('10m').describe('how long the driver and the mounts must stay well'),
});
export type Params = z.output<typeof params>;
