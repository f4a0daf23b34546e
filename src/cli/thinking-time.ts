import type { Clock, Operator } from '../engine/ports.ts';

/** The lab's clock moves on in steps of this while a person thinks. */
const STEP_MS = 10_000;

/**
 * Lets the lab live on while a person reads and decides: every ten seconds at a prompt are ten seconds in the lab, so that
 * evidence grows old and confirmations expire as they would on a real cluster.
 */
export function withThinkingTime(operator: Operator, labClock: Clock): Operator {
  async function meanwhile<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
    const timer = setInterval(() => void labClock.sleep(STEP_MS, signal), STEP_MS);
    try {
      return await answer;
    } finally {
      clearInterval(timer);
    }
  }
  return {
    confirm: (card, expiresAt, signal, keep, at) =>
      meanwhile(operator.confirm(card, expiresAt, signal, keep, at), signal),
    answer: (question, signal, keep) => meanwhile(operator.answer(question, signal, keep), signal),
  };
}
