import { CHART_CSI, CHART_NETWORK } from './site.ts';
import type { Site } from './site.ts';
import type { Context } from './step.ts';

/**
 * Stands for a fact that is not known yet: every property of it, every call on it and every element of it is symbolic
 * too, and as text it reads `‹leader.name›`. With it an offline plan prints commands, and the load checks see them, without
 * running anything.
 */
export function symbolic(name: string): unknown {
  const text = `‹${name}›`;
  return new Proxy(() => text, {
    get(_, property) {
      if (property === Symbol.toPrimitive)
        return (hint: string) => (hint === 'number' ? Number.NaN : text);
      if (property === 'toString' || property === 'toJSON') return () => text;
      if (property === Symbol.iterator) return () => [symbolic(`${name}[i]`)][Symbol.iterator]();
      if (property === 'length') return 1;
      if (typeof property === 'symbol') return undefined;
      if (LISTS.has(property)) return listMethod(name, property);
      if (TEXTS.has(property)) return () => symbolic(name);
      return symbolic(`${name}.${property}`);
    },
    apply: () => symbolic(`${name}()`),
    has: () => true,
  });
}

const LISTS = new Set([
  'map',
  'filter',
  'flatMap',
  'find',
  'some',
  'every',
  'join',
  'at',
  'includes',
]);
const TEXTS = new Set(['slice', 'trim', 'toLowerCase', 'replaceAll', 'padEnd']);

function listMethod(name: string, method: string): unknown {
  const element = symbolic(`${name}[i]`);
  switch (method) {
    case 'map':
      return (f: (it: unknown) => unknown) => [f(element)];
    case 'flatMap':
      return (f: (it: unknown) => unknown) => [f(element)].flat();
    case 'filter':
      return () => [element];
    case 'find':
    case 'at':
      return () => element;
    case 'join':
      return () => `‹${name}›`;
    default:
      return () => true;
  }
}

/** A context in which the facts that are not among `known` are symbolic. */
export function symbolicContext(
  needs: readonly string[],
  known: Readonly<Record<string, unknown>>,
  params: unknown,
  site: Site,
): Context {
  const facts = Object.fromEntries(
    needs.map((name) => [name, name in known ? known[name] : symbolic(name)]),
  );
  return { facts, params, site, now: 0, run: 'run-id', visit: 1 };
}

/** A place with nothing in it but names: for looking at runbooks where there is no inventory. */
export const NOWHERE: Site = {
  cluster: { name: '‹cluster›', context: '‹context›' },
  nodes: [{ name: '‹node›', address: '‹address›' }],
  hosts: [{ name: '‹host›', address: '‹address›' }],
  vault: {
    namespace: 'vault',
    statefulSet: 'vault',
    selector: 'app.kubernetes.io/name=vault,component=server',
    container: 'vault',
    scheme: 'http',
    port: 8200,
    activeService: 'vault-active',
    unseal: { by: 'hand' },
    token: true,
  },
  nfs: { server: '‹nfs server›', host: '‹host›', export: '‹export›' },
  csi: CHART_CSI,
  network: CHART_NETWORK,
  speakers: { namespace: 'metallb-system', selector: 'component=speaker' },
  pve: { hosts: ['‹host›'], vms: [{ node: '‹node›', vmid: 0, name: '‹node›' }] },
  maintenance: {},
  accessPath: [],
};
