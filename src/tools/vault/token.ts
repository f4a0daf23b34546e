import { z } from 'zod';
import type { Command, RawOutput, Reading } from '../../runbook/command.ts';
import { value } from '../../runbook/command.ts';
import type { Site } from '../../runbook/site.ts';
import { parseJson, readAs } from '../json.ts';
import { classify, kubectl } from '../kubectl/kubectl.ts';
import { printable } from '../printable.ts';
import { andThen, failed } from '../reading.ts';
import type { Failed } from '../reading.ts';
import type { VaultPod } from './proxy.ts';

/** A server of the raft configuration. `id` is the node id, in the Helm chart the pod's name. */
export interface RaftServer {
  readonly id: string;
  /** `vault-2.vault-internal:8201`. */
  readonly address: string;
  readonly leader: boolean;
  readonly voter: boolean;
}

/** The seconds one bounded exec may take: in the Vault client, in the pod, and (milliseconds) on this side. */
interface Bounds {
  readonly clientS: number;
  readonly podS: number;
  readonly requestMs: number;
}

const READ: Bounds = { clientS: 5, podS: 7, requestMs: 7000 };
const CANARY: Bounds = { clientS: 10, podS: 12, requestMs: 12_000 };

/** The exit code of the fixed text where no token came on standard input. */
const NO_TOKEN = 90;

/**
 * What runs in the pod: the token comes on standard input and goes into the environment of the child alone, never into
 * an argument list. A last line without a line feed counts.
 */
const inPod = (clientS: number): string =>
  `IFS= read -r VAULT_TOKEN || [ -n "$VAULT_TOKEN" ] || exit ${NO_TOKEN}; export VAULT_TOKEN; ` +
  `export VAULT_CLIENT_TIMEOUT=${clientS} VAULT_MAX_RETRIES=0; exec "$@" </dev/null`;

function failureOf(out: RawOutput, bounds: Bounds): Failed | undefined {
  if (out.ending.how === 'exited' && out.ending.code === 0) return undefined;
  const { stderr } = out;
  const code = out.ending.how === 'exited' ? out.ending.code : undefined;
  const inPodCode = Number(/command terminated with exit code (\d+)/.exec(stderr)?.[1] ?? code);
  const said = printable(stderr.replace(/(?:error: )?command terminated with exit code \d+/, ''));
  if (inPodCode === NO_TOKEN) return failed('denied', 'no Vault token reached the pod');
  if (inPodCode === 137 || inPodCode === 124) {
    return failed('timeout', `killed in the pod after ${bounds.podS} s without an answer`);
  }
  if (/context deadline exceeded|i\/o timeout|Client\.Timeout/.test(stderr)) {
    return failed('timeout', printable(`Vault did not answer in time: ${said}`));
  }
  if (/Code: 403|permission denied|invalid token|Code: 401/.test(stderr)) {
    return failed('denied', printable(`Vault does not accept the token for this: ${said}`));
  }
  if (/command terminated with exit code/.test(stderr)) {
    return failed('exit', printable(`vault failed in the pod (exit code ${inPodCode}): ${said}`));
  }
  return classify(out)?.reading;
}

interface Bounded<T> {
  readonly id: string;
  readonly about: string;
  readonly does?: Command<T>['does'];
  readonly scope?: string;
  readonly bounds: Bounds;
  readonly vault: readonly string[];
  readonly read: (out: RawOutput) => Reading<T>;
}

/**
 * `vault …` in a functional standby, killed in the pod and on this side: an exec through a sick kubelet has no bound of
 * its own, so never ask a pod that is suspected to hang, and never twice at once (COMMANDS A.7).
 */
function bounded<T>(site: Site, via: VaultPod, spec: Bounded<T>): Command<T> {
  const { vault } = site;
  const { bounds } = spec;
  return kubectl<T>({
    cluster: site.cluster,
    id: spec.id,
    about: spec.about,
    args: [
      '-n',
      vault.namespace,
      'exec',
      '-i',
      via.name,
      '-c',
      vault.container,
      '--',
      'timeout',
      '-s',
      'KILL',
      String(bounds.podS),
      'sh',
      '-c',
      inPod(bounds.clientS),
      'sre',
      'vault',
      ...spec.vault,
    ],
    ...(spec.does === undefined ? {} : { does: spec.does }),
    ...(spec.scope === undefined ? {} : { scope: spec.scope }),
    stdin: { kind: 'secret', secret: 'vault-token' },
    timeoutMs: bounds.requestMs,
    read: (out) => failureOf(out, bounds) ?? spec.read(out),
  });
}

const peersSchema = z.object({
  data: z.object({
    config: z.object({
      servers: z.array(
        z.object({
          node_id: z.string().min(1),
          address: z.string(),
          leader: z.boolean(),
          voter: z.boolean(),
        }),
      ),
    }),
  }),
});

/** The servers of the raft configuration, voters and not: what quorum is counted from (COMMANDS A.5). The leader answers it. */
export function raftConfiguration(site: Site, via: VaultPod): Command<readonly RaftServer[]> {
  return bounded<readonly RaftServer[]>(site, via, {
    id: 'vault.raft-configuration',
    about: `read the raft configuration through ${via.name}`,
    bounds: READ,
    vault: ['operator', 'raft', 'list-peers', '-format=json'],
    read: (out) =>
      andThen(parseJson(out, 'the raft configuration'), (json) =>
        andThen(readAs(json, 'the raft configuration', peersSchema), ({ data }) =>
          value(
            data.config.servers.map((s) => ({
              id: s.node_id,
              address: s.address,
              leader: s.leader,
              voter: s.voter,
            })),
          ),
        ),
      ),
  });
}

const MARK = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;

/**
 * Writes a mark into the token's own cubbyhole: acknowledged means raft took a write. Not acknowledged within 10 s is
 * one sample of a stuck leader, and the write may still happen (COMMANDS A.4, L4). Throws on a mark that `vault` would
 * read as a file (`@…`) or as standard input (`-`).
 */
export function canary(site: Site, via: VaultPod, mark: string): Command<{ readonly acked: true }> {
  if (!MARK.test(mark)) throw new TypeError(`'${mark}' is no mark of letters, digits, . _ : and -`);
  return bounded<{ readonly acked: true }>(site, via, {
    id: 'vault.canary',
    about: `write a canary through ${via.name}`,
    does: 'intrusive',
    scope: 'cluster',
    bounds: CANARY,
    vault: ['write', '-format=json', 'cubbyhole/sre-canary', `mark=${mark}`],
    read: () => value({ acked: true }),
  });
}

const lookupSchema = z.object({ data: z.object({ accessor: z.string() }) });

/** Whether a read that must pass the audit device comes back: `vault token lookup`, which changes nothing. */
export function audited(site: Site, via: VaultPod): Command<true> {
  return bounded<true>(site, via, {
    id: 'vault.audited',
    about: `look the token up through ${via.name}, past the audit device`,
    bounds: READ,
    vault: ['token', 'lookup', '-format=json'],
    read: (out) =>
      andThen(parseJson(out, 'the token lookup'), (json) =>
        andThen(readAs(json, 'the token lookup', lookupSchema), () => value(true)),
      ),
  });
}
