import { KUBERNETES } from './kubernetes.ts';
import { MACHINES } from './machines.ts';
import { assumed, type Behaviours } from './mark.ts';
import { PVE_HOST } from './pve.ts';
import { VAULT } from './vault.ts';

/** Everything that the lab can answer; what stands here is all that can be said (`../said.ts`). */
export const ANSWERS = {
  ...KUBERNETES,
  ...VAULT,
  ...MACHINES,
  ...PVE_HOST,
  'lab/unknown': assumed(
    'a command that the lab does not know',
    'it is never a made-up success',
    'exit code 127 of sh for a command that is not there',
  ),
} as const satisfies Behaviours;

/** An answer in a state of the world. */
export type AnswerId = keyof typeof ANSWERS;
