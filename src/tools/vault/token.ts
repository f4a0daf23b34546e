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

const TERMINATED = /(?:error: )?command terminated with exit code (\d+)/;

/**
 * Why the exec gave nothing. Only with kubectl's word on how the command ended did anything run in the pod; without it
 * the way there failed, which says nothing about Vault.
 */
function failureOf(out: RawOutput, bounds: Bounds): Failed | undefined {
  if (out.ending.how === 'exited' && out.ending.code === 0) return undefined;
  const { stderr } = out;
  const terminated = TERMINATED.exec(stderr);
  if (terminated === null) return classify(out)?.reading;
  const code = Number(terminated[1]);
  const said = printable(stderr.replace(TERMINATED, ''));
  if (code === NO_TOKEN) return failed('denied', 'no Vault token reached the pod');
  if (code === 137 || code === 124) {
    return failed('timeout', `killed in the pod after ${bounds.podS} s without an answer`);
  }
  if (/context deadline exceeded|i\/o timeout|Client\.Timeout/.test(stderr)) {
    return failed('timeout', printable(`Vault did not answer in time: ${said}`));
  }
  if (/Code: 403|permission denied|invalid token|Code: 401/.test(stderr)) {
    return failed('denied', printable(`Vault does not accept the token for this: ${said}`));
  }
  return failed('exit', printable(`vault failed in the pod (exit code ${code}): ${said}`));
}

interface Bounded<T> {
  readonly id: string;
  readonly about: string;
  readonly does?: Command<T>['does'];
  readonly scope?: string;
  readonly bounds: Bounds;
  readonly vault: readonly string[];
  readonly read: (out: RawOutput) => Reading<T>;
  /** What it means that the command ran in the pod and Vault did not answer it; a failed observation by default. */
  readonly unanswered?: (because: string) => Reading<T>;
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
    read: (out) => {
      const failure = failureOf(out, bounds);
      if (failure === undefined) return spec.read(out);
      const code = TERMINATED.exec(out.stderr)?.[1];
      // Only a time-out and a 5xx are Vault not taking a write; a refusal, a bad certificate or no vault to run are not.
      const late = failure.why === 'timeout' || /Code: 5\d\d\b/.test(out.stderr);
      const ran = code !== undefined && failure.why !== 'denied' && late;
      return (ran ? spec.unanswered?.(failure.says) : undefined) ?? failure;
    },
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

/**
 * Vault's word on a canary. `acked: false` means that Vault was asked and did not take the write; that the pod could not be
 * asked at all, or the token is refused, is a failed observation and says nothing about Vault.
 */
export type Canary = { readonly acked: true } | { readonly acked: false; readonly because: string };

const MARK = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;

/**
 * Writes a mark into the token's own cubbyhole: acknowledged means raft took a write. Not acknowledged within 10 s is
 * one sample of a stuck leader, and the write may still happen (COMMANDS A.4, L4). Throws on a mark that `vault` would
 * read as a file (`@…`) or as standard input (`-`).
 */
export function canary(site: Site, via: VaultPod, mark: string): Command<Canary> {
  if (!MARK.test(mark)) throw new TypeError(`'${mark}' is no mark of letters, digits, . _ : and -`);
  return bounded<Canary>(site, via, {
    id: 'vault.canary',
    about: `write a canary through ${via.name}`,
    does: 'intrusive',
    scope: 'cluster',
    bounds: CANARY,
    vault: ['write', '-format=json', 'cubbyhole/sre-canary', `mark=${mark}`],
    read: () => value({ acked: true }),
    unanswered: (because) => value({ acked: false, because }),
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
