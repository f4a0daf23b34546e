import { printable } from './printable.ts';

const PLAIN = /^[\w.:@-]{1,100}$/;

/**
 * The holder of a lock, as it stands there. What is no run's id is shown and equals no run's id: making it printable must
 * not turn a stranger's name into somebody else's.
 */
export const runName = (text: string): string =>
  PLAIN.test(text) ? text : `not a run: ${printable(text, 80)}`;
