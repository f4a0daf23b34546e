import { z } from 'zod';
import { canonicalJson } from '../journal/digest.ts';
import { CHART_CSI, CHART_NETWORK, DEFAULT_LOCKS } from '../runbook/site.ts';

/*
 * What sre.yaml may say. Every message here is the end of the sentence "… expected …": what would be right, with an
 * example where a rule alone does not help.
 */

/** A mapping with exactly these keys; where it stands without content it is an empty one. */
const section = <S extends z.ZodRawShape>(shape: S) =>
  z.preprocess(
    (it) => (it === null ? {} : it),
    z.strictObject(shape, {
      error: `a mapping (keys: ${Object.keys(shape).join(', ')})`,
    }),
  );

const matching = (pattern: RegExp, expected: string) =>
  z.string({ error: expected }).regex(pattern, { error: expected });

/** These names become parts of URLs and command lines: nothing but what Kubernetes itself accepts. */
const kubeName = (what: string, example: string) =>
  matching(
    /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/,
    `the name of ${what}: lower-case letters, digits, '-' and '.' (for example ${example})`,
  );

const printableText = (expected: string) => matching(/^[^\s\p{C}-][^\p{C}]*$/u, expected);
const path = (expected: string) => matching(/^[^\p{C}]+$/u, expected);

const port = (expected: string) =>
  z.int({ error: expected }).min(1, { error: expected }).max(65_535, { error: expected });

const address = z.union([z.ipv4(), z.ipv6()], {
  error: 'an IP address, since names may not resolve during an incident (for example 192.0.2.11)',
});

const LOGIN = 'a login name (for example ops)';
const access = {
  user: matching(/^[A-Za-z_][\w.-]*\$?$/, LOGIN).optional(),
  port: port('a number from 1 to 65535 (for example 22)').optional(),
  sudo: z.boolean({ error: 'true or false' }).optional(),
};

/** `name: 192.0.2.11`, or a mapping with the address and how to log in. */
const machine = <A extends z.ZodType>(of: A) => {
  const shape = { address: of, ...access };
  return z.preprocess(
    (it) => (typeof it === 'string' ? { address: it } : (it ?? {})),
    z.strictObject(shape, {
      error: `an IP address, or a mapping (keys: ${Object.keys(shape).join(', ')})`,
    }),
  );
};

const HOST_NAME = "a name of letters, digits, '-', '_' and '.' (for example pve)";
const hostName = matching(/^[A-Za-z0-9][\w.-]*$/, HOST_NAME);
const nodeName = kubeName('a node, as kubectl get nodes lists it', 'worker-1');
const namespace = kubeName('a namespace', 'vault');

const UNSEAL =
  "'hand', 'kms' or a mapping with by: sidecar, container and secret: how a restarted Vault pod gets unsealed";

const unseal = z.preprocess(
  (it) => (typeof it === 'string' ? { by: it } : it),
  z.discriminatedUnion(
    'by',
    [
      z.strictObject({ by: z.literal('hand') }),
      z.strictObject({ by: z.literal('kms') }),
      z.strictObject({
        by: z.literal('sidecar'),
        container: kubeName('the container that unseals', 'auto-unseal'),
        secret: kubeName('the Secret that holds the unseal key', 'vault-unseal-key'),
      }),
    ],
    { error: UNSEAL },
  ),
);

const URL_EXPECTED =
  'an http or https URL without a login in it (for example https://vault.example.org/v1/sys/health)';
const url = z.string({ error: URL_EXPECTED }).refine(isPlainUrl, { error: URL_EXPECTED });

function isPlainUrl(text: string): boolean {
  if (/[\s\p{C}]/u.test(text) || !URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username === '' && password === '';
}

const vault = section({
  namespace: namespace.default('vault'),
  statefulSet: kubeName('a StatefulSet', 'vault').default('vault'),
  selector: printableText(
    'a label selector (for example app.kubernetes.io/name=vault,component=server)',
  ).default('app.kubernetes.io/name=vault,component=server'),
  container: kubeName('a container', 'vault').default('vault'),
  scheme: z.enum(['http', 'https'], { error: "'http' or 'https'" }).default('http'),
  port: port('a number from 1 to 65535 (for example 8200)').default(8200),
  activeService: kubeName('a Service', 'vault-active').default('vault-active'),
  externalUrl: url.optional(),
  snapshots: section({
    host: hostName,
    directory: matching(
      /^\/[^\p{C}]*$/u,
      'an absolute path on that host (for example /srv/backup/vault)',
    ),
  }).optional(),
  unseal: unseal.default({ by: 'hand' }),
  tokenFile: path(
    'the path of a file that holds a Vault token (for example ~/.vault-token)',
  ).optional(),
});

const SELECTOR = 'a label selector (for example app=csi-nfs-node)';

const csi = section({
  driver: kubeName('a CSI driver, as CSINode names it', CHART_CSI.driver).default(CHART_CSI.driver),
  namespace: namespace.default(CHART_CSI.namespace),
  daemonSet: kubeName('a DaemonSet', CHART_CSI.daemonSet).default(CHART_CSI.daemonSet),
  nodeSelector: printableText(SELECTOR).default(CHART_CSI.nodeSelector),
  deployment: kubeName('a Deployment', CHART_CSI.deployment).default(CHART_CSI.deployment),
  controllerSelector: printableText(SELECTOR).default(CHART_CSI.controllerSelector),
});

const network = section({
  namespace: namespace.default(CHART_NETWORK.namespace),
  selector: printableText(SELECTOR).default(CHART_NETWORK.selector),
});

const speakers = section({
  namespace: namespace.default('metallb-system'),
  selector: printableText(SELECTOR).default('component=speaker'),
});

/** Proxmox VE gives out ids from 100 to 999999999 (COMMANDS D.1). */
const VMID = 'a VM id of Proxmox VE, from 100 to 999999999 (for example 201)';
const vmid = z.int({ error: VMID }).min(100, { error: VMID }).max(999_999_999, { error: VMID });

/** `worker-1: 201`, or a mapping with the id and the name that the VM has in Proxmox VE. */
const vm = z.preprocess(
  (it) => (typeof it === 'number' ? { vmid: it } : (it ?? {})),
  z.strictObject(
    {
      vmid,
      name: matching(
        /^[A-Za-z0-9][A-Za-z0-9.-]*$/,
        "the name of the VM in Proxmox VE: letters, digits, '-' and '.' (for example k8s-worker-2)",
      ).optional(),
    },
    { error: `${VMID}, or a mapping (keys: vmid, name)` },
  ),
);

const HYPERVISORS = 'a list of hosts on which qm is asked, at least one (for example [pve])';

const pve = section({
  hosts: z.array(hostName, { error: HYPERVISORS }).min(1, { error: HYPERVISORS }),
  vms: z
    .preprocess(
      (it) => it ?? {},
      z.record(nodeName, vm, {
        error: 'a mapping of node names to VM ids (for example worker-1: 201)',
      }),
    )
    .prefault({}),
});

const maintenance = section({
  kured: section({
    namespace: namespace.default('kured'),
    daemonSet: kubeName('a DaemonSet', 'kured').default('kured'),
  }).optional(),
  upgradeJobs: section({ namespace }).optional(),
});

const locks = section({ namespace: namespace.default(DEFAULT_LOCKS.namespace) });

const listOf = <T extends z.ZodType>(item: T, expected: string) =>
  z.preprocess((it) => it ?? [], z.array(item, { error: expected })).prefault([]);

const FILE = 'the path of a file';
const VALUE =
  'a text of at least 6 characters, in quotes (a shorter one would be found everywhere)';

/** The whole of sre.yaml. */
export const inventorySchema = section({
  cluster: section({
    context: printableText('the name of a context of your kubeconfig (for example homelab)'),
    name: printableText('what people call the cluster (for example homelab)').optional(),
    kubeconfig: path('the path of a kubeconfig (for example ~/.kube/config)').optional(),
  }).prefault({}),
  nodes: z
    .preprocess(
      // An empty mapping is as if left out: no cluster has no nodes.
      (it) => (it === null || canonicalJson(it) === '{}' ? undefined : it),
      z
        .record(nodeName, machine(address.optional()), {
          error: 'a mapping of node names to addresses (for example worker-1: 192.0.2.11)',
        })
        .optional(),
    )
    .optional(),
  hosts: z
    .preprocess(
      (it) => it ?? {},
      z.record(hostName, machine(address), {
        error: 'a mapping of host names to addresses (for example pve: 192.0.2.2)',
      }),
    )
    .prefault({}),
  ssh: section({
    ...access,
    config: path('the path of an ssh configuration (for example ~/.ssh/config)').optional(),
  }).prefault({}),
  vault: vault.prefault({}),
  nfs: section({
    server: printableText('the server as mount tables name it (for example 192.0.2.2)'),
    host: hostName.optional(),
    export: matching(
      /^\/[^\s\p{C}]*$/u,
      'an absolute path on the server, as a client mounts it (for example /srv/nfs)',
    ).optional(),
  }).optional(),
  csi: csi.prefault({}),
  network: network.prefault({}),
  speakers: speakers.optional(),
  pve: pve.optional(),
  maintenance: maintenance.prefault({}),
  locks: locks.optional(),
  accessPath: listOf(nodeName, 'a list of node names (for example [worker-1])'),
  redact: section({
    values: listOf(z.string({ error: VALUE }).min(6, { error: VALUE }), 'a list of secret texts'),
    files: listOf(path(FILE), 'a list of files that hold secrets, one on each line'),
  }).prefault({}),
});

/** What a valid sre.yaml says, defaults filled in. */
export type Settings = z.output<typeof inventorySchema>;
