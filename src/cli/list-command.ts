import { catalogue } from '../../runbooks/catalogue.ts';

interface Titled {
  readonly id: string;
  readonly title: string;
}

/** Things with an id and a title, one per line. */
export function titled(things: readonly Titled[], json: boolean): string {
  if (json) return things.map(({ id, title }) => `${JSON.stringify({ id, title })}\n`).join('');
  const width = Math.max(...things.map(({ id }) => id.length));
  return things.map(({ id, title }) => `${id.padEnd(width)}  ${title}\n`).join('');
}

/** The runbooks, one per line. */
export const listCommand = (json: boolean): string => titled(catalogue, json);
