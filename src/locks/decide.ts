import type { LockHolder, LockWord, TakeOver } from '../engine/ports.ts';
import type { LeaseText, RunLease } from '../tools/kubectl/run-lease.ts';
import type { HostHolder } from '../tools/pve/run-lock.ts';
import type { Me, Permit } from './one-lock.ts';
import { CLOCK_SLACK_SECONDS, EXPIRY_SECONDS } from './terms.ts';

/** A lock as it stands, for this run. */
export type Standing =
  | { readonly is: 'free' }
  | { readonly is: 'mine'; readonly number: number; readonly expired: boolean }
  | { readonly is: 'theirs'; readonly holder: LockHolder };

const secondsFrom = (then: number, now: number): number =>
  Math.max(0, Math.floor((now - then) / 1000));

/** A Lease as it stands, by the clock of this machine. */
export function leaseStanding(lease: RunLease | undefined, me: Me, now: number): Standing {
  if (lease?.holder === undefined) return { is: 'free' };
  const { number, holder } = lease;
  const { run, owner, purpose, renewedAt, acquiredAt, durationSeconds } = holder;
  const silentSeconds = secondsFrom(renewedAt, now);
  const expired = silentSeconds > durationSeconds + CLOCK_SLACK_SECONDS;
  if (run === me.run) return { is: 'mine', number, expired };
  const heldSeconds = acquiredAt === undefined ? {} : { heldSeconds: secondsFrom(acquiredAt, now) };
  return {
    is: 'theirs',
    holder: { run, owner, purpose, number, silentSeconds, ...heldSeconds, expired },
  };
}

/** The lock of a host as it stands, by the ages that the host itself counted. */
export function hostStanding(holder: HostHolder | undefined, me: Me): Standing {
  if (holder === undefined) return { is: 'free' };
  const { expirySeconds, ...rest } = holder;
  const expired = holder.silentSeconds > expirySeconds;
  return holder.run === me.run
    ? { is: 'mine', number: holder.number, expired }
    : { is: 'theirs', holder: { ...rest, expired } };
}

/** What is to be done about a lock that is wanted. */
export type Wish =
  | { readonly do: 'take'; readonly tookOver?: TakeOver }
  | { readonly do: 'give-way'; readonly holder: LockHolder };

/** Another run's lock is never taken, unless it is expired and a person gave a reason. */
export function wishFor(standing: Standing, permit: Permit): Wish {
  if (standing.is !== 'theirs') return { do: 'take' };
  const { holder } = standing;
  const reason = holder.expired ? permit(holder) : undefined;
  return reason === undefined
    ? { do: 'give-way', holder }
    : { do: 'take', tookOver: { from: holder, reason } };
}

/** The purpose as it is kept with a lock: runbook, step, and why it was taken from another run. */
export const purposeOf = (me: Me, step: string, tookOver: TakeOver | undefined): string =>
  [
    step === '' ? me.runbook : `${me.runbook}: ${step}`,
    ...(tookOver === undefined
      ? []
      : [`(took over from ${tookOver.from.run ?? 'nobody known'}: ${tookOver.reason})`]),
  ].join(' ');

/** What a taking writes into the Lease: the next number, and everything from now on. */
export const leaseTaken = (
  before: RunLease | undefined,
  me: Me,
  step: string,
  now: number,
  tookOver: TakeOver | undefined,
): LeaseText => ({
  number: (before?.number ?? 0) + 1,
  holder: {
    run: me.run,
    owner: me.owner,
    purpose: purposeOf(me, step, tookOver),
    durationSeconds: EXPIRY_SECONDS,
    acquiredAt: now,
    renewedAt: now,
    ...(tookOver === undefined ? {} : { tookOver: tookOver.reason }),
  },
});

/** What a renewal writes into the Lease: the same number, a new heartbeat; also after the old one ran out. */
export const leaseRenewed = (
  before: RunLease,
  me: Me,
  step: string,
  now: number,
  tookOver: TakeOver | undefined,
): LeaseText => {
  const taken = leaseTaken(before, me, step, now, tookOver);
  const since = before.holder?.acquiredAt;
  return {
    number: before.number,
    ...(taken.holder === undefined
      ? {}
      : { holder: { ...taken.holder, ...(since === undefined ? {} : { acquiredAt: since }) } }),
  };
};

const listed = (words: readonly LockWord[]): string =>
  words.map(({ where, because }) => `${where}: ${because}`).join('; ');

/**
 * Why nothing may be changed, by what all locks said: one was lost, another run has one, or not one is held for certain.
 * Unknown is never free, and stands in the way only where no other lock is held.
 */
export function refusalOf(words: readonly LockWord[]): string | undefined {
  const lost = words.filter((it) => it.verdict === 'lost');
  if (lost.length > 0) return `nothing more is changed, a lock was lost: ${listed(lost)}`;
  const refused = words.filter((it) => it.verdict === 'refused');
  if (refused.length > 0) return `nothing is changed, another run has the lock: ${listed(refused)}`;
  if (words.some((it) => it.verdict === 'held')) return undefined;
  const hosts = words.some((it) => it.lock === 'host')
    ? 'bring back the API server, or the way to a hypervisor, then try again'
    : 'bring back the API server, or name the hypervisors in the inventory (pve.hosts), then try again';
  return `nothing is changed without a lock, and none could be had: ${listed(words)}; ${hosts}`;
}
