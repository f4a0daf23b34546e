import { digestOf } from '../journal/digest.ts';
import type { PveSite, Site, SiteNode } from '../runbook/site.ts';
import type { Settings } from './schema.ts';

/** How to log in to a machine, where it is not left to the ssh configuration. */
export interface Access {
  readonly user?: string;
  readonly port?: number;
  /** Whether commands go through sudo; left out: unless the login is root. */
  readonly sudo?: boolean;
}

/** A node as the inventory lists it; without an address it is discovered. */
export interface ListedNode {
  readonly name: string;
  readonly address?: string;
}

/** What sre.yaml says, valid and with defaults. */
export interface Inventory {
  /** The file it was read from. */
  readonly file: string;
  /** Changes with every change of meaning; layout, comments and the list of secrets do not count. */
  readonly digest: string;
  /** What runbooks are given. Its nodes are those that are listed with an address; discovery fills in the rest. */
  readonly site: Site;
  /** The nodes as listed: then these are the nodes. Left out: all that discovery finds. */
  readonly nodes?: readonly ListedNode[];
  readonly ssh: {
    /** Instead of the operator's own ssh configuration. */
    readonly config?: string;
    /** For machines that say nothing else. */
    readonly everywhere: Access;
    readonly nodes: Readonly<Record<string, Access>>;
    readonly hosts: Readonly<Record<string, Access>>;
  };
  /** The file that holds a Vault token; it is read at the last moment. */
  readonly tokenFile?: string;
  /** What must never be kept or shown, besides what every secret looks like. */
  readonly redact: { readonly values: readonly string[]; readonly files: readonly string[] };
}

/** The same without the keys that are undefined: the types of the core tell absent from undefined. */
type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };
const defined = <T extends object>(it: T): Defined<T> =>
  Object.fromEntries(Object.entries(it).filter(([, value]) => value !== undefined)) as Defined<T>;

type Machine = NonNullable<Settings['nodes']>[string] | Settings['hosts'][string];

const accessOf = ({ user, port, sudo }: Omit<Machine, 'address'>): Access =>
  defined({ user, port, sudo });

const accessesOf = (
  machines: Readonly<Record<string, Machine>>,
): Readonly<Record<string, Access>> =>
  Object.fromEntries(Object.entries(machines).map(([name, it]) => [name, accessOf(it)]));

const withAddress = (node: ListedNode): node is SiteNode => node.address !== undefined;

/** A VM that the inventory gives no other name is called like its node. */
const pveOf = ({ hosts, vms }: NonNullable<Settings['pve']>): PveSite => ({
  hosts,
  vms: Object.entries(vms).map(([node, { vmid, name }]) => ({ node, vmid, name: name ?? node })),
});

function siteOf({
  cluster,
  hosts,
  vault,
  nfs,
  csi,
  network,
  speakers,
  pve,
  maintenance,
  locks,
  accessPath,
}: Settings): Omit<Site, 'nodes'> {
  const { tokenFile, externalUrl, snapshots, ...always } = vault;
  return {
    cluster: { ...defined(cluster), name: cluster.name ?? cluster.context },
    hosts: Object.entries(hosts).map(([name, { address }]) => ({ name, address })),
    vault: { ...always, ...defined({ externalUrl, snapshots }), token: tokenFile !== undefined },
    ...(nfs === undefined ? {} : { nfs: defined(nfs) }),
    csi,
    network,
    ...defined({ speakers }),
    ...(pve === undefined ? {} : { pve: pveOf(pve) }),
    maintenance: defined(maintenance),
    ...defined({ locks }),
    accessPath,
  };
}

/** Makes an inventory of valid settings. */
export function inventoryOf(settings: Settings, file: string): Inventory {
  const { nodes, hosts, ssh, vault, redact } = settings;
  const listed =
    nodes === undefined
      ? undefined
      : Object.entries(nodes).map(([name, { address }]): ListedNode => defined({ name, address }));
  return {
    file,
    // The digest is kept with every run: nothing secret goes into it.
    digest: digestOf({ ...settings, redact: undefined }),
    site: { ...siteOf(settings), nodes: (listed ?? []).filter(withAddress) },
    ...defined({ nodes: listed, tokenFile: vault.tokenFile }),
    ssh: {
      ...defined({ config: ssh.config }),
      everywhere: accessOf(ssh),
      nodes: accessesOf(nodes ?? {}),
      hosts: accessesOf(hosts),
    },
    redact,
  };
}
