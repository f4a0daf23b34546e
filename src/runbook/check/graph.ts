import { reach } from '../arrows.ts';
import type { Arrow } from '../arrows.ts';
import type { Runbook } from '../runbook.ts';
import type { Fault, MakeFault } from './fault.ts';

/** Every step can be come to, and can come to an end. */
export function checkReach(
  book: Runbook,
  arrows: readonly Arrow[],
  fault: MakeFault,
): readonly Fault[] {
  const reached = reach([book.start], arrows);
  const ends = Object.entries(book.steps).flatMap(([id, s]) => (s.kind === 'end' ? [id] : []));
  const finishing = reach(
    ends,
    arrows.map((a) => ({ from: a.to, to: a.from })),
  );
  return Object.keys(book.steps).flatMap((id) => [
    ...(reached.has(id)
      ? []
      : [fault(id, 'no path leads to it', 'Lead an edge to it, or remove it.')]),
    ...(finishing.has(id)
      ? []
      : [fault(id, 'it cannot reach an end', 'Lead one of its outcomes towards an end.')]),
  ]);
}

/** Every loop has an edge that may only be taken so often. */
export function checkLoops(
  ids: readonly string[],
  arrows: readonly Arrow[],
  fault: MakeFault,
): readonly Fault[] {
  const unbounded = arrows.filter((a) => !a.bounded);
  return ids.flatMap((id) => {
    const after = unbounded.filter((a) => a.from === id).map((a) => a.to);
    return reach(after, unbounded).has(id)
      ? [
          fault(
            id,
            'it lies on a loop without a bound',
            'Give one edge of the loop atMost and then.',
          ),
        ]
      : [];
  });
}

/** What a step needs is given on every path to it. */
export function checkFacts(
  book: Runbook,
  arrows: readonly Arrow[],
  fault: MakeFault,
): readonly Fault[] {
  const names = new Set(Object.values(book.steps).flatMap((s) => s.needs));
  return [...names].flatMap((name) => {
    const without = reach(
      [book.start],
      arrows.filter((a) => !a.gives.includes(name)),
    );
    return Object.entries(book.steps).flatMap(([id, step]) =>
      step.needs.includes(name) && without.has(id)
        ? [
            fault(
              id,
              `it needs '${name}', which not every path to it gives`,
              `Give '${name}' on every path, or read it from mayUse.`,
            ),
          ]
        : [],
    );
  });
}

/** What forces is fenced by a fact that a probe gives. */
export function checkFences(
  book: Runbook,
  arrows: readonly Arrow[],
  fault: MakeFault,
): readonly Fault[] {
  return Object.entries(book.steps).flatMap(([id, step]) => {
    if (step.kind !== 'action' || step.fencedBy === undefined) return [];
    const fence = step.fencedBy;
    if (!step.needs.includes(fence)) {
      return [
        fault(
          id,
          `its fence '${fence}' is not among the facts it needs`,
          `Add '${fence}' to needs.`,
        ),
      ];
    }
    return arrows.some((a) => a.gives.includes(fence))
      ? []
      : [
          fault(
            id,
            `no probe gives its fence '${fence}'`,
            'Prove the old process dead in a probe first.',
          ),
        ];
  });
}
