/** What the API server printed, read leniently: a report tells what there is and refuses nothing. */

type Plain = Readonly<Record<string, unknown>>;

/** The fields of an object; none of what is no object. */
export const record = (value: unknown): Plain =>
  typeof value === 'object' && value !== null ? (value as Plain) : {};

/** The objects of a list; none of what is no list. */
export const listIn = (value: unknown): readonly Plain[] =>
  Array.isArray(value) ? value.map(record) : [];

/** The objects of a list that was printed as JSON; none where something else was printed. */
export function itemsIn(stdout: string): readonly Plain[] {
  try {
    return listIn(record(JSON.parse(stdout))['items']);
  } catch {
    return [];
  }
}
