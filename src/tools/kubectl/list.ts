import { z } from 'zod';
import type { Reading } from '../../runbook/command.ts';
import { value } from '../../runbook/command.ts';
import { readAs } from '../json.ts';
import { andThen } from '../reading.ts';

/** Reads a Kubernetes list (`items`, where `null` is an empty one) and turns each item into what the tool promises. */
export function listOf<S, T>(
  json: unknown,
  what: string,
  item: z.ZodType<S>,
  map: (it: S) => T,
): Reading<readonly T[]> {
  const schema = z.object({ items: z.array(item).nullable() });
  return andThen(readAs(json, what, schema), ({ items }) => value((items ?? []).map(map)));
}
