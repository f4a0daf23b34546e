import { expect } from 'vitest';
import type { Event, EventOf } from '../../../src/engine/events.ts';
import { ofType } from './workplace.ts';

/** Nothing was issued that could change anything, and nothing was as much as intended. */
export function expectNothingIssued(events: readonly Event[]): void {
  expect(events.length).toBeGreaterThan(0);
  expect(ofType(events, 'intent.written')).toEqual([]);
  expect(ofType(events, 'command.started').filter(({ does }) => does !== 'reads')).toEqual([]);
  expect(ofType(events, 'confirmation.answered')).toEqual([]);
}

/** The same where a test mount may have been made: nothing was issued that changes what people depend on. */
export function expectNothingMutated(events: readonly Event[]): void {
  expect(events.length).toBeGreaterThan(0);
  expect(ofType(events, 'intent.written').filter(({ does }) => does === 'mutates')).toEqual([]);
  expect(ofType(events, 'command.started').filter(({ does }) => does === 'mutates')).toEqual([]);
  expect(ofType(events, 'confirmation.answered')).toEqual([]);
}

/** How the run ended. */
export function endOf(events: readonly Event[]): EventOf<'run.finished'> {
  const last = events.at(-1);
  if (last?.type !== 'run.finished') throw new Error(`the run ended with ${last?.type}`);
  return last;
}

/** What the run asked last about a step that came to nothing, and the step. */
export function failureOf(events: readonly Event[]): {
  readonly step: string;
  readonly outcome: string;
  readonly because: string;
} {
  const last = ofType(events, 'operator.asked').at(-1);
  if (last?.question.about !== 'failure') throw new Error('the run asked about no failure last');
  const { outcome, because } = last.question;
  return { step: last.step, outcome, because };
}

/** The last conclusion of a step. */
export function conclusionOf(events: readonly Event[], step: string): EventOf<'step.concluded'> {
  const found = ofType(events, 'step.concluded').findLast((it) => it.step === step);
  if (found === undefined) {
    const said = ofType(events, 'step.concluded').map((it) => `${it.step}: ${it.because}`);
    throw new Error(`no conclusion of ${step}, but ${said.join(' / ')}; ${endOf(events).because}`);
  }
  return found;
}

const samePlace =
  (a: { readonly step: string; readonly visit: number }) =>
  (b: { readonly step: string; readonly visit: number }): boolean =>
    a.step === b.step && a.visit === b.visit;

/**
 * Every mutation was shown as it ran, confirmed in the same visit of its step, written down before it left, left once, and
 * was judged afterwards. Gives the commands, in order. What is intrusive and asks nobody, as a test mount, is left out.
 */
export function expectAskedAndJudged(events: readonly Event[]): readonly string[] {
  const intents = ofType(events, 'intent.written').filter(({ does }) => does === 'mutates');
  for (const intent of intents) {
    const here = samePlace(intent);
    const asked = ofType(events, 'confirmation.asked').filter(here).at(-1);
    expect(asked?.card.commands.map(({ line }) => line)).toEqual([intent.argv]);
    expect(asked?.card.target.name).toBe(intent.target);
    const answers = ofType(events, 'confirmation.answered').filter(here);
    expect(answers.map(({ answer }) => answer)).toEqual(['yes']);
    expect(answers[0]?.seq).toBeLessThan(intent.seq);
    const left = ofType(events, 'command.started').filter((it) => here(it) && it.purpose === 'act');
    expect(left).toMatchObject([{ argv: intent.argv, does: 'mutates' }]);
    expect(left[0]?.seq).toBeGreaterThan(intent.seq);
    const judged = ofType(events, 'effect.judged').filter(here);
    expect(judged).toHaveLength(1);
    expect(judged[0]?.seq).toBeGreaterThan(left[0]?.seq ?? 0);
  }
  const mutating = ofType(events, 'command.started').filter(({ does }) => does === 'mutates');
  expect(mutating.map(({ command }) => command)).toEqual(intents.map(({ command }) => command));
  return intents.map(({ command }) => command);
}
