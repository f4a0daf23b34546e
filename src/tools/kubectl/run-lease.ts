import { z } from 'zod';
import type { Command, RawOutput, Reading } from '../../runbook/command.ts';
import { unparsable, value } from '../../runbook/command.ts';
import type { Cluster } from '../../runbook/site.ts';
import { parseJson, readAs } from '../json.ts';
import { printable } from '../printable.ts';
import { andThen } from '../reading.ts';
import { runName } from '../run-name.ts';
import { classify, getRaw, kubectl, segment } from './kubectl.ts';

/** The name of the Lease that keeps the runs of a cluster apart. */
export const RUN_LEASE = 'sre-run';

/** Who has the lease, by their own clock. */
export interface LeaseHolder {
  /** The run's id. */
  readonly run: string;
  /** `user@host`; empty where the lease does not say. */
  readonly owner: string;
  readonly purpose: string;
  readonly durationSeconds: number;
  /** Milliseconds since 1970, UTC. */
  readonly acquiredAt?: number;
  /** The last heartbeat. */
  readonly renewedAt: number;
  /** The reason with which it was taken over from another run. */
  readonly tookOver?: string;
}

/** The lease as the API server has it. */
export interface RunLease {
  /** What a replacement is pinned to: any write changes it. */
  readonly resourceVersion: string;
  /** `leaseTransitions`: it grows with every taking, and outlives the holder. */
  readonly number: number;
  /** Absent: it is free. */
  readonly holder?: LeaseHolder;
}

/** What is written: the same without what the API server gives. */
export type LeaseText = Omit<RunLease, 'resourceVersion'>;

/** `conflict`: somebody else created, changed or deleted it since it was read; nothing was written. */
export type LeaseWritten =
  | { readonly is: 'written'; readonly lease: RunLease }
  | { readonly is: 'conflict' };

/** Characters of an owner, and of a purpose or reason, that are written and that are read. */
const OWNER = 120;
const PURPOSE = 300;

const [AT_OWNER, AT_PURPOSE, AT_TAKE_OVER] = ['sre/owner', 'sre/purpose', 'sre/take-over'] as const;

/** LeaseSpec of coordination.k8s.io/v1: all of it is optional (k8s.io/api/coordination/v1/types.go). */
const leaseSchema = z.object({
  kind: z.literal('Lease'),
  metadata: z.object({
    resourceVersion: z.string().min(1),
    annotations: z.record(z.string(), z.string()).nullish(),
  }),
  spec: z
    .object({
      holderIdentity: z.string().nullish(),
      leaseDurationSeconds: z.number().int().positive().nullish(),
      acquireTime: z.string().nullish(),
      renewTime: z.string().nullish(),
      leaseTransitions: z.number().int().min(0).nullish(),
    })
    .nullish(),
});

/** A time as MicroTime prints it: RFC 3339, six digits after the second. */
const timeOf = (text: string | null | undefined): number | undefined => {
  const at = text ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
};

/** As MicroTime reads it: with any other number of digits the API server refuses it (apimachinery, micro_time.go). */
const microTime = (at: number): string => new Date(at).toISOString().replace('Z', '000Z');

function readLease(json: unknown): Reading<RunLease> {
  return andThen(readAs(json, `the lease ${RUN_LEASE}`, leaseSchema), ({ metadata, spec }) => {
    const base = {
      resourceVersion: metadata.resourceVersion,
      number: spec?.leaseTransitions ?? 0,
    };
    if (!spec?.holderIdentity) return value<RunLease>(base);
    const [renewedAt, acquiredAt] = [timeOf(spec.renewTime), timeOf(spec.acquireTime)];
    if (renewedAt === undefined || !spec.leaseDurationSeconds) {
      return unparsable(
        `expected a heartbeat and a duration in the lease ${RUN_LEASE}, which has a holder, and one is missing`,
      );
    }
    const notes = metadata.annotations ?? {};
    const tookOver = printable(notes[AT_TAKE_OVER] ?? '', PURPOSE);
    return value<RunLease>({
      ...base,
      holder: {
        run: runName(spec.holderIdentity),
        owner: printable(notes[AT_OWNER] ?? '', OWNER),
        purpose: printable(notes[AT_PURPOSE] ?? '', PURPOSE),
        durationSeconds: spec.leaseDurationSeconds,
        ...(acquiredAt === undefined ? {} : { acquiredAt }),
        renewedAt,
        ...(tookOver === '' ? {} : { tookOver }),
      },
    });
  });
}

/** Without a holder the field is left out: an empty one is invalid (pkg/apis/coordination/validation). */
function manifest(namespace: string, { number, holder }: LeaseText, resourceVersion?: string) {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name: RUN_LEASE,
      namespace,
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      labels: { 'app.kubernetes.io/managed-by': 'sre' },
      ...(holder === undefined
        ? {}
        : {
            annotations: {
              [AT_OWNER]: printable(holder.owner, OWNER),
              [AT_PURPOSE]: printable(holder.purpose, PURPOSE),
              ...(holder.tookOver === undefined
                ? {}
                : { [AT_TAKE_OVER]: printable(holder.tookOver, PURPOSE) }),
            },
          }),
    },
    spec: {
      leaseTransitions: number,
      ...(holder === undefined
        ? {}
        : {
            holderIdentity: holder.run,
            leaseDurationSeconds: holder.durationSeconds,
            ...(holder.acquiredAt === undefined
              ? {}
              : { acquireTime: microTime(holder.acquiredAt) }),
            renewTime: microTime(holder.renewedAt),
          }),
    },
  };
}

const leases = (namespace: string): string =>
  `/apis/coordination.k8s.io/v1/namespaces/${segment(namespace)}/leases`;

/** `AlreadyExists` of a create, `Conflict` of a replacement, and an object that is not there any more, all say: not as it was read. */
function readWritten(out: RawOutput): Reading<LeaseWritten> {
  const refusal = classify(out);
  if (refusal === undefined) {
    return andThen(parseJson(out, `the lease ${RUN_LEASE}`), (json) =>
      andThen(readLease(json), (lease) => value<LeaseWritten>({ is: 'written', lease })),
    );
  }
  const changed =
    refusal.reason === 'AlreadyExists' ||
    refusal.reason === 'Conflict' ||
    refusal.is === 'not-found';
  return changed ? value<LeaseWritten>({ is: 'conflict' }) : refusal.reading;
}

/**
 * The lease of the runs; `undefined` where there is none. Any other failure is no answer: an error is not 'free'. By its
 * path, because `kubectl get lease` discovers first, which takes five times the timeout (COMMANDS E, traps).
 */
export function readRunLease(cluster: Cluster, namespace: string): Command<RunLease | undefined> {
  return getRaw<RunLease | undefined>({
    cluster,
    id: 'kubectl.run-lease',
    about: `read the lease ${namespace}/${RUN_LEASE}`,
    path: `${leases(namespace)}/${RUN_LEASE}`,
    read: readLease,
    notFound: { value: undefined },
  });
}

/**
 * Writing it is `intrusive`: it leaves a trace that does no harm, an object of sre's own that nobody depends on. It is not
 * `mutates`, which would want a confirmation, and a confirmation wants the lock first; nor `reads`, which a plan performs.
 */
function write(
  cluster: Cluster,
  namespace: string,
  verb: 'create' | 'replace',
  body: object,
): Command<LeaseWritten> {
  return kubectl<LeaseWritten>({
    cluster,
    id: `kubectl.${verb}-run-lease`,
    about: `${verb} the lease ${namespace}/${RUN_LEASE}`,
    args: [
      verb,
      '--raw',
      verb === 'create' ? leases(namespace) : `${leases(namespace)}/${RUN_LEASE}`,
      '-f',
      '-',
    ],
    does: 'intrusive',
    stdin: { kind: 'text', text: JSON.stringify(body) },
    scope: `lease ${namespace}/${RUN_LEASE}`,
    read: readWritten,
  });
}

/** Creates the lease: of two that try at once, one gets `conflict`. */
export const createRunLease = (
  cluster: Cluster,
  namespace: string,
  text: LeaseText,
): Command<LeaseWritten> => write(cluster, namespace, 'create', manifest(namespace, text));

/** Replaces the lease, if it still is the one that was read, by its resource version. */
export const replaceRunLease = (
  cluster: Cluster,
  namespace: string,
  resourceVersion: string,
  text: LeaseText,
): Command<LeaseWritten> =>
  write(cluster, namespace, 'replace', manifest(namespace, text, resourceVersion));
