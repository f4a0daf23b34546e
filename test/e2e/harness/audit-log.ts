import { open, stat } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { RUN_LEASE } from '../../../src/tools/kubectl/run-lease.ts';
import { until } from './until.ts';

/** What the API server wrote down of one request: the suite's witness of what the product did. */
export interface AuditedRequest {
  readonly user: string;
  readonly verb: string;
  readonly uri: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** 0 when the connection was lost before an answer. */
  readonly code: number;
  readonly dryRun: boolean;
  /** The UID that a delete was pinned to, if it was. */
  readonly preconditionUid: string | undefined;
  /** The grace that a delete asked for, if it did. */
  readonly graceSeconds: number | undefined;
  readonly userAgent: string;
}

/** A place in the audit log; requests before it are of no interest. */
export type AuditMark = number;

/** Metadata of every request, and of those that write also the body (for their preconditions). */
export const AUDIT_POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [
    { level: 'Request', verbs: ['create', 'update', 'patch', 'delete', 'deletecollection'] },
    { level: 'Metadata' },
  ],
};

const WRITING = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);
const ENTERING = new Set(['exec', 'attach', 'portforward']);
const ASKING = new Set(['authorization.k8s.io', 'authentication.k8s.io']);

/** Reads the audit log of an API server (JSON lines). */
export class AuditLog {
  readonly path: string;
  readonly #fence: (marker: string) => Promise<void>;

  /** `fence` makes a request whose URI holds the marker: when it is logged, earlier ones are. */
  constructor(path: string, fence: (marker: string) => Promise<void>) {
    this.path = path;
    this.#fence = fence;
  }

  /** The place in the log after all that was answered so far. */
  async mark(): Promise<AuditMark> {
    await this.#settle(0);
    return (await stat(this.path)).size;
  }

  /** Every request since the mark, the API server's own left out. */
  async requests(since: AuditMark): Promise<readonly AuditedRequest[]> {
    const marker = await this.#settle(since);
    const byId = new Map((await this.#events(since)).map((event) => [event.auditID, event]));
    return [...byId.values()]
      .filter(({ requestURI, user }) => !requestURI.includes(marker) && !isServer(user.username))
      .map(simplify);
  }

  /**
   * Requests since the mark that were meant to change something: writes and ways into a pod, also
   * refused ones (see `code`), but neither dry runs nor questions about rights, nor the lock that a run takes for itself.
   */
  async mutations(since: AuditMark, user?: string): Promise<readonly AuditedRequest[]> {
    const all = await this.requests(since);
    return all.filter(
      (request) =>
        isMutation(request) && !isLock(request) && (user ?? request.user) === request.user,
    );
  }

  /** How often the lock of a run was written since the mark: taken, renewed, released. */
  async lockWrites(since: AuditMark): Promise<number> {
    const all = await this.requests(since);
    return all.filter((request) => isMutation(request) && isLock(request)).length;
  }

  async #settle(since: AuditMark): Promise<string> {
    const marker = randomUUID();
    await this.#fence(marker);
    await until('the audit log has the fence', { seconds: 10, everyMs: 20 }, async () =>
      (await this.#text(since)).includes(marker),
    );
    return marker;
  }

  async #events(since: AuditMark): Promise<readonly AuditEvent[]> {
    const lines = (await this.#text(since)).split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as AuditEvent);
  }

  async #text(since: AuditMark): Promise<string> {
    const file = await open(this.path);
    try {
      const { size } = await file.stat();
      const buffer = Buffer.alloc(Math.max(0, size - since));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, since);
      const text = buffer.subarray(0, bytesRead).toString('utf8');
      return text.slice(0, text.lastIndexOf('\n') + 1);
    } finally {
      await file.close();
    }
  }
}

interface AuditEvent {
  readonly auditID: string;
  readonly requestURI: string;
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly userAgent?: string;
  readonly objectRef?: Readonly<Record<string, string>>;
  readonly responseStatus?: { readonly code?: number };
  readonly requestObject?: {
    readonly preconditions?: { readonly uid?: string };
    readonly gracePeriodSeconds?: number;
  };
}

function simplify(event: AuditEvent): AuditedRequest {
  const { apiGroup, resource, subresource, namespace, name } = event.objectRef ?? {};
  return {
    user: event.user.username,
    verb: event.verb,
    uri: event.requestURI,
    group: apiGroup ?? '',
    resource: resource ?? '',
    subresource: subresource ?? '',
    namespace: namespace ?? '',
    name: name ?? '',
    code: event.responseStatus?.code ?? 0,
    dryRun: new URL(event.requestURI, 'http://x').searchParams.has('dryRun'),
    preconditionUid: event.requestObject?.preconditions?.uid,
    graceSeconds: event.requestObject?.gracePeriodSeconds,
    userAgent: event.userAgent ?? '',
  };
}

function isMutation({ verb, subresource, group, dryRun }: AuditedRequest): boolean {
  if (dryRun || ASKING.has(group)) return false;
  return WRITING.has(verb) || ENTERING.has(subresource);
}

const isLock = ({ resource, name }: AuditedRequest): boolean =>
  resource === 'leases' && name === RUN_LEASE;

function isServer(user: string): boolean {
  return user === 'system:apiserver';
}
