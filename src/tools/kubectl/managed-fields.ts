import { z } from 'zod';

/** The part of an object's metadata in which the API server notes who set which field last, and when by its own clock. */
export const managedFields = z
  .array(z.object({ time: z.string().nullish(), fieldsV1: z.unknown().optional() }))
  .nullish();

/**
 * When a field was last set: ISO 8601, whole seconds, by the clock of the API server. What a kubelet writes into a field
 * is by the clock of its node, which may be hours off. `undefined` where the API server did not note it.
 */
export function setAt(
  noted: z.output<typeof managedFields>,
  ...path: readonly string[]
): string | undefined {
  const times = (noted ?? []).flatMap((it) =>
    it.time && owns(it.fieldsV1, path) ? [it.time] : [],
  );
  return times.toSorted().at(-1);
}

/** Whether the path is in a `fieldsV1`: nested objects whose keys are `f:` and the name of a field. */
function owns(fields: unknown, [first, ...rest]: readonly string[]): boolean {
  if (first === undefined) return true;
  if (typeof fields !== 'object' || fields === null) return false;
  const below = (fields as Readonly<Record<string, unknown>>)[`f:${first}`];
  return below !== undefined && owns(below, rest);
}
