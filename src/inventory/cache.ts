import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { sha256 } from '../journal/digest.ts';
import { diskError, isErrno } from '../journal/disk-error.ts';
import { writeDurably } from '../journal/durable-file.ts';
import type { Cluster, SiteNode } from '../runbook/site.ts';

/** The last good answer of a discovery. */
export interface LastKnownGood {
  /** ISO 8601, UTC. */
  readonly at: string;
  /** The digest of the inventory that was in force. */
  readonly inventory: string;
  readonly nodes: readonly SiteNode[];
}

/** What is kept of earlier discoveries: an answer, nothing, or something that cannot be used. */
export type Kept =
  | { readonly is: 'good'; readonly last: LastKnownGood }
  | { readonly is: 'absent' }
  | { readonly is: 'unusable'; readonly because: string };

const fileSchema = z.object({
  format: z.literal('sre-discovery'),
  version: z.literal(1),
  context: z.string(),
  at: z.iso.datetime(),
  inventory: z.string(),
  nodes: z
    .array(z.object({ name: z.string().min(1), address: z.union([z.ipv4(), z.ipv6()]) }))
    .min(1),
});

/** Any name becomes one file name: what a file system does not take is escaped, what is too long is shortened. */
function fileName(cluster: string): string {
  const name = encodeURIComponent(cluster.toWellFormed()).replaceAll('.', '%2E');
  return name.length <= 150 ? name : `${name.slice(0, 80)}-${sha256(cluster).slice(0, 16)}`;
}

/** Where the last good discovery of a cluster is kept. */
export const discoveryFile = (stateHome: string, { name }: Cluster): string =>
  join(stateHome, 'discovery', `${fileName(name)}.json`);

/** Keeps an answer, in place of an earlier one, for its owner alone. */
export async function keepDiscovery(
  stateHome: string,
  cluster: Cluster,
  last: LastKnownGood,
): Promise<void> {
  const path = discoveryFile(stateHome, cluster);
  const content = { format: 'sre-discovery', version: 1, context: cluster.context, ...last };
  try {
    await writeDurably(path, `${JSON.stringify(content, undefined, 2)}\n`);
  } catch (error) {
    throw diskError('keep the discovered nodes in', path, error);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The last good answer for a cluster. One that was given by another context is of another cluster, and not used. */
export async function keptDiscovery(stateHome: string, cluster: Cluster): Promise<Kept> {
  const path = discoveryFile(stateHome, cluster);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return { is: 'absent' };
    return { is: 'unusable', because: diskError('read', path, error).message };
  }
  const file = fileSchema.safeParse(parsed(text));
  if (!file.success) return { is: 'unusable', because: `${path} is not a discovery that sre kept` };
  const { context, at, inventory, nodes } = file.data;
  return context === cluster.context
    ? { is: 'good', last: { at, inventory, nodes } }
    : { is: 'unusable', because: `${path} was discovered through the context ${context}` };
}
