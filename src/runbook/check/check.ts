import { arrowsOf } from '../arrows.ts';
import type { Runbook } from '../runbook.ts';
import type { Fault } from './fault.ts';
import { checkFacts, checkFences, checkLoops, checkReach } from './graph.ts';
import { checkStep } from './step.ts';

/**
 * Checks a runbook as the compiler does, and what types cannot say: steps that cannot reach an end, loops without a bound,
 * commands without a deadline, forced deletes without a fence, a lateness that would have to give facts. Returns every fault; an empty list is a sound graph.
 */
export function checkRunbook(book: Runbook): readonly Fault[] {
  const fault = (step: string, wrong: string, fix: string): Fault => ({
    runbook: book.id,
    step,
    wrong,
    fix,
  });
  const ids = Object.keys(book.steps);
  const arrows = arrowsOf(book);
  if (!ids.includes(book.start)) {
    return [
      fault(
        book.start,
        'the runbook starts at a step that does not exist',
        `Start at one of: ${ids.join(', ')}.`,
      ),
    ];
  }
  const nowhere = arrows
    .filter((a) => !ids.includes(a.to))
    .map((a) =>
      fault(
        a.from,
        `outcome '${a.outcome}' leads to '${a.to}', which does not exist`,
        `Lead it to one of: ${ids.join(', ')}.`,
      ),
    );
  if (nowhere.length > 0) return nowhere;
  return [
    ...Object.entries(book.steps).flatMap(([id, step]) => checkStep(book, id, step, fault)),
    ...checkReach(book, arrows, fault),
    ...checkLoops(ids, arrows, fault),
    ...checkFacts(book, arrows, fault),
    ...checkFences(book, arrows, fault),
  ];
}
