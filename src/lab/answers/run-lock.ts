import type { KeptLock } from '../lock-state.ts';
import { failed } from '../said.ts';
import type { Said } from '../said.ts';
import type { World } from '../world.ts';
import { records } from './records.ts';
import type { Turn } from './turn.ts';

/** `pve/run-lock`: the lock of runs on the hypervisor, by its own clock (src/tools/pve/run-lock.sh). */

type Holder = NonNullable<KeptLock['holder']>;

const nowOf = (world: World): number => Math.floor(world.at / 1000);

const since = (now: number, then: number): number => Math.max(0, now - then);

/** What every verb prints: what it did, and the lock as it stands after it. */
function told(world: World, did: string): Said {
  const now = nowOf(world);
  const { number, holder } = world.runLock ?? { number: 0 };
  return records('pve/run-lock', [
    ['now', now],
    ['did', did],
    ...(holder === undefined
      ? [['free', number]]
      : [
          [
            'held',
            holder.number,
            since(now, holder.beat),
            holder.seconds,
            since(now, holder.since),
          ],
          ['run', holder.run],
          ['owner', holder.owner],
          ['purpose', holder.purpose],
        ]),
  ]);
}

function done(world: World, did: string, lock: KeptLock): Turn {
  const after = { ...world, runLock: lock };
  return { world: after, said: told(after, did) };
}

/** A new holding: its number is higher than any before it, and at least the time. */
function given(world: World, run: string, seconds: string, owner = '', purpose = ''): KeptLock {
  const now = nowOf(world);
  const number = Math.max((world.runLock?.number ?? 0) + 1, now);
  const holder: Holder = {
    run,
    number,
    seconds: Number(seconds),
    since: now,
    beat: now,
    owner,
    purpose,
  };
  return { number, holder };
}

/** Answers `pve/run-lock VERB …`. */
export function runLock(world: World, args: readonly string[]): Turn {
  const [verb = '', run = '', second = '', third = '', fourth = '', fifth = ''] = args;
  const lock = world.runLock ?? { number: 0 };
  const { holder } = lock;
  const mine = holder?.run === run && String(holder.number) === second;
  const nothing: Turn = { world, said: told(world, 'nothing') };
  switch (verb) {
    case 'show':
      return nothing;
    case 'take':
      if (holder !== undefined && holder.run !== run) return nothing;
      return done(
        world,
        holder === undefined ? 'taken' : 'again',
        given(world, run, second, third, fourth),
      );
    case 'renew': {
      if (holder === undefined || !mine) return nothing;
      const beaten = {
        ...holder,
        seconds: Number(third),
        beat: nowOf(world),
        purpose: fourth,
      };
      return done(world, 'renewed', { ...lock, holder: beaten });
    }
    case 'release':
      return mine ? done(world, 'released', { number: lock.number }) : nothing;
    case 'take-over': {
      if (holder === undefined || String(holder.number) !== second) return nothing;
      if (since(nowOf(world), holder.beat) <= holder.seconds) return nothing;
      return done(world, 'taken-over', given(world, run, third, fourth, fifth));
    }
    default:
      return {
        world,
        said: failed(
          'pve/run-lock',
          'usage: run-lock.sh show SECONDS | take RUN SECONDS OWNER PURPOSE | …',
          64,
        ),
      };
  }
}
