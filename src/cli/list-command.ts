import { catalogue } from '../../runbooks/catalogue.ts';

interface Titled {
  readonly id: string;
  readonly title: string;
}

/** Things with an id and a title, one per line. */
function titled(things: readonly Titled[], json: boolean): string {
  if (json) return things.map(({ id, title }) => `${JSON.stringify({ id, title })}\n`).join('');
  const width = Math.max(...things.map(({ id }) => id.length));
  return things.map(({ id, title }) => `${id.padEnd(width)}  ${title}\n`).join('');
}

/** The runbooks, one per line. */
export const listCommand = (json: boolean): string => titled(catalogue, json);

interface Incident extends Titled {
  readonly runbook: string;
}

/** The incidents of the lab, under the runbook that each is for. */
export function incidents(all: readonly Incident[], json: boolean): string {
  if (json)
    return all
      .map(({ id, title, runbook }) => `${JSON.stringify({ id, title, runbook })}\n`)
      .join('');
  const width = Math.max(...all.map(({ id }) => id.length));
  return [...Map.groupBy(all, ({ runbook }) => runbook)]
    .map(([runbook, mine]) => {
      const lines = mine.map(({ id, title }) => `  ${id.padEnd(width)}  ${title}\n`);
      return `${runbook}\n${lines.join('')}`;
    })
    .join('\n');
}
