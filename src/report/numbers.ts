import type { At, Event, EventOf } from '../engine/events.ts';
import { externalHealth } from '../tools/vault/external.ts';
import type { Deed } from './deeds.ts';
import type { Inferred } from './inferred.ts';
import { endedWell } from './ran.ts';
import type { Ran } from './ran.ts';

/** A figure of the incident, or why it is not known. */
export type Figure<T> =
  | {
      readonly is: 'known';
      readonly value: T;
      readonly mark: 'recorded' | 'inferred';
      readonly because: string;
    }
  | { readonly is: 'unknown'; readonly because: string };

/** One reset, and what was moved away before it. */
export interface Reset {
  readonly at: string;
  readonly target: string;
  /** Evictions that the API server accepted since the reset before. */
  readonly evicted: number;
  /** Pods that were on the node when it was confirmed. */
  readonly onTheNode: Figure<number>;
}

export interface Numbers {
  /** ISO 8601, UTC. */
  readonly firstBad: Figure<string>;
  readonly firstGood: Figure<string>;
  readonly stableSince: Figure<string>;
  readonly resets: readonly Reset[];
  /** Changes whose command left, and those that a person was to make. */
  readonly sent: number;
  readonly byHand: number;
  /** Confirmations that were refused, and those that nobody answered in time. */
  readonly declined: number;
  readonly unanswered: number;
  /** Milliseconds. */
  readonly toFirstDeed: Figure<number>;
}

const unknown = (because: string): { readonly is: 'unknown'; readonly because: string } => ({
  is: 'unknown',
  because,
});

export function numbersOf(
  events: readonly Event[],
  ran: readonly Ran[],
  all: readonly Deed[],
  inferred: readonly Inferred[],
): Numbers {
  const began = events[0]?.at ?? '';
  const deeds = all.filter(({ by }) => by !== 'nobody');
  const sent = all.filter(({ by }) => by === 'tool');
  const [first] = sent;
  const answers = events.filter((it) => it.type === 'confirmation.answered');
  return {
    firstBad: firstBadOf(events, inferred),
    firstGood: firstGoodOf(ran, deeds),
    stableSince: stableSinceOf(events),
    resets: resetsOf(events, ran, deeds),
    sent: sent.length,
    byHand: deeds.length - sent.length,
    declined: answers.filter(({ answer }) => ['no', 'skip', 'abort'].includes(answer)).length,
    unanswered: answers.filter(({ answer }) => answer === 'expired').length,
    toFirstDeed:
      first === undefined
        ? unknown('the run sent no change')
        : {
            is: 'known',
            value: Date.parse(first.intent.at) - Date.parse(began),
            mark: 'recorded',
            because: first.intent.about,
          },
  };
}

/** The earliest sign in what commands printed; else the first verdict of the run, which is later than the truth. */
function firstBadOf(events: readonly Event[], inferred: readonly Inferred[]): Figure<string> {
  const [sign] = inferred;
  if (sign !== undefined) {
    return {
      is: 'known',
      value: sign.at,
      mark: 'inferred',
      because: `${sign.what}; ${sign.source}`,
    };
  }
  const verdict = events.find((it) => it.type === 'step.concluded');
  return unknown(
    verdict === undefined
      ? 'the run came to no verdict'
      : `nothing that was printed tells when it began; the first verdict is of ${verdict.at}`,
  );
}

const OUTSIDE = externalHealth('');

/** What a good answer at application level looks like (DESIGN: promise 10), by command. */
const GOOD: Readonly<Record<string, (it: Ran) => string | undefined>> = {
  [OUTSIDE.id]: (it) => {
    const word = OUTSIDE.read(it);
    return word.ok && word.value.status === 200 ? 'HTTP 200 from outside' : undefined;
  },
  // `try <version> <exit code of mount>` (src/tools/nfs/probe.sh)
  'nfs.probe': (it) =>
    endedWell(it) && /^try\t\S+\t0\t/m.test(it.stdout)
      ? `a test mount on ${it.where} opened`
      : undefined,
};

/** The first good answer from outside, or from a machine that something was done to, once something was done. */
function firstGoodOf(ran: readonly Ran[], deeds: readonly Deed[]): Figure<string> {
  const [first] = deeds;
  if (first === undefined) return unknown('nothing was changed, so nothing came back by it');
  const places = new Set(deeds.flatMap(({ intent: { where, target } }) => [where, target]));
  for (const it of ran) {
    const fits = it.endedAt > first.intent.at && (it.where === 'here' || places.has(it.where));
    const good = fits ? GOOD[it.command]?.(it) : undefined;
    if (good !== undefined) {
      const because = `${good}; ${it.about}`;
      return { is: 'known', value: it.endedAt, mark: 'recorded', because };
    }
  }
  return unknown('no answer at application level was seen to be good after the first deed');
}

/**
 * The runbooks call the step that watches the recovery `soak`; it counts only where the run ended well after it. A soak that
 * was cut off begins anew when the run is gone on with: nobody watched in between.
 */
function stableSinceOf(events: readonly Event[]): Figure<string> {
  const finished = events.findLast((it) => it.type === 'run.finished');
  if (finished?.result !== 'resolved') return unknown('the run did not end as recovered');
  const held = events.findLast(
    (it): it is EventOf<'step.concluded'> =>
      it.type === 'step.concluded' && it.step === 'soak' && it.depth === 0,
  );
  if (held === undefined) return unknown('the run watched no recovery');
  const watch = events.findLast(
    (it) =>
      it.seq < held.seq &&
      (it.type === 'run.resumed' || (it.type === 'step.entered' && same(it, held))),
  );
  return { is: 'known', value: (watch ?? held).at, mark: 'recorded', because: held.because };
}

const same = (a: At, b: At): boolean =>
  a.step === b.step && a.visit === b.visit && a.depth === b.depth;

/** Of a cold cycle the stop is the reset: its start brings nothing down. */
const RESETS = ['pve.reset', 'pve.stop'];

function resetsOf(
  events: readonly Event[],
  ran: readonly Ran[],
  deeds: readonly Deed[],
): readonly Reset[] {
  const resets = deeds.filter(({ intent }) => RESETS.includes(intent.command));
  const accepted = ran.filter((it) => it.command === 'kubectl.evict-pod' && endedWell(it));
  return resets.map(({ intent: { at, target, ...place } }, i) => {
    const since = resets[i - 1]?.intent.at ?? '';
    return {
      at,
      target,
      evicted: accepted.filter((it) => it.endedAt > since && it.endedAt < at).length,
      onTheNode: onTheNode(events, place),
    };
  });
}

/** As it was counted for the confirmation of that visit. */
function onTheNode(events: readonly Event[], place: At): Figure<number> {
  const counts = events.flatMap((it) =>
    it.type === 'blast.measured' && same(it, place) ? it.counts : [],
  );
  const pods = counts.findLast(({ what }) => what === 'pod on the node');
  return pods === undefined
    ? unknown('what was on it was not counted')
    : {
        is: 'known',
        value: pods.count,
        mark: 'recorded',
        because: 'counted for the confirmation',
      };
}
