import { isIP } from 'node:net';
import type { Performer } from '../engine/ports.ts';
import { observe } from '../runbook/observation.ts';
import type { Site, SiteNode } from '../runbook/site.ts';
import { SreError } from '../runbook/sre-error.ts';
import { listNodes } from '../tools/kubectl/nodes.ts';
import type { Node } from '../tools/kubectl/nodes.ts';
import { discoveryFile, keepDiscovery, keptDiscovery } from './cache.ts';
import type { LastKnownGood } from './cache.ts';
import type { Inventory } from './inventory.ts';
import { nearest } from './nearest.ts';

/** The nodes of the cluster, and how they are known. */
export interface Discovered {
  readonly nodes: readonly SiteNode[];
  readonly from: 'inventory' | 'discovery' | 'last-known-good';
  /** When that was known: ISO 8601, UTC. */
  readonly at: string;
  /** Why the API was not the source: it did not answer, or not to this identity. */
  readonly because?: string;
  /** What a person should know: a node without an address, a name that is no node's, an answer that could not be kept. */
  readonly warnings: readonly string[];
}

/** What a discovery is given. */
export interface DiscoveryWorld {
  readonly performer: Performer;
  /** Milliseconds since 1970, UTC. */
  readonly now: () => number;
  readonly stateHome: string;
  readonly signal: AbortSignal;
}

type Answer =
  | {
      readonly ok: true;
      readonly nodes: readonly SiteNode[];
      readonly addressless: readonly string[];
    }
  | { readonly ok: false; readonly because: string };

async function ask({ site }: Inventory, world: DiscoveryWorld): Promise<Answer> {
  const command = listNodes(site.cluster);
  const out = await world.performer.perform(command, world.signal);
  const seen = observe(command, out, world.now());
  if (!seen.ok) {
    const denied = seen.why === 'denied';
    const what = denied ? 'the API did not let you list the nodes' : 'the API did not answer';
    return { ok: false, because: `${what} (${seen.says})` };
  }
  const nodes = seen.value.filter(isReachable).map(({ name, address }) => ({ name, address }));
  const addressless = seen.value.filter((it) => !isReachable(it)).map((it) => it.name);
  return nodes.length === 0
    ? { ok: false, because: 'the API answered with no node that has an address' }
    : { ok: true, nodes, addressless };
}

/** What becomes a target of SSH is an address and nothing else. */
const isReachable = ({ address }: Node): boolean => isIP(address) !== 0;

async function keep(
  inventory: Inventory,
  world: DiscoveryWorld,
  last: LastKnownGood,
): Promise<readonly string[]> {
  try {
    await keepDiscovery(world.stateHome, inventory.site.cluster, last);
    return [];
  } catch (error) {
    if (!(error instanceof SreError)) throw error;
    return [`${error.message}; without the API these nodes will not be known`];
  }
}

/** Listed nodes are the nodes, each with its own address or the one found; nothing listed: all that were found. */
function filled(
  inventory: Inventory,
  found: readonly SiteNode[],
): Pick<Discovered, 'nodes' | 'warnings'> {
  if (inventory.nodes === undefined) return { nodes: found, warnings: [] };
  const warnings: string[] = [];
  const nodes = inventory.nodes.flatMap(({ name, address }) => {
    const known = address ?? found.find((it) => it.name === name)?.address;
    if (known !== undefined) return [{ name, address: known }];
    warnings.push(
      `${inventory.file} lists the node ${name} without an address, and none was found for it`,
    );
    return [];
  });
  return { nodes, warnings };
}

/** A name that is no node's protects nothing, and its VM is nobody's: said, with what may have been meant. */
function strangers({ file, site }: Inventory, nodes: readonly SiteNode[]): readonly string[] {
  const names = nodes.map((it) => it.name);
  const strange = (section: string, listed: readonly string[], means: string): readonly string[] =>
    listed
      .filter((it) => !names.includes(it))
      .map((it) => {
        const near = nearest(it, names);
        const advice = near === undefined ? '' : `; did you mean ${near}?`;
        return `${section} in ${file} names ${it}, which is not a node of the cluster and ${means}${advice}`;
      });
  const withVm = (site.pve?.vms ?? []).map(({ node }) => node);
  return [
    ...strange('accessPath', site.accessPath, 'protects nothing'),
    ...strange('pve.vms', withVm, 'is never reset'),
  ];
}

const nothingKnown = ({ file, site }: Inventory, because: string, kept: string): SreError =>
  new SreError(
    'nodes-unknown',
    `the nodes of ${site.cluster.name} are not known: ${because}, and ${kept}`,
    {
      source: 'operator',
      hint: `list them with their addresses under nodes in ${file}: then they are known without the API`,
    },
  );

/**
 * Finds the nodes where the inventory leaves them out: from the API, whose good answer is kept, or, when it does not answer,
 * from the answer kept last (DESIGN: promise 9). Rejects where no node at all is known.
 */
export async function discoverNodes(
  inventory: Inventory,
  world: DiscoveryWorld,
): Promise<Discovered> {
  const now = new Date(world.now()).toISOString();
  const done = (found: readonly SiteNode[], rest: Omit<Discovered, 'nodes'>): Discovered => {
    const { nodes, warnings } = filled(inventory, found);
    const all = [...rest.warnings, ...warnings, ...strangers(inventory, nodes)];
    return { ...rest, nodes, warnings: all };
  };
  const listed = inventory.nodes ?? [];
  if (listed.length > 0 && listed.every((it) => it.address !== undefined)) {
    return done([], { from: 'inventory', at: now, warnings: [] });
  }

  const answer = await ask(inventory, world);
  if (answer.ok) {
    const unkept = await keep(inventory, world, {
      at: now,
      inventory: inventory.digest,
      nodes: answer.nodes,
    });
    const addressless = answer.addressless.map((it) => `the API names no address of node ${it}`);
    return done(answer.nodes, {
      from: 'discovery',
      at: now,
      warnings: [...unkept, ...addressless],
    });
  }

  const { because } = answer;
  const kept = await keptDiscovery(world.stateHome, inventory.site.cluster);
  if (kept.is === 'good') {
    const { at, inventory: digest, nodes } = kept.last;
    const changed =
      digest === inventory.digest
        ? []
        : [`${inventory.file} was changed since the nodes were seen`];
    return done(nodes, { from: 'last-known-good', at, because, warnings: changed });
  }
  const path = discoveryFile(world.stateHome, inventory.site.cluster);
  const why = kept.is === 'absent' ? `no earlier answer is kept in ${path}` : kept.because;
  const { nodes } = filled(inventory, []);
  if (nodes.length === 0) throw nothingKnown(inventory, because, why);
  return done([], { from: 'inventory', at: now, because, warnings: [why] });
}

/** Where the nodes are from, as the operator is told: `the API did not answer (…); using the nodes last seen 2026-…Z`. */
export function sourceInWords({ from, at, because, nodes }: Discovered): string {
  const count = nodes.length === 1 ? '1 node' : `${nodes.length} nodes`;
  const source = {
    inventory: `the ${count} listed in the inventory`,
    discovery: `the ${count} that the API lists`,
    'last-known-good': `the ${count} last seen ${at}`,
  }[from];
  return because === undefined ? `using ${source}` : `${because}; using ${source}`;
}

/** The place with its nodes: what runbooks are given. */
export const siteWith = (inventory: Inventory, { nodes }: Discovered): Site => ({
  ...inventory.site,
  nodes,
});
