import { endedWell } from './ran.ts';
import type { Ran } from './ran.ts';

/** What the API server printed, read leniently: a report tells what there is and refuses nothing. */

type Plain = Readonly<Record<string, unknown>>;

/** The fields of an object; none of what is no object. */
export const record = (value: unknown): Plain =>
  typeof value === 'object' && value !== null ? (value as Plain) : {};

/** The objects of a list; none of what is no list. */
export const listIn = (value: unknown): readonly Plain[] =>
  Array.isArray(value) ? value.map(record) : [];

/** The objects of a list that was printed as JSON, whole; `undefined` where anything else was printed. */
export function itemsIn(it: Ran): readonly Plain[] | undefined {
  if (!endedWell(it) || it.truncated) return undefined;
  try {
    const { items } = record(JSON.parse(it.stdout));
    return Array.isArray(items) ? listIn(items) : undefined;
  } catch {
    return undefined;
  }
}
