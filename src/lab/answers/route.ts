import type { AnswerId } from '../marks/answers.ts';
import { failed, printed } from '../said.ts';
import type { Said } from '../said.ts';
import type { World } from '../world.ts';
import type { Kubectl } from './turn.ts';

/** What the routes of the simulated API server share. */

/** A read, taken apart: `parts` are what its pattern caught. */
export interface Asked {
  readonly world: World;
  readonly line: Kubectl;
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
}

/** A path, and what answers it. */
export type Route = readonly [RegExp, (asked: Asked) => Said];

/** An object as a body. */
export const json = (by: AnswerId, body: object): Said => printed(by, `${JSON.stringify(body)}\n`);

/** A list as a body. */
export const list = (
  by: AnswerId,
  kind: string,
  items: readonly object[],
  apiVersion = 'v1',
): Said =>
  json(by, {
    kind: `${kind}List`,
    apiVersion,
    metadata: { resourceVersion: '80412345' },
    items: items.map(untyped),
  });

/** What stands in a list does not say its type again. */
function untyped(item: object): object {
  const { kind: _, apiVersion: __, ...rest } = item as Readonly<Record<string, unknown>>;
  return rest;
}

/** kubectl's words for a 404; `kind` as the API calls it: `pods`, `daemonsets.apps`. */
export const notFound = (by: AnswerId, kind: string, name: string): Said =>
  failed(by, `Error from server (NotFound): ${kind} "${name}" not found`);

/** A label selector of equalities; the lab's tools send no other. */
export const matches = (
  labels: Readonly<Record<string, string>>,
  selector: string | null,
): boolean =>
  (selector ?? '')
    .split(',')
    .filter((term) => term !== '')
    .every((term) => {
      const [name = '', value = ''] = term.split(/==?/);
      return labels[name] === value;
    });
