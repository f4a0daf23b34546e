import type { Runbook } from './runbook.ts';
import type { Edge } from './step.ts';

/** A way from one step to another: the outcome it is taken for, and the facts it gives. */
export interface Arrow {
  readonly from: string;
  readonly outcome: string;
  readonly to: string;
  readonly gives: readonly string[];
  readonly bounded: boolean;
}

/** Every way from step to step; a bounded edge is two: the loop, and where it goes when the bound is used up. */
export function arrowsOf(book: Runbook): readonly Arrow[] {
  return Object.entries(book.steps).flatMap(([from, step]) =>
    Object.entries(step.next).flatMap(([outcome, edge]: [string, Edge]): Arrow[] => {
      const gives = edge.gives ?? [];
      const main = { from, outcome, to: edge.to, gives, bounded: edge.atMost !== undefined };
      return edge.then === undefined
        ? [main]
        : [main, { from, outcome, to: edge.then, gives, bounded: false }];
    }),
  );
}

/** The steps that can be come to from these, themselves among them. */
export function reach(
  start: readonly string[],
  arrows: readonly { from: string; to: string }[],
): ReadonlySet<string> {
  const seen = new Set(start);
  const front = [...start];
  for (let at = front.pop(); at !== undefined; at = front.pop()) {
    for (const arrow of arrows) {
      if (arrow.from === at && !seen.has(arrow.to)) {
        seen.add(arrow.to);
        front.push(arrow.to);
      }
    }
  }
  return seen;
}
