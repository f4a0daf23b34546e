import { Chalk } from 'chalk';
import type { Line, Span, Tone } from './layout.ts';

/** A line as text for one output: with colour, or without. */
export type Paint = (line: Line) => string;

/**
 * Puts colour on marks and words, at a level that the caller found (`surroundings.ts`); this file asks no environment.
 * Without colour use `toText`, which needs no package.
 */
export function painter(level: 0 | 1 | 2 | 3): Paint {
  const chalk = new Chalk({ level });
  const tones: Readonly<Record<Tone, (text: string) => string>> = {
    good: chalk.green,
    bad: chalk.red.bold,
    doubt: chalk.yellow,
    strong: chalk.bold,
    faint: chalk.dim,
  };
  const span = ({ text, tone }: Span): string => (tone === undefined ? text : tones[tone](text));
  return (line) => line.map(span).join('');
}
