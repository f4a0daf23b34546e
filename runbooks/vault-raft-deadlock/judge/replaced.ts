import type { PodRef } from '../../../src/runbook/references.ts';
import type { Victim } from '../facts.ts';

/** The voters as they are now: the replaced pod under its new UID. */
export const current = (pods: readonly PodRef[], replacement: PodRef): readonly PodRef[] =>
  pods.map((p) => (p.name === replacement.name ? replacement : p));

/** One of them as the next that is to be looked after. */
export const again = (
  pod: PodRef,
  state: Victim['state'],
  because: string,
  quorum: number,
): Victim => ({
  pod,
  role: 'voter',
  state,
  because,
  unproven: false,
  functionalWithout: quorum,
  quorum,
});
