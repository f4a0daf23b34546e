import { catalogue } from '../../runbooks/catalogue.ts';

/** The runbooks, one per line. */
export function listCommand(json: boolean): string {
  if (json) return catalogue.map(({ id, title }) => `${JSON.stringify({ id, title })}\n`).join('');
  const width = Math.max(...catalogue.map(({ id }) => id.length));
  return catalogue.map(({ id, title }) => `${id.padEnd(width)}  ${title}\n`).join('');
}
