import { nearest } from './nearest.ts';
import type { KeyPath } from './positions.ts';

/** A value that names, or repeats, another part of the inventory wrongly. */
export interface BadReference {
  readonly path: KeyPath;
  /** Where it is the key that is wrong, and not what stands behind it. */
  readonly at?: 'key';
  readonly says: string;
}

type Mapping = Readonly<Record<string, unknown>>;

const isMapping = (it: unknown): it is Mapping =>
  typeof it === 'object' && it !== null && !Array.isArray(it);

const at = (it: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>((value, key) => (isMapping(value) ? value[key] : undefined), it);

const namesIn = (it: unknown): readonly string[] => (isMapping(it) ? Object.keys(it) : []);

function unknownName(path: KeyPath, name: unknown, section: string, names: readonly string[]) {
  if (typeof name !== 'string' || names.includes(name)) return [];
  if (names.length === 0)
    return [{ path, says: `'${name}' is not listed: there are no ${section}` }];
  const near = nearest(name, names);
  const advice =
    near === undefined ? `expected one of: ${names.join(', ')}` : `did you mean ${near}?`;
  return [{ path, says: `'${name}' is not listed under ${section}; ${advice}` }];
}

const addressOf = (it: unknown): unknown => (typeof it === 'string' ? it : at(it, 'address'));

/** Two nodes at one address: one of them would be taken for the other. */
function sameAddresses(nodes: unknown): readonly BadReference[] {
  const seen = new Map<string, string>();
  return namesIn(nodes).flatMap((name) => {
    const address = addressOf(at(nodes, name));
    if (typeof address !== 'string') return [];
    const other = seen.get(address);
    seen.set(address, name);
    return other === undefined
      ? []
      : [
          {
            path: ['nodes', name, 'address'],
            says: `'${address}' is the address of ${other} already`,
          },
        ];
  });
}

const vmidOf = (it: unknown): unknown => (typeof it === 'number' ? it : at(it, 'vmid'));

/** What is said of two VMs alike: a reset would hit the wrong one. */
function sameVms(vms: unknown): readonly BadReference[] {
  const twice = (
    what: 'vmid' | 'name',
    of: (node: string) => unknown,
    says: (value: string, other: string) => string,
  ): readonly BadReference[] => {
    const seen = new Map<unknown, string>();
    return namesIn(vms).flatMap((node): readonly BadReference[] => {
      const value = of(node);
      if (typeof value !== 'string' && typeof value !== 'number') return [];
      const other = seen.get(value);
      if (other === undefined) seen.set(value, node);
      return other === undefined
        ? []
        : [{ path: ['pve', 'vms', node, what], says: says(String(value), other) }];
    });
  };
  return [
    ...twice(
      'vmid',
      (node) => vmidOf(at(vms, node)),
      (vmid, other) => `${vmid} is the VM of ${other} already: one VM is one node`,
    ),
    ...twice(
      'name',
      (node) => at(vms, node, 'name') ?? node,
      (name, other) => `'${name}' is the name of the VM of ${other} already`,
    ),
  ];
}

/** The hypervisors are hosts, and the VMs those of nodes: of known ones, where the nodes are listed. */
function badVms(content: unknown, hosts: readonly string[]): readonly BadReference[] {
  const asked = at(content, 'pve', 'hosts');
  const vms = at(content, 'pve', 'vms');
  const nodes = at(content, 'nodes');
  return [
    ...(Array.isArray(asked)
      ? asked.flatMap((name, i) => unknownName(['pve', 'hosts', i], name, 'hosts', hosts))
      : []),
    ...(isMapping(nodes) && namesIn(nodes).length > 0
      ? namesIn(vms).flatMap((node) =>
          unknownName(['pve', 'vms', node], node, 'nodes', namesIn(nodes)).map(
            (it): BadReference => ({ ...it, at: 'key' }),
          ),
        )
      : []),
    ...sameVms(vms),
  ];
}

/**
 * Checks what one part of the inventory says about another. Works on the content as it was written, so that these problems
 * show together with all others.
 */
export function badReferences(content: unknown): readonly BadReference[] {
  const hosts = namesIn(at(content, 'hosts'));
  const nodes = at(content, 'nodes');
  const accessPath = at(content, 'accessPath');
  const nfsHost: KeyPath = ['nfs', 'host'];
  const snapshotHost: KeyPath = ['vault', 'snapshots', 'host'];
  return [
    ...unknownName(nfsHost, at(content, 'nfs', 'host'), 'hosts', hosts),
    ...unknownName(snapshotHost, at(content, 'vault', 'snapshots', 'host'), 'hosts', hosts),
    // Where the nodes are discovered, the names are checked after that.
    ...(isMapping(nodes) && Array.isArray(accessPath)
      ? accessPath.flatMap((name, i) =>
          unknownName(['accessPath', i], name, 'nodes', namesIn(nodes)),
        )
      : []),
    ...sameAddresses(nodes),
    ...badVms(content, hosts),
  ];
}
