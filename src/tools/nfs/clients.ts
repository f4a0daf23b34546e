import type { Command, Reading } from '../../runbook/command.ts';
import { unparsable, value } from '../../runbook/command.ts';
import type { Site } from '../../runbook/site.ts';
import { only } from '../node/head.ts';
import { wholeNumber } from '../node/process-stat.ts';
import { script } from '../node/script.ts';
import type { ScriptRecord } from '../node/script.ts';
import { failed } from '../reading.ts';

/** A file that a client holds. */
export interface HeldFile {
  /** The last parts of its path; empty where the server does not say, so that it may be any file. */
  readonly filename: string;
}

/** A client as the NFS server sees it, whatever the client itself believes. */
export interface NfsClient {
  /** The number of its directory under /proc/fs/nfsd/clients. */
  readonly id: string;
  /** Without the port. */
  readonly address: string;
  /** The host name a Linux client gives itself; empty where the name has another form. */
  readonly hostname: string;
  /** The minor version of NFSv4: a node has one client for each that it uses. */
  readonly minor: number;
  /** `confirmed`, `unconfirmed`, `courtesy` (silent past its lease), `expirable`. */
  readonly status: string;
  /** Seconds; kernels before 5.15 do not say. */
  readonly secondsSinceRenew?: number;
  readonly locks: readonly HeldFile[];
  readonly opens: readonly HeldFile[];
}

/** All clients of the NFS server: who is silent past its lease, and who holds a lock (COMMANDS B.8). */
export interface NfsClients {
  /** Seconds a client may stay silent. */
  readonly leaseSeconds: number;
  readonly clients: readonly NfsClient[];
}

const unquote = (text: string): string => /^"(.*)"$/s.exec(text)?.[1] ?? text;

/** `127.0.0.1:883`, `[fd00::1]:883`. */
const withoutPort = (address: string): string =>
  /^\[(.*)\]:\d+$/.exec(address)?.[1] ?? /^([^:]*):\d+$/.exec(address)?.[1] ?? address;

/** `Linux NFSv4.2 k8sn`, `Linux NFSv4.2 UNIQUIFIER/k8sn`, `Linux NFSv4.0 k8sn/10.0.0.1` (fs/nfs/nfs4proc.c). */
function hostOf(name: string): string {
  const match = /^Linux NFSv4\.(\d+) (\S+)$/.exec(name);
  const parts = match?.[2]?.split('/') ?? [];
  return (match?.[1] === '0' ? parts[0] : parts.at(-1)) ?? '';
}

/** The files of the states of one type: `- 0x…: { type: lock, …, filename: "a/vault.db", … }`. */
function filesOf(states: readonly string[], type: string): readonly HeldFile[] {
  return states
    .filter((line) => new RegExp(`\\{ type: ${type},`).test(line))
    .map((line) => ({ filename: /, filename: "((?:[^"\\]|\\.)*)"/.exec(line)?.[1] ?? '' }));
}

const linesOf = (records: readonly ScriptRecord[], kind: string, id: string): readonly string[] =>
  records
    .filter((r) => r.kind === kind && r.fields[0] === id)
    .map((r) => r.rest.slice(id.length + 1));

function toClient(records: readonly ScriptRecord[], id: string): NfsClient | undefined {
  const info = new Map(
    linesOf(records, 'info', id).map((line): [string, string] => {
      const colon = line.indexOf(': ');
      return colon < 0 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 2)];
    }),
  );
  const address = info.get('address');
  const minor = wholeNumber(info.get('minor version'));
  const status = info.get('status');
  if (address === undefined || minor === undefined || !status) return undefined;
  const renew = wholeNumber(info.get('seconds from last renew'));
  const states = linesOf(records, 'state', id);
  return {
    id,
    address: withoutPort(unquote(address)),
    hostname: hostOf(unquote(info.get('name') ?? '')),
    minor,
    status,
    ...(renew === undefined ? {} : { secondsSinceRenew: renew }),
    locks: filesOf(states, 'lock'),
    opens: filesOf(states, 'open'),
  };
}

function readClients(records: readonly ScriptRecord[]): Reading<NfsClients> {
  if (only(records, 'absent') !== undefined) {
    return failed('exit', 'no NFS server of kernel 5.3 or later runs on that host');
  }
  const leaseSeconds = wholeNumber(only(records, 'lease'));
  if (leaseSeconds === undefined)
    return unparsable('expected the lease time of the NFS server first');
  const ids = new Set(records.filter((r) => r.kind === 'info').map((r) => r.fields[0] ?? ''));
  const clients: NfsClient[] = [];
  for (const id of ids) {
    const client = toClient(records, id);
    if (client === undefined) {
      return unparsable(
        `expected address, status and minor version of NFS client ${id}, and one is missing`,
      );
    }
    clients.push(client);
  }
  return value({ leaseSeconds, clients });
}

/**
 * The NFS server's own list of its clients, their leases and locks; 10 s. `undefined` where the inventory names no host
 * to read it on.
 */
export function nfsClients(site: Site): Command<NfsClients> | undefined {
  const host = site.nfs?.host;
  if (host === undefined) return undefined;
  return script<NfsClients>({
    where: { on: 'pve', host },
    id: 'nfs.clients',
    about: `read the client list of the NFS server on ${host}`,
    script: 'nfs/clients',
    args: [],
    deadlineMs: 10_000,
    read: readClients,
  });
}
