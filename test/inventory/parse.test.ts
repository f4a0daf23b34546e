import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { EXAMPLE_INVENTORY, MINIMAL_INVENTORY } from '../../src/inventory/example.ts';
import type { Inventory } from '../../src/inventory/inventory.ts';
import { allKeys, keysAt } from '../../src/inventory/known-keys.ts';
import { parseInventory } from '../../src/inventory/parse.ts';
import { problemLine } from '../../src/inventory/problem.ts';
import { inventorySchema } from '../../src/inventory/schema.ts';
import { parseYaml } from '../../src/inventory/syntax.ts';
import { CHART_CSI, CHART_NETWORK, DEFAULT_LOCKS } from '../../src/runbook/site.ts';

const head = 'cluster:\n  context: x\n';

const problemsOf = (text: string): readonly string[] => {
  const parsed = parseInventory(text, 'sre.yaml');
  return parsed.ok ? [] : parsed.problems.map(problemLine);
};

const good = (text: string): Inventory => {
  const parsed = parseInventory(text, 'sre.yaml');
  if (!parsed.ok) throw new Error(parsed.problems.map(problemLine).join('\n'));
  return parsed.inventory;
};

const CONTEXT = 'expected the name of a context of your kubeconfig (for example homelab)';
const KEYS =
  'cluster, nodes, hosts, ssh, vault, nfs, csi, network, speakers, pve, maintenance, locks, accessPath, redact';
const ADDRESS =
  'expected an IP address, since names may not resolve during an incident (for example 192.0.2.11)';

test.for<[text: string, ...problems: string[]]>([
  // The cluster must be named: no current context, no KUBECONFIG.
  ['', `1:1: cluster.context is missing, ${CONTEXT}`],
  ['# nothing yet\n', `1:1: cluster.context is missing, ${CONTEXT}`],
  ['cluster:\n', `1:1: cluster.context is missing, ${CONTEXT}`],
  ['cluster:\n  context:\n', `2:3: cluster.context is empty, ${CONTEXT}`],
  ['cluster:\n  context: 7\n', `2:12: cluster.context is 7, ${CONTEXT}`],
  ['cluster: x\n', "1:10: cluster is 'x', expected a mapping (keys: context, name, kubeconfig)"],
  ['- a\n', `1:1: the file is a list, expected a mapping (keys: ${KEYS})`],
  // Values.
  [
    `${head}vault:\n  port: eight\n`,
    "4:9: vault.port is 'eight', expected a number from 1 to 65535 (for example 8200)",
  ],
  [
    `${head}vault:\n  namespace: "vault; rm"\n  port: 99999\n  scheme: ftp\n`,
    "4:14: vault.namespace is 'vault; rm', expected the name of a namespace: lower-case letters, digits, '-' and '.' (for example vault)",
    '5:9: vault.port is 99999, expected a number from 1 to 65535 (for example 8200)',
    "6:11: vault.scheme is 'ftp', expected 'http' or 'https'",
  ],
  [
    `${head}ssh:\n  user: -oProxyCommand=x\n  sudo: yes\n`,
    "4:9: ssh.user is '-oProxyCommand=x', expected a login name (for example ops)",
    "5:9: ssh.sudo is 'yes', expected true or false",
  ],
  [
    `${head}accessPath: worker-1\n`,
    "3:13: accessPath is 'worker-1', expected a list of node names (for example [worker-1])",
  ],
  // Machines.
  [
    `${head}nodes:\n  worker-1: worker-1.example\n`,
    `4:13: nodes.worker-1.address is 'worker-1.example', ${ADDRESS}`,
  ],
  [`${head}hosts:\n  pve: { user: root }\n`, `4:3: hosts.pve.address is missing, ${ADDRESS}`],
  [
    `${head}nodes:\n  Worker_1: 192.0.2.1\n`,
    "4:3: nodes has the key 'Worker_1', expected the name of a node, as kubectl get nodes lists it: lower-case letters, digits, '-' and '.' (for example worker-1)",
  ],
  [
    `${head}nodes: [a]\n`,
    '3:8: nodes is a list, expected a mapping of node names to addresses (for example worker-1: 192.0.2.11)',
  ],
  [
    `${head}nodes:\n  a: { address: 192.0.2.1, usr: x, port: 0 }\n  b: 7\n`,
    '4:28: nodes.a.usr is not a key that sre knows; did you mean nodes.a.user?',
    '4:42: nodes.a.port is 0, expected a number from 1 to 65535 (for example 22)',
    '5:6: nodes.b is 7, expected an IP address, or a mapping (keys: address, user, port, sudo)',
  ],
  [
    `${head}nodes:\n  a: 192.0.2.1\n  b: { address: 192.0.2.1 }\n`,
    "5:17: nodes.b.address: '192.0.2.1' is the address of a already",
  ],
  // How Vault is unsealed.
  [
    `${head}vault:\n  unseal: magic\n`,
    "4:11: vault.unseal.by is 'magic', expected 'hand', 'kms' or a mapping with by: sidecar, container and secret: how a restarted Vault pod gets unsealed",
  ],
  [
    `${head}vault:\n  unseal: { by: sidecar, secret: x }\n`,
    "4:3: vault.unseal.container is missing, expected the name of the container that unseals: lower-case letters, digits, '-' and '.' (for example auto-unseal)",
  ],
  [
    `${head}vault:\n  unseal: { by: kms, container: x }\n`,
    '4:22: vault.unseal.container does not go with the rest of vault.unseal',
  ],
  // Keys that do not exist.
  [
    `${head}vault:\n  prot: 8200\n`,
    '4:3: vault.prot is not a key that sre knows; did you mean vault.port?',
  ],
  [`${head}vualt:\n  port: 8200\n`, '3:1: vualt is not a key that sre knows; did you mean vault?'],
  [
    `${head}vault:\n  stateful_set: x\n`,
    '4:3: vault.stateful_set is not a key that sre knows; did you mean vault.statefulSet?',
  ],
  [
    `${head}context: y\n`,
    '3:1: context is not a key that sre knows; did you mean cluster.context?',
  ],
  [`${head}flavour: y\n`, `3:1: flavour is not a key that sre knows; expected one of: ${KEYS}`],
  // One part about another.
  [
    `${head}hosts: { pve: 192.0.2.2 }\nnfs:\n  server: 192.0.2.2\n  host: pev\n`,
    "6:9: nfs.host: 'pev' is not listed under hosts; did you mean pve?",
  ],
  [
    `${head}vault:\n  snapshots: { host: pve, directory: relative }\n`,
    "4:22: vault.snapshots.host: 'pve' is not listed: there are no hosts",
    "4:38: vault.snapshots.directory is 'relative', expected an absolute path on that host (for example /srv/backup/vault)",
  ],
  [
    `${head}nodes: { worker-1: 192.0.2.1 }\naccessPath: [wroker-1]\n`,
    "4:14: accessPath[0]: 'wroker-1' is not listed under nodes; did you mean worker-1?",
  ],
  // The export, and the names of the driver, the network and the speakers.
  [
    `${head}nfs: { server: 192.0.2.2, export: srv }\n`,
    "3:35: nfs.export is 'srv', expected an absolute path on the server, as a client mounts it (for example /srv/nfs)",
  ],
  [
    `${head}csi:\n  deamonSet: x\n  driver: "a b"\n`,
    '4:3: csi.deamonSet is not a key that sre knows; did you mean csi.daemonSet?',
    "5:11: csi.driver is 'a b', expected the name of a CSI driver, as CSINode names it: lower-case letters, digits, '-' and '.' (for example nfs.csi.k8s.io)",
  ],
  [
    `${head}network: { selector: -l x }\nspeakers: metallb\n`,
    "3:22: network.selector is '-l x', expected a label selector (for example app=csi-nfs-node)",
    "4:11: speakers is 'metallb', expected a mapping (keys: namespace, selector)",
  ],
  // The locks.
  [
    `${head}locks: kube-system\n`,
    "3:8: locks is 'kube-system', expected a mapping (keys: namespace)",
  ],
  [
    `${head}locks:\n  namespace: Kube_System\n  name: x\n`,
    "4:14: locks.namespace is 'Kube_System', expected the name of a namespace: lower-case letters, digits, '-' and '.' (for example vault)",
    '5:3: locks.name is not a key that sre knows; did you mean locks.namespace?',
  ],
  // The machines under the nodes.
  [
    `${head}pve:\n`,
    '3:1: pve.hosts is missing, expected a list of hosts on which qm is asked, at least one (for example [pve])',
  ],
  [
    `${head}pve: { hosts: [] }\n`,
    '3:15: pve.hosts is a list, expected a list of hosts on which qm is asked, at least one (for example [pve])',
  ],
  [
    `${head}hosts: { pve: 192.0.2.2 }\npve: { hosts: [pve, pev] }\n`,
    "4:21: pve.hosts[1]: 'pev' is not listed under hosts; did you mean pve?",
  ],
  [`${head}pve: { hosts: [pve] }\n`, "3:16: pve.hosts[0]: 'pve' is not listed: there are no hosts"],
  [
    `${head}hosts: { p: 192.0.2.2 }\npve:\n  hosts: [p]\n  vms:\n    a: 99\n    b: 1000000000\n    c: 201.5\n    d: vm\n    e:\n    f: { id: 7 }\n    g: { vmid: 203, name: -x }\n`,
    '7:8: pve.vms.a.vmid is 99, expected a VM id of Proxmox VE, from 100 to 999999999 (for example 201)',
    '8:8: pve.vms.b.vmid is 1000000000, expected a VM id of Proxmox VE, from 100 to 999999999 (for example 201)',
    '9:8: pve.vms.c.vmid is 201.5, expected a VM id of Proxmox VE, from 100 to 999999999 (for example 201)',
    "10:8: pve.vms.d is 'vm', expected a VM id of Proxmox VE, from 100 to 999999999 (for example 201), or a mapping (keys: vmid, name)",
    '11:5: pve.vms.e.vmid is missing, expected a VM id of Proxmox VE, from 100 to 999999999 (for example 201)',
    '12:5: pve.vms.f.vmid is missing, expected a VM id of Proxmox VE, from 100 to 999999999 (for example 201)',
    '12:10: pve.vms.f.id is not a key that sre knows; expected one of: vmid, name',
    "13:27: pve.vms.g.name is '-x', expected the name of the VM in Proxmox VE: letters, digits, '-' and '.' (for example k8s-worker-2)",
  ],
  [
    `${head}nodes: { worker-1: 192.0.2.1 }\nhosts: { p: 192.0.2.2 }\npve:\n  hosts: [p]\n  vms: { wroker-1: 201 }\n`,
    "7:10: pve.vms.wroker-1: 'wroker-1' is not listed under nodes; did you mean worker-1?",
  ],
  [
    `${head}hosts: { p: 192.0.2.2 }\npve:\n  hosts: [p]\n  vms:\n    a: 201\n    b: { vmid: 201, name: x }\n    x: 203\n    c: { vmid: 204, name: a }\n`,
    '8:16: pve.vms.b.vmid: 201 is the VM of a already: one VM is one node',
    "9:8: pve.vms.x.name: 'x' is the name of the VM of b already",
    "10:27: pve.vms.c.name: 'a' is the name of the VM of a already",
  ],
  // A secret is never repeated.
  [
    `${head}vault:\n  token: hvs.CAESIJlU02LQZq\n`,
    '4:3: vault.token is not a key that sre knows; did you mean vault.tokenFile?',
  ],
  [
    `${head}vault:\n  scheme: hvs.CAESIJlU02LQZq\n`,
    "4:11: vault.scheme is '‹redacted:vault-token›', expected 'http' or 'https'",
  ],
  [
    `${head}redact:\n  values: [abc, 1234567, "long enough"]\n`,
    '4:12: redact.values[0] is a text of 3 characters, expected a text of at least 6 characters, in quotes (a shorter one would be found everywhere)',
    '4:17: redact.values[1] is no text, expected a text of at least 6 characters, in quotes (a shorter one would be found everywhere)',
  ],
  // YAML itself.
  ['cluster:\n\tcontext: x\n', '2:1: indentation by tabs; YAML takes spaces only'],
  [
    `${head}  context: y\nvault: 3\n`,
    '3:3: this key stands here a second time',
    '4:8: vault is 3, expected a mapping (keys: namespace, statefulSet, selector, container, scheme, port, activeService, externalUrl, snapshots, unseal, tokenFile)',
  ],
  [`${head}---\n${head}`, '3:1: a second document begins here; expected one'],
  ['cluster: *x\n', '1:10: no &x comes before this *x'],
  ['cluster:\n  context: !foo x\n', '2:12: a tag that is not understood; expected plain YAML'],
  ['cluster: @x\n', '1:10: this is not YAML: plain value cannot start with reserved character @'],
])('%j', ([text, ...problems]) => {
  expect(problemsOf(text)).toEqual(problems.map((it) => `sre.yaml:${it}`));
});

test('a broken document tells where it broke', () => {
  const [first = ''] = problemsOf('cluster: { context: x\nvault: 3\n');
  expect(first).toMatch(/^sre\.yaml:2:1: this is not YAML: /);
});

test('a document of references that multiply is refused', () => {
  const rows = Array.from(
    { length: 9 },
    (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]`,
  );
  expect(problemsOf(`a0: &a0 [x]\n${rows.join('\n')}\n`)[0]).toMatch(
    /^sre\.yaml:1:1: this is not YAML that can be read: /,
  );
});

test('no text makes it throw', () => {
  const pieces = fc.constantFrom(
    'cluster',
    'context',
    'nodes',
    ':',
    ' ',
    '\n',
    '  ',
    '- ',
    '{',
    '}',
    '"',
    '&a',
    '*a',
    '!x',
    '? ',
    '---',
    '7',
  );
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(pieces).map((it) => it.join('')),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const parsed = parseInventory(text, 'f');
      expect(parsed.ok || parsed.problems.length > 0).toBe(true);
    }),
    { numRuns: 150 },
  );
});

test('the least inventory gets the defaults of the Vault chart, and nothing of any one cluster', () => {
  const inventory = good(`cluster:\n  context: homelab\n`);
  expect(inventory.site).toEqual({
    cluster: { name: 'homelab', context: 'homelab' },
    nodes: [],
    hosts: [],
    vault: {
      namespace: 'vault',
      statefulSet: 'vault',
      selector: 'app.kubernetes.io/name=vault,component=server',
      container: 'vault',
      scheme: 'http',
      port: 8200,
      activeService: 'vault-active',
      unseal: { by: 'hand' },
      token: false,
    },
    csi: CHART_CSI,
    network: CHART_NETWORK,
    maintenance: {},
    accessPath: [],
  });
  expect(inventory).toMatchObject({
    ssh: { everywhere: {}, nodes: {}, hosts: {} },
    redact: { values: [], files: [] },
  });
  expect(inventory).not.toHaveProperty('nodes');
});

test('sections that stand there empty are as if left out; an empty kured has the names of its chart', () => {
  const empty =
    'nodes:\nhosts:\nssh:\nvault:\ncsi:\nnetwork:\nmaintenance:\naccessPath:\nredact:\n';
  expect(good(head + empty)).toEqual(good(head));
  expect(good(`${head}nodes: {}\n`)).toEqual(good(head));
  expect(good(`${head}maintenance:\n  kured:\n`).site.maintenance).toEqual({
    kured: { namespace: 'kured', daemonSet: 'kured' },
  });
});

test('speakers are looked at where they are named; an empty mapping stands for the names of the chart', () => {
  expect(good(head).site).not.toHaveProperty('speakers');
  expect(good(`${head}speakers:\n`).site.speakers).toEqual({
    namespace: 'metallb-system',
    selector: 'component=speaker',
  });
});

test('the namespace of the locks: left out, as in older journals, it is the default', () => {
  expect(good(head).site).not.toHaveProperty('locks');
  expect(good(`${head}locks:\n`).site.locks).toEqual(DEFAULT_LOCKS);
  expect(good(`${head}locks: { namespace: sre }\n`).site.locks).toEqual({ namespace: 'sre' });
  expect(good(`${head}locks: { namespace: sre }\n`).digest).not.toBe(good(head).digest);
});

test('what a part of csi or network leaves out is its default', () => {
  const { csi, network } = good(
    `${head}csi: { namespace: nfs }\nnetwork: { namespace: net }\n`,
  ).site;
  expect(csi).toEqual({ ...CHART_CSI, namespace: 'nfs' });
  expect(network).toEqual({ ...CHART_NETWORK, namespace: 'net' });
});

test('a VM is called like its node where nothing else is said; discovered nodes may have VMs too', () => {
  const pve =
    'hosts: { p: 192.0.2.2 }\npve:\n  hosts: [p]\n  vms: { a: 100, b: { vmid: 999999999, name: B.x } }\n';
  expect(good(head + pve).site.pve).toEqual({
    hosts: ['p'],
    vms: [
      { node: 'a', vmid: 100, name: 'a' },
      { node: 'b', vmid: 999_999_999, name: 'B.x' },
    ],
  });
  expect(good(`${head}hosts: { p: 192.0.2.2 }\npve: { hosts: [p] }\n`).site.pve?.vms).toEqual([]);
});

test('short and long forms say the same', () => {
  const short = `${head}nodes:\n  a: 192.0.2.1\nvault:\n  unseal: kms\n`;
  const long = `${head}nodes:\n  a:\n    address: 192.0.2.1\nvault:\n  unseal:\n    by: kms\n`;
  expect(good(short)).toEqual(good(long));
});

test('a node without an address is left to discovery', () => {
  const { nodes, site, ssh } = good(`${head}nodes:\n  a:\n  b: { user: admin }\n  c: fd00::1\n`);
  expect(nodes).toEqual([{ name: 'a' }, { name: 'b' }, { name: 'c', address: 'fd00::1' }]);
  expect(site.nodes).toEqual([{ name: 'c', address: 'fd00::1' }]);
  expect(ssh.nodes).toMatchObject({ b: { user: 'admin' } });
});

test('the example is valid and says everything there is to say', () => {
  const inventory = good(EXAMPLE_INVENTORY);
  expect(inventory.site).toMatchObject({
    cluster: { name: 'homelab', context: 'homelab', kubeconfig: '~/.kube/config' },
    nodes: [{ name: 'control-1', address: '192.0.2.10' }, {}, { address: '192.0.2.12' }],
    hosts: [{ name: 'pve', address: '192.0.2.2' }],
    vault: {
      externalUrl: 'https://vault.example.org/v1/sys/health',
      snapshots: { host: 'pve', directory: '/srv/backup/vault' },
      unseal: { by: 'sidecar', container: 'auto-unseal', secret: 'vault-unseal-key' },
      token: true,
    },
    nfs: { server: '192.0.2.2', host: 'pve', export: '/srv/nfs' },
    csi: CHART_CSI,
    network: CHART_NETWORK,
    speakers: { namespace: 'metallb-system', selector: 'component=speaker' },
    pve: {
      hosts: ['pve'],
      vms: [
        { node: 'worker-1', vmid: 201, name: 'worker-1' },
        { node: 'worker-2', vmid: 202, name: 'k8s-worker-2' },
      ],
    },
    maintenance: { kured: {}, upgradeJobs: { namespace: 'system-upgrade' } },
    accessPath: ['control-1'],
  });
  expect(inventory).toMatchObject({
    tokenFile: '~/.config/sre/vault-token',
    ssh: {
      config: '~/.ssh/config',
      everywhere: { user: 'ops', port: 22, sudo: true },
      nodes: { 'worker-2': { user: 'admin', port: 2222, sudo: true } },
      hosts: { pve: { user: 'root' } },
    },
  });
  expect(good(MINIMAL_INVENTORY).site.vault.unseal).toEqual({ by: 'hand' });
});

test('the example has every key that there is', () => {
  const { content } = parseYaml(EXAMPLE_INVENTORY);
  const keys = [
    ...allKeys(inventorySchema),
    ...['nodes.worker-2', 'pve.vms.worker-2'].flatMap((path) =>
      keysAt(inventorySchema, path.split('.')).map((key) => `${path}.${key}`),
    ),
  ];
  const has = (path: string): boolean =>
    path.split('.').reduce<unknown>((it, key) => Object(it)[key] as unknown, content) !== undefined;
  expect(keys.filter((it) => !has(it))).toEqual([]);
  expect(keys.length).toBeGreaterThan(60);
});

test('the digest follows the meaning: not layout, not comments, not the order of keys, not what is redacted', () => {
  const { digest } = good(`${head}ssh: { user: a, sudo: true }\n`);
  expect(good(`# same\nssh:\n  sudo: true\n  user: a\n${head}`).digest).toBe(digest);
  expect(
    good(`${head}ssh: { user: a, sudo: true }\nredact: { values: [secret-value] }\n`).digest,
  ).toBe(digest);
  expect(good(`${head}ssh: { user: b, sudo: true }\n`).digest).not.toBe(digest);
});
