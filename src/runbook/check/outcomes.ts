import type { Runbook } from '../runbook.ts';
import type { Action, Choice, Edge, Step } from '../step.ts';
import type { Fault, FaultAt } from './fault.ts';

const REQUIRED: Readonly<Record<Step['kind'], readonly string[]>> = {
  probe: [],
  action: ['confirmed', 'refuted', 'declined', 'blocked', 'drifted'],
  manual: ['done', 'declined'],
  choice: [],
  call: ['resolved', 'not-this-incident', 'escalate', 'unsafe', 'aborted'],
  end: [],
};

/** Outcomes that a kind may have besides those it must; `undefined` where its author names them all. */
const ALLOWED: Readonly<Record<Step['kind'], readonly string[] | undefined>> = {
  probe: undefined,
  action: ['skipped', 'doubtful'],
  manual: [],
  choice: undefined,
  call: [],
  end: [],
};

/** The outcomes of a step: those its kind must have are there, no other, each with a sound edge. */
export function checkOutcomes(book: Runbook, step: Step, at: FaultAt): readonly Fault[] {
  const outcomes = Object.keys(step.next);
  const required = REQUIRED[step.kind];
  const allowed = ALLOWED[step.kind];
  const known = outcomes.join(', ');
  const named = (what: string, outcome: string | undefined): readonly Fault[] =>
    outcome === undefined || outcomes.includes(outcome)
      ? []
      : [at(`${what} '${outcome}' has no edge`, `Name one of: ${known}.`)];
  return [
    ...required
      .filter((o) => !outcomes.includes(o))
      .map((o) => at(`outcome '${o}' has no edge`, `Add next.${o}.`)),
    ...(allowed === undefined
      ? []
      : outcomes
          .filter((o) => !required.includes(o) && !allowed.includes(o))
          .map((o) =>
            at(
              `outcome '${o}' can never happen`,
              step.kind === 'end'
                ? 'Remove it: an end is the end.'
                : `Name one of: ${[...required, ...allowed].join(', ')}.`,
            ),
          )),
    ...(step.kind !== 'end' && outcomes.length === 0
      ? [at('it has no outcome', 'Give it at least one edge in next.')]
      : []),
    ...(step.kind === 'probe' ? named('the expected outcome', step.expect) : []),
    ...(step.kind === 'choice' ? checkOptions(step, outcomes, at) : []),
    ...(step.kind === 'action' ? checkDoubtful(book, step, at) : []),
    ...Object.entries(step.next).flatMap(([outcome, edge]) => checkBound(outcome, edge, at)),
  ];
}

function checkOptions(step: Choice, outcomes: readonly string[], at: FaultAt): readonly Fault[] {
  const options = Object.keys(step.options);
  return [
    ...outcomes
      .filter((o) => !options.includes(o))
      .map((o) => at(`outcome '${o}' is no option`, `Add options.${o}: a sentence for it.`)),
    ...options
      .filter((o) => !outcomes.includes(o))
      .map((o) => at(`option '${o}' has no edge`, `Add next.${o}.`)),
  ];
}

/** What is not known is looked at: an action in doubt leads to nothing but a probe. */
function checkDoubtful(book: Runbook, step: Action, at: FaultAt): readonly Fault[] {
  const to = step.next['doubtful']?.to;
  if (to === undefined || book.steps[to]?.kind === 'probe') return [];
  return [
    at(
      `outcome 'doubtful' leads to '${to}', which is no probe`,
      'Lead it to a probe that finds out what the action did.',
    ),
  ];
}

function checkBound(outcome: string, edge: Edge, at: FaultAt): readonly Fault[] {
  if ((edge.atMost === undefined) !== (edge.then === undefined)) {
    const wrong = `outcome '${outcome}' has a bound and no way on, or the reverse`;
    return [at(wrong, 'Give both atMost and then.')];
  }
  const sound = edge.atMost === undefined || (Number.isInteger(edge.atMost) && edge.atMost >= 1);
  return sound
    ? []
    : [
        at(
          `outcome '${outcome}' may be taken ${edge.atMost} times`,
          'Give atMost a whole number from 1.',
        ),
      ];
}
