import type { Event, EventOf } from '../engine/events.ts';
import type { Inferred } from './inferred.ts';
import type { Ran } from './said.ts';

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
  /** Mutations that were sent, and confirmations that were refused or ran out. */
  readonly sent: number;
  readonly declined: number;
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
  inferred: readonly Inferred[],
): Numbers {
  const began = events[0]?.at ?? '';
  const deeds = events.filter(
    (it): it is EventOf<'intent.written'> =>
      it.type === 'intent.written' && it.does === 'mutates' && it.purpose === 'act',
  );
  const [firstDeed] = deeds;
  return {
    firstBad: firstBadOf(events, inferred),
    firstGood: firstGoodOf(ran, deeds),
    stableSince: stableSinceOf(events),
    resets: resetsOf(events, ran, deeds),
    sent: deeds.length,
    declined: events.filter((it) => it.type === 'confirmation.answered' && it.answer !== 'yes')
      .length,
    toFirstDeed:
      firstDeed === undefined
        ? unknown('nothing was changed')
        : {
            is: 'known',
            value: Date.parse(firstDeed.at) - Date.parse(began),
            mark: 'recorded',
            because: firstDeed.about,
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

/** What a good answer at application level looks like (DESIGN: promise 10), by command. */
const GOOD: Readonly<Record<string, (it: Ran) => string | undefined>> = {
  'vault.external-health': (it) =>
    it.stdout.trim() === '200' ? 'HTTP 200 from outside' : undefined,
  'nfs.probe': (it) =>
    /^try\t\S+\t0\t/m.test(it.stdout) ? `a test mount on ${it.where} opened` : undefined,
};

/** The first good answer from outside, or from a machine that something was done to, once something was done. */
function firstGoodOf(
  ran: readonly Ran[],
  deeds: readonly EventOf<'intent.written'>[],
): Figure<string> {
  const [first] = deeds;
  if (first === undefined) return unknown('nothing was changed, so nothing came back by it');
  const places = new Set(deeds.flatMap(({ where, target }) => [where, target]));
  for (const it of ran) {
    const fits = it.endedAt > first.at && (it.where === 'here' || places.has(it.where));
    const good = fits && it.ending.how === 'exited' ? GOOD[it.command]?.(it) : undefined;
    if (good !== undefined) {
      const because = `${good}; ${it.about}`;
      return { is: 'known', value: it.endedAt, mark: 'recorded', because };
    }
  }
  return unknown('no answer at application level was seen to be good after the first deed');
}

/** The runbooks call the step that watches the recovery `soak`; it counts only where the run ended well after it. */
function stableSinceOf(events: readonly Event[]): Figure<string> {
  const finished = events.findLast((it) => it.type === 'run.finished');
  if (finished?.result !== 'resolved') return unknown('the run did not end as recovered');
  const soak = events.findLast((it) => it.type === 'step.entered' && it.step === 'soak');
  const held = events.findLast((it) => it.type === 'step.concluded' && it.step === 'soak');
  if (soak === undefined || held?.type !== 'step.concluded') {
    return unknown('the run watched no recovery');
  }
  return { is: 'known', value: soak.at, mark: 'recorded', because: held.because };
}

function resetsOf(
  events: readonly Event[],
  ran: readonly Ran[],
  deeds: readonly EventOf<'intent.written'>[],
): readonly Reset[] {
  const resets = deeds.filter(({ command }) => /^pve\.(?:reset|start|stop)$/.test(command));
  const accepted = ran.filter(
    (it) =>
      it.command === 'kubectl.evict-pod' && it.ending.how === 'exited' && it.ending.code === 0,
  );
  return resets.map((reset, i) => {
    const since = resets[i - 1]?.at ?? '';
    const blast = events.findLast(
      (it) => it.type === 'blast.measured' && it.step === reset.step && it.seq < reset.seq,
    );
    const onNode =
      blast?.type === 'blast.measured'
        ? blast.counts.find(({ what }) => what === 'pod on the node')
        : undefined;
    return {
      at: reset.at,
      target: reset.target,
      evicted: accepted.filter((it) => it.endedAt > since && it.endedAt < reset.at).length,
      onTheNode:
        onNode === undefined
          ? unknown('what was on it was not counted')
          : {
              is: 'known',
              value: onNode.count,
              mark: 'recorded',
              because: 'counted for the confirmation',
            },
    };
  });
}
