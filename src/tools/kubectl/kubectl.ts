import type { Command, RawOutput, Reading, Stdin } from '../../runbook/command.ts';
import { value } from '../../runbook/command.ts';
import type { Cluster } from '../../runbook/site.ts';
import { parseJson } from '../json.ts';
import { andThen } from '../reading.ts';
import { classify } from './refusal.ts';

export { classify } from './refusal.ts';
export type { Refusal } from './refusal.ts';

/** How long one request to the API server may take where a command does not say: 10 s (COMMANDS E). */
export const REQUEST_TIMEOUT_MS = 10_000;

/** What the local deadline adds to the request timeout, for the start of kubectl and its own words: 3 s. */
export const LOCAL_MARGIN_MS = 3000;

/** One kubectl command: `args` come after the context, kubeconfig and request timeout that every one of them names. */
export interface Kubectl<T> {
  readonly cluster: Cluster;
  readonly id: string;
  readonly about: string;
  readonly args: readonly string[];
  readonly does?: Command<T>['does'];
  readonly stdin?: Stdin;
  /** The request timeout in milliseconds, whole seconds; the local deadline is 3 s longer. */
  readonly timeoutMs?: number;
  readonly scope?: string;
  readonly forces?: true;
  readonly read: (out: RawOutput) => Reading<T>;
}

/**
 * A kubectl command beside the operator: `kubectl --context C [--kubeconfig F] --request-timeout=Ns ARGS…`, never
 * through a shell. The request timeout does not bound an exec, so the local deadline always stands above it
 * (COMMANDS E, fact 9).
 */
export function kubectl<T>(spec: Kubectl<T>): Command<T> {
  const timeoutMs = spec.timeoutMs ?? REQUEST_TIMEOUT_MS;
  const { cluster } = spec;
  return {
    kind: 'command',
    id: spec.id,
    about: spec.about,
    where: { on: 'local' },
    does: spec.does ?? 'reads',
    run: {
      kind: 'argv',
      argv: [
        'kubectl',
        '--context',
        cluster.context,
        ...(cluster.kubeconfig === undefined ? [] : ['--kubeconfig', cluster.kubeconfig]),
        `--request-timeout=${Math.ceil(timeoutMs / 1000)}s`,
        ...spec.args,
      ],
      ...(spec.stdin === undefined ? {} : { stdin: spec.stdin }),
    },
    deadlineMs: timeoutMs + LOCAL_MARGIN_MS,
    ...(spec.scope === undefined ? {} : { scope: spec.scope }),
    ...(spec.forces === undefined ? {} : { forces: spec.forces }),
    read: spec.read,
  };
}

/** A GET of one API path, without discovery: cold discovery multiplies the request timeout by five (COMMANDS E, traps). */
export interface GetRaw<T> {
  readonly cluster: Cluster;
  readonly id: string;
  readonly about: string;
  /** The path with its query, already encoded: `/api/v1/nodes`. */
  readonly path: string;
  readonly timeoutMs?: number;
  /** Reads the parsed JSON body. */
  readonly read: (json: unknown) => Reading<T>;
  /** What a 404 of the very object means, in a box so that it can be `undefined`; absent: a 404 is a failure. */
  readonly notFound?: { readonly value: T };
}

/** `kubectl get --raw PATH`, its body read as JSON; refusals are classified by {@link classify}. */
export function getRaw<T>(spec: GetRaw<T>): Command<T> {
  return kubectl<T>({
    cluster: spec.cluster,
    id: spec.id,
    about: spec.about,
    args: ['get', '--raw', spec.path],
    ...(spec.timeoutMs === undefined ? {} : { timeoutMs: spec.timeoutMs }),
    read: (out) => {
      const refusal = classify(out);
      if (refusal === undefined) return andThen(parseJson(out, 'an answer of the API'), spec.read);
      if (refusal.is === 'not-found' && spec.notFound !== undefined) {
        return value(spec.notFound.value);
      }
      return refusal.reading;
    },
  });
}

/** One part of an API path, encoded; names of Kubernetes objects stay as they are. */
export const segment = (name: string): string => encodeURIComponent(name);
