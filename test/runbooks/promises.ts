import { expect } from 'vitest';
import { RUNG_WORDS } from '../../runbooks/kernel-nfs-reset/facts.ts';
import type { Event, EventOf, EventType } from '../../src/engine/events.ts';

/** What must hold of every run, whatever the runbook and the incident: read off its events alone. */

const same = (a: Event, b: Event): boolean =>
  'step' in a && 'step' in b && a.step === b.step && a.visit === b.visit && a.depth === b.depth;

const isOf = <T extends EventType>(event: Event, type: T): event is EventOf<T> =>
  event.type === type;

/** DESIGN, promises 1, 2 and 4: each mutation has its yes before it and its judgement after it, and left once. */
export function expectAskedOnceAndJudged(events: readonly Event[]): void {
  for (const [i, event] of events.entries()) {
    if (event.type !== 'intent.written' || event.does !== 'mutates') continue;
    const yes = events
      .slice(0, i)
      .some((e) => e.type === 'confirmation.answered' && e.answer === 'yes' && same(e, event));
    const judged = events.slice(i).some((e) => e.type === 'effect.judged' && same(e, event));
    const issued = events.filter(
      (e) =>
        e.type === 'command.started' &&
        e.does === 'mutates' &&
        same(e, event) &&
        e.key === event.key,
    );
    expect({ yes, judged, issued: issued.length }).toEqual({ yes: true, judged: true, issued: 1 });
  }
}

const DOWN: readonly string[] = ['pve.reset', 'pve.stop'];

/** The intents that take a machine down. */
export const resetsIn = (events: readonly Event[]): readonly EventOf<'intent.written'>[] =>
  events
    .filter((e) => isOf(e, 'intent.written'))
    .filter((e) => e.purpose === 'act' && DOWN.includes(e.command));

/** DESIGN, promise 7: between two resets of different machines the first is seen back, with its boot proven. */
export function expectOneNodeAtATime(events: readonly Event[]): void {
  const resets = resetsIn(events);
  for (const [i, reset] of resets.entries()) {
    const next = resets[i + 1];
    if (next === undefined || next.target === reset.target) continue;
    const between = events.filter((e) => e.seq > reset.seq && e.seq < next.seq);
    const back = between.some(
      (e) => e.type === 'step.concluded' && e.step === 'back' && e.outcome === 'up',
    );
    const others = between.some(
      (e) => e.type === 'guard.judged' && e.guard === 'one node at a time' && e.verdict === 'holds',
    );
    expect({ from: reset.target, to: next.target, back, others }).toMatchObject({
      back: true,
      others: true,
    });
  }
}

/** DESIGN, promise 6: what is reset was proven by its name and by hardware, before the yes and after it. */
export function expectProvenTwice(events: readonly Event[]): void {
  for (const reset of resetsIn(events)) {
    const before = events.filter((e) => e.seq < reset.seq && same(e, reset));
    const identity = before
      .filter((e) => isOf(e, 'guard.judged'))
      .filter((e) => e.guard === 'VM identity');
    const card = before.findLast((e) => e.type === 'confirmation.asked');
    const facts = card?.type === 'confirmation.asked' ? card.card.target.proven : [];
    expect(identity.length).toBeGreaterThanOrEqual(2);
    expect(identity.every((e) => e.verdict === 'holds' && e.because.includes(';'))).toBe(true);
    expect(facts.some((it) => it.startsWith('name '))).toBe(true);
    expect(facts.some((it) => /UUID|address|MAC/.test(it))).toBe(true);
  }
}

/** Every milder rung is refuted or ruled out before a machine goes down, and the card's guard says which. */
export function expectMilderRungsFirst(events: readonly Event[]): void {
  for (const reset of resetsIn(events)) {
    const word = events
      .filter((e) => isOf(e, 'guard.judged'))
      .findLast((e) => e.seq < reset.seq && same(e, reset) && e.guard === 'milder rungs');
    expect(word).toMatchObject({ verdict: 'holds' });
    for (const rung of Object.values(RUNG_WORDS)) expect(word?.because).toContain(rung);
  }
}

/** A reset is called confirmed only with another boot ID, and the same on both sides. */
export function expectBootProven(events: readonly Event[]): void {
  for (const judged of events.filter((e) => isOf(e, 'effect.judged'))) {
    if (judged.step !== 'reset' || judged.effect !== 'confirmed') continue;
    const [before, after] = [judged.before, judged.after] as readonly Readonly<
      Record<string, { readonly bootID?: string; readonly bootId?: string } | undefined>
    >[];
    const now = after?.['guest']?.bootId ?? '';
    expect(now).not.toBe('');
    expect(now).toBe(after?.['node']?.bootID);
    expect(now).not.toBe(before?.['guest']?.bootId);
  }
}

/** All of them. */
export function expectPromises(events: readonly Event[]): void {
  expectAskedOnceAndJudged(events);
  expectOneNodeAtATime(events);
  expectProvenTwice(events);
  expectMilderRungsFirst(events);
  expectBootProven(events);
}
