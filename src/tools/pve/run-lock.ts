import type { Command, Reading } from '../../runbook/command.ts';
import { unparsable, value } from '../../runbook/command.ts';
import { only } from '../node/head.ts';
import { wholeNumber } from '../node/process-stat.ts';
import { script } from '../node/script.ts';
import type { ScriptRecord } from '../node/script.ts';
import { printable } from '../printable.ts';
import { runName } from '../run-name.ts';

/** Where the lock lies on a Proxmox VE host; the script's own default (hier(7): `/run` is emptied by a reboot). */
export const RUN_LOCK = '/run/sre/run.lock';

/** Who has the lock of a host; times are ages by that host's clock, so no two clocks need to agree. */
export interface HostHolder {
  /** Absent: the lock is half made, and nobody knows whose it is. */
  readonly run?: string;
  readonly owner: string;
  readonly purpose: string;
  /** Of the taking, and higher than of any before it; 0 of a lock that is half made. */
  readonly number: number;
  /** Since it was taken. */
  readonly heldSeconds: number;
  /** Since its last heartbeat. */
  readonly silentSeconds: number;
  /** Without a heartbeat for longer it may be taken over. */
  readonly expirySeconds: number;
}

/** The lock as it stands on a host; `lastNumber`: the last that was given out since the host booted. */
export type HostLock =
  | { readonly is: 'free'; readonly lastNumber: number }
  | { readonly is: 'held'; readonly holder: HostHolder };

/**
 * What a verb did, and the lock as it stands after it. `did: false`: nothing was changed, because it does not stand as the
 * verb wants it.
 */
export interface HostAnswer {
  readonly did: boolean;
  readonly now: HostLock;
}

/** Who takes a lock, and for what. */
export interface Taking {
  /** The run's id. */
  readonly run: string;
  /** `user@host`. */
  readonly owner: string;
  readonly purpose: string;
  /** Without a heartbeat for longer it may be taken over. */
  readonly seconds: number;
}

/** A lock as its holder knows it: both must still be so for a renewal and for a release. */
export interface Held {
  readonly run: string;
  readonly number: number;
}

/** Characters of an owner and of a purpose that are written, and that are read. */
const OWNER = 120;
const PURPOSE = 300;

const DEEDS = ['taken', 'again', 'renewed', 'released', 'taken-over'];

function holderOf(records: readonly ScriptRecord[]): HostHolder | undefined {
  const fields = records.find((r) => r.kind === 'held')?.fields.map(wholeNumber) ?? [];
  const [number, silentSeconds, expirySeconds, heldSeconds] = fields;
  const [run, owner, purpose] = ['run', 'owner', 'purpose'].map((kind) => only(records, kind));
  if (
    number === undefined ||
    silentSeconds === undefined ||
    expirySeconds === undefined ||
    heldSeconds === undefined ||
    (run === undefined) !== (number === 0)
  ) {
    return undefined;
  }
  return {
    ...(run === undefined ? {} : { run: runName(run) }),
    owner: printable(owner ?? '', OWNER),
    purpose: printable(purpose ?? '', PURPOSE),
    number,
    heldSeconds,
    silentSeconds,
    expirySeconds,
  };
}

function lockOf(records: readonly ScriptRecord[]): HostLock | undefined {
  const lastNumber = wholeNumber(only(records, 'free'));
  if (lastNumber !== undefined) return { is: 'free', lastNumber };
  const holder = holderOf(records);
  return holder === undefined ? undefined : { is: 'held', holder };
}

function readAnswer(records: readonly ScriptRecord[]): Reading<HostAnswer> {
  const did = only(records, 'did') ?? '';
  const now = lockOf(records);
  if (now === undefined || (did !== 'nothing' && !DEEDS.includes(did))) {
    return unparsable('expected what became of the run lock, and got something else');
  }
  return value({ did: did !== 'nothing', now });
}

interface Spec {
  readonly host: string;
  readonly verb: 'show' | 'take' | 'renew' | 'release' | 'take-over';
  readonly about: string;
  readonly args: readonly string[];
  /** For tests, as an ordinary user. */
  readonly base: string | undefined;
}

/**
 * All but `show` are `intrusive`: they leave a trace that does no harm, a directory of sre's own under `/run` that nobody
 * depends on. They are not `mutates`, which would want a confirmation, and a confirmation wants the lock first; nor
 * `reads`, which a plan performs: a plan locks nobody out.
 */
function lockCommand({ host, verb, about, args, base }: Spec): Command<HostAnswer> {
  return script<HostAnswer>({
    where: { on: 'pve', host },
    id: `pve.run-lock-${verb}`,
    about,
    script: 'pve/run-lock',
    args: [verb, ...args, ...(base === undefined ? [] : [base])],
    ...(verb === 'show' ? {} : { does: 'intrusive', scope: `run lock on ${host}` }),
    deadlineMs: 12_000,
    read: readAnswer,
  });
}

/** Reads who has the lock of a host; `seconds` is when one that is half made is over; 12 s. */
export const showRunLock = (host: string, seconds: number, base?: string): Command<HostAnswer> =>
  lockCommand({
    host,
    verb: 'show',
    about: `read the run lock on ${host}`,
    args: [String(seconds)],
    base,
  });

/**
 * Takes the lock of a host where it is free, or takes it again where this very run has it (a run that was resumed); never
 * from another run (`mkdir`, behind `flock`); 12 s.
 */
export const takeRunLock = (host: string, it: Taking, base?: string): Command<HostAnswer> =>
  lockCommand({
    host,
    verb: 'take',
    about: `take the run lock on ${host}`,
    args: [it.run, String(it.seconds), printable(it.owner, OWNER), printable(it.purpose, PURPOSE)],
    base,
  });

/** Gives the lock a heartbeat, where it still is this run's with this number, expired or not; 12 s. */
export const renewRunLock = (
  host: string,
  held: Held,
  { purpose, seconds }: Pick<Taking, 'purpose' | 'seconds'>,
  base?: string,
): Command<HostAnswer> =>
  lockCommand({
    host,
    verb: 'renew',
    about: `renew the run lock on ${host}`,
    args: [held.run, String(held.number), String(seconds), printable(purpose, PURPOSE)],
    base,
  });

/** Gives the lock back, where it still is this run's with this number; 12 s. */
export const releaseRunLock = (host: string, held: Held, base?: string): Command<HostAnswer> =>
  lockCommand({
    host,
    verb: 'release',
    about: `release the run lock on ${host}`,
    args: [held.run, String(held.number)],
    base,
  });

/**
 * Takes the lock from the holder that has this number, where it gave no heartbeat for as long as it said: only behind a
 * reason that a person typed; 12 s.
 */
export const takeOverRunLock = (
  host: string,
  number: number,
  it: Taking,
  base?: string,
): Command<HostAnswer> =>
  lockCommand({
    host,
    verb: 'take-over',
    about: `take over the expired run lock on ${host}`,
    args: [
      it.run,
      String(number),
      String(it.seconds),
      printable(it.owner, OWNER),
      printable(it.purpose, PURPOSE),
    ],
    base,
  });
