import type { Command, Reading } from '../../runbook/command.ts';
import { unparsable, value } from '../../runbook/command.ts';
import type { NfsSite } from '../../runbook/site.ts';
import { headOf, only } from '../node/head.ts';
import type { ProcessIdentity } from '../node/process-record.ts';
import { decimal, wholeNumber } from '../node/process-stat.ts';
import { script } from '../node/script.ts';
import type { ScriptRecord } from '../node/script.ts';
import { printable } from '../printable.ts';

/** The versions a test mount asks for; `default` asks for none, and takes what is negotiated. */
export type NfsVersion = 'default' | '4.2' | '4.1' | '4.0' | '3';

/** Why a mount was refused, by the words of `mount.nfs` (COMMANDS B.5). */
export type MountRefusal =
  /** Nothing listens: nfsd is stopped. */
  | 'refused'
  /** The connection attempt got no answer at all. */
  | 'timed-out'
  /** TCP stands, and no RPC reply came: nfsd hangs. */
  | 'no-reply'
  /** The server does not speak that version. */
  | 'protocol'
  | 'no-entry'
  | 'not-exported'
  /** Also what NFSv3 says in every case of a server that is down: it proves nothing there. */
  | 'other';

/** What became of one test mount. */
export type MountTry = { readonly bootId: string } & (
  | {
      readonly is: 'mounted';
      readonly seconds: number;
      /** As the mount table has it: `4.2`. */
      readonly version: string;
      /** Whether the test mount is out of the mount table again, and its directory gone. */
      readonly undone: boolean;
    }
  | {
      readonly is: 'hung';
      readonly seconds: number;
      /** The `mount.nfs` that outlived SIGKILL; absent: all of it is gone. */
      readonly left?: ProcessIdentity;
    }
  | {
      readonly is: 'failed';
      readonly seconds: number;
      readonly code: number;
      readonly reason: MountRefusal;
      readonly says: string;
    }
  /** A `mount.nfs` is in D on the node already, which is the answer: nothing was tried. */
  | { readonly is: 'busy'; readonly task: ProcessIdentity & { readonly wchan: string } }
  /** Another test mount is under way on the node: nothing was tried. */
  | { readonly is: 'locked' }
);

/** The words of nfs-utils, as recorded (lab 00, 05). The first that is found counts. */
const WORDS: readonly (readonly [RegExp, MountRefusal])[] = [
  [/Connection refused/, 'refused'],
  [/Connection timed out/, 'timed-out'],
  [/mount system call failed|Input\/output error/, 'no-reply'],
  [/Protocol not supported/, 'protocol'],
  [/No such file or directory/, 'no-entry'],
  [/Operation not permitted|access denied by server/, 'not-exported'],
];

/** In NFSv3, and where the version is left to `mount.nfs`, these words stand for any server that is down (COMMANDS B.5). */
const UNSUPPORTED = /requested NFS version or transport protocol is not supported/;

function reasonOf(says: string, version: NfsVersion): MountRefusal {
  const known = WORDS.find(([words]) => words.test(says))?.[1];
  if (known !== undefined) return known;
  return UNSUPPORTED.test(says) && version.startsWith('4') ? 'protocol' : 'other';
}

function toBusy(fields: readonly string[]): Extract<MountTry, { is: 'busy' }>['task'] | undefined {
  const [pid, startTicks] = [fields[0], fields[1]].map(wholeNumber);
  const wchan = fields[2];
  if (pid === undefined || startTicks === undefined || wchan === undefined) return undefined;
  return { pid, startTicks, wchan, comm: fields.slice(3).join('\t') };
}

function toLeft(fields: readonly string[]): ProcessIdentity | undefined {
  const [pid, startTicks] = [fields[0], fields[1]].map(wholeNumber);
  if (pid === undefined || startTicks === undefined || !/^[A-Za-z]$/.test(fields[2] ?? '')) {
    return undefined;
  }
  return { pid, startTicks, comm: fields.slice(3).join('\t') };
}

/** SIGKILL by `timeout` ends with 137; `mount` itself ends with a sum of 1, 2, 4, 8, 16, 32 and 64 (mount(8)). */
const KILLED = 137;

function toTry(records: readonly ScriptRecord[], version: NfsVersion): MountTry | undefined {
  const bootId = only(records, 'boot') ?? '';
  const [tried, rc, took] = records.find((r) => r.kind === 'try')?.fields ?? [];
  const [code, seconds] = [wholeNumber(rc), decimal(took)];
  if (tried !== version || code === undefined || seconds === undefined) return undefined;
  if (code === 0) {
    const seen = only(records, 'vers');
    const undone = only(records, 'undone');
    if (!seen || (undone !== 'yes' && undone !== 'no')) return undefined;
    return { bootId, is: 'mounted', seconds, version: seen, undone: undone === 'yes' };
  }
  if (code === KILLED) {
    const record = records.find((r) => r.kind === 'left');
    if (record === undefined) return { bootId, is: 'hung', seconds };
    const left = toLeft(record.fields);
    return left === undefined ? undefined : { bootId, is: 'hung', seconds, left };
  }
  const lines = records.filter((r) => r.kind === 'said').map((r) => r.rest.trim());
  const says = printable(lines.filter((line) => line !== '').join('; '));
  return { bootId, is: 'failed', seconds, code, reason: reasonOf(says, version), says };
}

function readProbe(records: readonly ScriptRecord[], version: NfsVersion): Reading<MountTry> {
  const head = headOf(records);
  if (head === undefined)
    return unparsable('expected the boot id and the user id of the node first');
  const { bootId } = head;
  if (only(records, 'locked') !== undefined) return value({ bootId, is: 'locked' });
  const busy = records.find((r) => r.kind === 'busy');
  if (busy !== undefined) {
    const task = toBusy(busy.fields);
    return task === undefined
      ? unparsable('expected the mount that is stuck already, and got something else')
      : value({ bootId, is: 'busy', task });
  }
  const it = toTry(records, version);
  return it === undefined
    ? unparsable('expected to hear what became of the test mount, and got something else')
    : value(it);
}

/**
 * Mounts the export of the inventory on a node with one version, read-only, and takes it off again; killed after
 * `seconds`. One at a time, never while a `mount.nfs` is in D; a survivor is named (COMMANDS B.5).
 */
export function testMount(
  node: string,
  nfs: NfsSite & { readonly export: string },
  version: NfsVersion,
  seconds = 15,
): Command<MountTry> {
  const how = version === 'default' ? 'in the default version' : `in version ${version}`;
  return script<MountTry>({
    where: { on: 'node', node },
    id: 'nfs.probe',
    about: `test-mount ${nfs.server}:${nfs.export} ${how} on ${node}`,
    script: 'nfs/probe',
    args: [nfs.server, nfs.export, version, String(seconds)],
    does: 'intrusive',
    scope: `test mount on ${node}`,
    deadlineMs: (seconds + 15) * 1000,
    read: (records) => readProbe(records, version),
  });
}
