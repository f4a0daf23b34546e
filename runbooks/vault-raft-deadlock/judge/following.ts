import type { Roll } from '../../../src/guards/voters.ts';

/** A voter that works by itself and does not follow: what the others had applied one look ago, it has not applied yet. */
export interface StandsStill {
  readonly name: string;
  readonly applied: number;
  /** What the furthest of the voters had applied one look earlier. */
  readonly furthest: number;
}

const appliedBy = (look: Pick<Roll, 'leader'>, name: string): number | undefined => {
  const word = look.leader[name];
  return word?.ok === true ? word.value.appliedIndex : undefined;
};

/**
 * The voters that do not follow, of two looks that are seconds apart: replication takes milliseconds, so who has not applied by
 * the later look what somebody had applied at the earlier one is cut off from the leader, whatever it answers itself. Nothing
 * is said of a voter that names no index.
 */
export function standStill(
  earlier: Pick<Roll, 'leader'>,
  later: Pick<Roll, 'leader'>,
  names: readonly string[],
): readonly StandsStill[] {
  const furthest = Math.max(0, ...names.map((name) => appliedBy(earlier, name) ?? 0));
  return names.flatMap((name) => {
    const applied = appliedBy(later, name);
    return applied !== undefined && applied < furthest ? [{ name, applied, furthest }] : [];
  });
}

/** `vault-2 does not follow: it has applied up to 48211, and 10 s before another had 48230`. */
export const sayStill = (all: readonly StandsStill[], seconds: number): string =>
  all
    .map(
      ({ name, applied, furthest }) =>
        `${name} does not follow: it has applied up to ${applied}, and ${seconds} s before another one had applied ${furthest}`,
    )
    .join('; ');
