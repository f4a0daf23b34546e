import type { Where } from '../runbook/command.ts';
import type { Site } from '../runbook/site.ts';
import type { Access, Inventory } from './inventory.ts';

/** A machine and how to log in to it: what a transport needs. */
export interface Machine extends Access {
  readonly address: string;
}

/** Finds the machine behind a place by name; `undefined` where the inventory and discovery have none. */
export function machinesOf(
  { ssh }: Inventory,
  site: Site,
): (where: Exclude<Where, { on: 'local' }>) => Machine | undefined {
  return (where) => {
    const [name, among, accesses] =
      where.on === 'node'
        ? [where.node, site.nodes, ssh.nodes]
        : [where.host, site.hosts, ssh.hosts];
    const address = among.find((it) => it.name === name)?.address;
    return address === undefined ? undefined : { ...ssh.everywhere, ...accesses[name], address };
  };
}
