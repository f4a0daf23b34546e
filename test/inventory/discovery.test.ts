import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Performer } from '../../src/engine/ports.ts';
import { discoveryFile, keepDiscovery, keptDiscovery } from '../../src/inventory/cache.ts';
import { discoverNodes, siteWith, sourceInWords } from '../../src/inventory/discovery.ts';
import type { DiscoveryWorld } from '../../src/inventory/discovery.ts';
import type { Inventory } from '../../src/inventory/inventory.ts';
import { machinesOf } from '../../src/inventory/machines.ts';
import { parseInventory } from '../../src/inventory/parse.ts';
import type { RawOutput } from '../../src/runbook/command.ts';
import { folderWith } from './folders.ts';

function inventory(more = ''): Inventory {
  const parsed = parseInventory(`cluster:\n  context: homelab\n${more}`, 'sre.yaml');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.inventory;
}

const exited = (stdout: string): RawOutput => ({
  ending: { how: 'exited', code: 0 },
  stdout,
  stderr: '',
  truncated: false,
});
const silent: RawOutput = { ending: { how: 'deadline' }, stdout: '', stderr: '', truncated: false };

const listing = (nodes: Readonly<Record<string, string | undefined>>): RawOutput =>
  exited(
    JSON.stringify({
      kind: 'NodeList',
      apiVersion: 'v1',
      metadata: {},
      items: Object.entries(nodes).map(([name, address]) => ({
        metadata: { name, uid: `u-${name}`, creationTimestamp: '2026-01-01T00:00:00Z' },
        spec: {},
        status: {
          addresses: address === undefined ? [] : [{ type: 'InternalIP', address }],
          nodeInfo: { bootID: 'b', systemUUID: 'u' },
        },
      })),
    }),
  );

const NOW = Date.UTC(2026, 10, 22, 3, 0, 0);

function world(stateHome: string, out: RawOutput): DiscoveryWorld & { readonly asked: string[] } {
  const asked: string[] = [];
  const performer: Performer = {
    perform: (command) => {
      asked.push(command.id);
      return Promise.resolve(out);
    },
  };
  return { performer, now: () => NOW, stateHome, signal: new AbortController().signal, asked };
}

const found = listing({ 'worker-1': '192.0.2.11', 'worker-2': '192.0.2.12' });
const nodes = [
  { name: 'worker-1', address: '192.0.2.11' },
  { name: 'worker-2', address: '192.0.2.12' },
];
const at = '2026-11-22T03:00:00.000Z';

test('nodes listed with addresses are the nodes: the API is not asked', async () => {
  const it = world(await folderWith(), silent);
  const listed = inventory('nodes:\n  worker-1: 192.0.2.11\n');
  const discovered = await discoverNodes(listed, it);
  expect(discovered).toEqual({ nodes: [nodes[0]], from: 'inventory', at, warnings: [] });
  expect(it.asked).toEqual([]);
  expect(sourceInWords(discovered)).toBe('using the 1 node listed in the inventory');
});

test('nodes left out are discovered, and the answer is kept for its owner alone', async () => {
  const home = join(await folderWith(), 'state');
  const it = world(home, found);
  const discovered = await discoverNodes(inventory(), it);
  expect(discovered).toEqual({ nodes, from: 'discovery', at, warnings: [] });
  expect(sourceInWords(discovered)).toBe('using the 2 nodes that the API lists');
  expect(it.asked).toEqual(['kubectl.nodes']);
  const path = join(home, 'discovery', 'homelab.json');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await stat(join(home, 'discovery'))).mode & 0o777).toBe(0o700);
  expect(await readdir(join(home, 'discovery'))).toEqual(['homelab.json']);
  expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({
    format: 'sre-discovery',
    version: 1,
    context: 'homelab',
    at,
    inventory: inventory().digest,
    nodes,
  });
  expect(siteWith(inventory(), discovered).nodes).toEqual(nodes);
});

test('when the API does not answer, the last answer is used, with its date and the reason', async () => {
  const home = await folderWith();
  await discoverNodes(inventory(), world(home, found));
  const later: DiscoveryWorld = { ...world(home, silent), now: () => NOW + 3_600_000 };
  const discovered = await discoverNodes(inventory(), later);
  expect(discovered).toMatchObject({ nodes, from: 'last-known-good', at, warnings: [] });
  expect(sourceInWords(discovered)).toMatch(
    /^the API did not answer \(no answer within \d+ s\); using the 2 nodes last seen 2026-11-22T03:00:00\.000Z$/,
  );
});

test('an answer without nodes does not replace a good one', async () => {
  const home = await folderWith();
  await discoverNodes(inventory(), world(home, found));
  for (const bad of [listing({}), listing({ 'worker-1': undefined }), exited('<html>')]) {
    const discovered = await discoverNodes(inventory(), world(home, bad));
    expect(discovered).toMatchObject({ nodes, from: 'last-known-good', at });
  }
});

test('a change of the inventory since is said', async () => {
  const home = await folderWith();
  await discoverNodes(inventory(), world(home, found));
  const discovered = await discoverNodes(inventory('ssh:\n  user: ops\n'), world(home, silent));
  expect(discovered.warnings).toEqual(['sre.yaml was changed since the nodes were seen']);
});

test('where nothing is known, it says what was tried and what to do', async () => {
  const home = await folderWith();
  await expect(discoverNodes(inventory(), world(home, silent))).rejects.toMatchObject({
    code: 'nodes-unknown',
    message: expect.stringMatching(
      `^the nodes of homelab are not known: the API did not answer \\(.*\\), and no earlier answer is kept in ${home}/discovery/homelab.json$`,
    ) as string,
    hint: 'list them with their addresses under nodes in sre.yaml: then they are known without the API',
  });
});

test.for<[string, string]>([
  ['not json', 'is not a discovery that sre kept'],
  ['{"format":"sre-discovery","version":2}', 'is not a discovery that sre kept'],
  [
    JSON.stringify({
      format: 'sre-discovery',
      version: 1,
      context: 'another',
      at,
      inventory: 'i',
      nodes,
    }),
    'was discovered through the context another',
  ],
])('a kept answer that cannot be trusted is not used, and said: %s', async ([text, because]) => {
  const home = await folderWith({ 'discovery/homelab.json': text });
  await expect(discoverNodes(inventory(), world(home, silent))).rejects.toThrow(because);
});

test('listed nodes are filled in from discovery, and no others added', async () => {
  const partly = inventory('nodes:\n  worker-2:\n  worker-9: 192.0.2.19\n  worker-8:\n');
  const discovered = await discoverNodes(partly, world(await folderWith(), found));
  expect(discovered).toEqual({
    nodes: [nodes[1], { name: 'worker-9', address: '192.0.2.19' }],
    from: 'discovery',
    at,
    warnings: ['sre.yaml lists the node worker-8 without an address, and none was found for it'],
  });
});

test('without API and cache, the nodes that are listed with addresses are still known', async () => {
  const partly = inventory('nodes:\n  worker-2:\n  worker-9: 192.0.2.19\n');
  const home = await folderWith();
  const discovered = await discoverNodes(partly, world(home, silent));
  expect(discovered).toMatchObject({
    nodes: [{ name: 'worker-9', address: '192.0.2.19' }],
    from: 'inventory',
    because: expect.stringContaining('the API did not answer') as string,
    warnings: [
      `no earlier answer is kept in ${home}/discovery/homelab.json`,
      'sre.yaml lists the node worker-2 without an address, and none was found for it',
    ],
  });
});

test('a VM of a node that is none is never reset, and is said', async () => {
  const it = inventory(
    'hosts: { p: 192.0.2.2 }\npve: { hosts: [p], vms: { worker-1: 201, worker-11: 202 } }\n',
  );
  const { warnings } = await discoverNodes(it, world(await folderWith(), found));
  expect(warnings).toEqual([
    'pve.vms in sre.yaml names worker-11, which is not a node of the cluster and is never reset; did you mean worker-1?',
  ]);
});

test('a name in accessPath that is no node protects nothing, and is said', async () => {
  const it = inventory('accessPath: [wroker-1, worker-2]\n');
  const { warnings } = await discoverNodes(it, world(await folderWith(), found));
  expect(warnings).toEqual([
    'accessPath in sre.yaml names wroker-1, which is not a node of the cluster and protects nothing; did you mean worker-1?',
  ]);
});

test('an address that is none is not used', async () => {
  const odd = listing({ 'worker-1': '192.0.2.11', 'worker-3': '-oProxyCommand=x' });
  const discovered = await discoverNodes(inventory(), world(await folderWith(), odd));
  expect(discovered).toMatchObject({
    nodes: [nodes[0]],
    warnings: ['the API names no address of node worker-3'],
  });
});

test('an answer that cannot be kept is used all the same, and said', async () => {
  const home = join(await folderWith({ file: '' }), 'file');
  const discovered = await discoverNodes(inventory(), world(home, found));
  expect(discovered).toMatchObject({ nodes, from: 'discovery' });
  expect(discovered.warnings).toEqual([
    `cannot keep the discovered nodes in ${home}/discovery/homelab.json: a part of that path is a file, not a folder (ENOTDIR); without the API these nodes will not be known`,
  ]);
});

test.for([
  '..',
  '../../etc/passwd',
  'arn:aws:eks:eu:1:cluster/x',
  'a b',
  'ü'.repeat(200),
  '\uD800',
])('a cluster called %j has a file of its own below discovery', async (name) => {
  const home = await folderWith();
  const cluster = { name, context: 'c' };
  await keepDiscovery(home, cluster, { at, inventory: 'i', nodes });
  expect(await readdir(join(home, 'discovery'))).toHaveLength(1);
  expect(await keptDiscovery(home, cluster)).toEqual({
    is: 'good',
    last: { at, inventory: 'i', nodes },
  });
});

test('a kept file of which nothing can be read is unusable, not absent', async () => {
  const home = await folderWith({ 'discovery/homelab.json/x': '' });
  const { cluster } = inventory().site;
  expect(await keptDiscovery(home, cluster)).toMatchObject({ is: 'unusable' });
  await writeFile(join(home, 'other'), '');
  expect(await keptDiscovery(home, { ...cluster, name: 'other' })).toEqual({ is: 'absent' });
  expect(discoveryFile(home, cluster)).toBe(join(home, 'discovery', 'homelab.json'));
});

test('a machine has its own login, else the one for everywhere', () => {
  const it = inventory(
    'ssh: { user: ops, sudo: true }\nnodes: { a: 192.0.2.1, b: { address: 192.0.2.2, user: admin, port: 2222 } }\n' +
      'hosts: { pve: { address: 192.0.2.9, user: root, sudo: false } }\n',
  );
  const machine = machinesOf(it, it.site);
  expect(machine({ on: 'node', node: 'a' })).toEqual({
    address: '192.0.2.1',
    user: 'ops',
    sudo: true,
  });
  expect(machine({ on: 'node', node: 'b' })).toEqual({
    address: '192.0.2.2',
    user: 'admin',
    port: 2222,
    sudo: true,
  });
  expect(machine({ on: 'pve', host: 'pve' })).toEqual({
    address: '192.0.2.9',
    user: 'root',
    sudo: false,
  });
  expect(machine({ on: 'node', node: 'pve' })).toBeUndefined();
});
