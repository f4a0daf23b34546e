import { commandsOf } from './observation.ts';
import type { Query } from './observation.ts';
import type { Command } from './command.ts';
import type { Runbook } from './runbook.ts';
import type { Site } from './site.ts';
import { NOWHERE, symbolic, symbolicContext } from './symbolic.ts';
import type { Edge, Step } from './step.ts';

/** A fault of a runbook: which step, what is wrong with it, and what would mend it. */
export interface Fault {
  readonly runbook: string;
  readonly step: string;
  readonly wrong: string;
  readonly fix: string;
}

/** One sentence for a fault. */
export const sayFault = (fault: Fault): string =>
  `${fault.runbook}, step '${fault.step}': ${fault.wrong}. ${fault.fix}`;

interface Arrow {
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

function reach(start: readonly string[], arrows: readonly { from: string; to: string }[]): ReadonlySet<string> {
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

/**
 * Checks a runbook as the compiler does, and what types cannot say: steps that cannot reach an end, loops without a bound,
 * commands without a deadline, forced deletes without a fence. Returns every fault; an empty list is a sound graph.
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
    return [fault(book.start, 'the runbook starts at a step that does not exist', `Start at one of: ${ids.join(', ')}.`)];
  }
  const nowhere = arrows
    .filter((a) => !ids.includes(a.to))
    .map((a) => fault(a.from, `outcome '${a.outcome}' leads to '${a.to}', which does not exist`, `Lead it to one of: ${ids.join(', ')}.`));
  if (nowhere.length > 0) return nowhere;
  return [
    ...Object.entries(book.steps).flatMap(([id, step]) => checkStep(book, id, step, fault)),
    ...checkReach(book, arrows, fault),
    ...checkLoops(ids, arrows, fault),
    ...checkFacts(book, arrows, fault),
    ...checkFences(book, arrows, fault),
  ];
}

type MakeFault = (step: string, wrong: string, fix: string) => Fault;

const REQUIRED: Readonly<Record<Step['kind'], readonly string[]>> = {
  probe: [],
  action: ['confirmed', 'refuted', 'declined', 'blocked', 'drifted'],
  manual: ['done', 'declined'],
  choice: [],
  call: ['resolved', 'not-this-incident', 'escalate', 'unsafe', 'aborted'],
  end: [],
};

function checkStep(book: Runbook, id: string, step: Step, fault: MakeFault): readonly Fault[] {
  const faults: Fault[] = [];
  const outcomes = Object.keys(step.next);
  if (step.title.trim() === '') faults.push(fault(id, 'it has no title', 'Say what it asks or does.'));
  for (const missing of REQUIRED[step.kind].filter((o) => !outcomes.includes(o))) {
    faults.push(fault(id, `outcome '${missing}' has no edge`, `Add next.${missing}.`));
  }
  if (step.kind !== 'end' && outcomes.length === 0) {
    faults.push(fault(id, 'it has no outcome', 'Give it at least one edge in next.'));
  }
  if (step.kind === 'action' && (step.effect as unknown) === undefined) {
    faults.push(fault(id, 'the action has no effect', 'Say by which identity its work is proven.'));
    return faults;
  }
  for (const name of [...step.needs, ...step.mayUse].filter((f) => !(f in book.facts))) {
    faults.push(fault(id, `it reads the fact '${name}', which the runbook does not declare`, `Declare '${name}' in facts.`));
  }
  for (const [outcome, edge] of Object.entries(step.next)) {
    for (const name of (edge.gives ?? []).filter((f) => !(f in book.facts))) {
      faults.push(fault(id, `outcome '${outcome}' gives the fact '${name}', which the runbook does not declare`, `Declare '${name}' in facts.`));
    }
    if (step.kind !== 'probe' && (edge.gives ?? []).length > 0) {
      faults.push(fault(id, `outcome '${outcome}' gives facts, and only probes can`, 'Find the fact in a probe.'));
    }
    if ((edge.atMost === undefined) !== (edge.then === undefined)) {
      faults.push(fault(id, `outcome '${outcome}' has a bound and no way on, or the reverse`, 'Give both atMost and then.'));
    }
    if (edge.atMost !== undefined && !(Number.isInteger(edge.atMost) && edge.atMost >= 1)) {
      faults.push(fault(id, `outcome '${outcome}' may be taken ${edge.atMost} times`, 'Give atMost a whole number from 1.'));
    }
  }
  for (const { command, key } of commandsOfStep(step, defaultsOf(book))) {
    if (!(Number.isFinite(command.deadlineMs) && command.deadlineMs > 0)) {
      faults.push(fault(id, `the command '${key}' has no deadline`, 'Give it deadlineMs above 0.'));
    }
    if (command.does === 'mutates' && key !== 'commands') {
      faults.push(fault(id, `'${key}' changes the world and is not among the action's commands`, 'Move it into an action.'));
    }
    if (command.forces === true && (step.kind !== 'action' || step.fencedBy === undefined)) {
      faults.push(fault(id, 'it deletes by force without a fence', 'Name in fencedBy the fact that proves the old process dead or the node reset.'));
    }
  }
  return faults;
}

/** The parameters a run has when nothing is set; symbolic where a parameter must be given. */
export function defaultsOf(book: Runbook): unknown {
  const parsed = book.params.safeParse({});
  return parsed.success ? parsed.data : symbolic('params');
}

interface Placed {
  readonly key: string;
  readonly command: Command<unknown>;
}

/** Every command a step may run, with facts symbolic: for checks, `sre show` and offline plans. */
export function commandsOfStep(
  step: Step,
  params: unknown = symbolic('params'),
  site: Site = NOWHERE,
): readonly Placed[] {
  const ctx = symbolicContext([...step.needs, ...step.mayUse], {}, params, site);
  const from = (query: Query): readonly Placed[] => commandsOf(query);
  switch (step.kind) {
    case 'probe':
      return from(step.observe(ctx));
    case 'action':
      return [
        ...from(step.capture?.(ctx) ?? {}),
        ...step.guards(ctx).flatMap((g) => from(g.observe)),
        ...from(step.blastRadius.observe(ctx)),
        ...from(step.drift.observe(ctx)),
        ...from(step.effect.identity(ctx)),
        ...step.commands(ctx).map((command) => ({ key: 'commands', command })),
      ];
    case 'manual':
      return from(step.verify?.observe(ctx) ?? {});
    case 'choice':
    case 'call':
    case 'end':
      return [];
  }
}

function checkReach(book: Runbook, arrows: readonly Arrow[], fault: MakeFault): readonly Fault[] {
  const reached = reach([book.start], arrows);
  const ends = Object.entries(book.steps).flatMap(([id, s]) => (s.kind === 'end' ? [id] : []));
  const finishing = reach(ends, arrows.map((a) => ({ from: a.to, to: a.from })));
  return Object.keys(book.steps).flatMap((id) => [
    ...(reached.has(id) ? [] : [fault(id, 'no path leads to it', 'Lead an edge to it, or remove it.')]),
    ...(finishing.has(id) ? [] : [fault(id, 'it cannot reach an end', 'Lead one of its outcomes towards an end.')]),
  ]);
}

function checkLoops(ids: readonly string[], arrows: readonly Arrow[], fault: MakeFault): readonly Fault[] {
  const unbounded = arrows.filter((a) => !a.bounded);
  return ids.flatMap((id) => {
    const after = unbounded.filter((a) => a.from === id).map((a) => a.to);
    return reach(after, unbounded).has(id)
      ? [fault(id, 'it lies on a loop without a bound', 'Give one edge of the loop atMost and then.')]
      : [];
  });
}

function checkFacts(book: Runbook, arrows: readonly Arrow[], fault: MakeFault): readonly Fault[] {
  const names = new Set(Object.values(book.steps).flatMap((s) => s.needs));
  return [...names].flatMap((name) => {
    const without = reach([book.start], arrows.filter((a) => !a.gives.includes(name)));
    return Object.entries(book.steps).flatMap(([id, step]) =>
      step.needs.includes(name) && without.has(id)
        ? [fault(id, `it needs '${name}', which not every path to it gives`, `Give '${name}' on every path, or read it from mayUse.`)]
        : [],
    );
  });
}

function checkFences(book: Runbook, arrows: readonly Arrow[], fault: MakeFault): readonly Fault[] {
  return Object.entries(book.steps).flatMap(([id, step]) => {
    if (step.kind !== 'action' || step.fencedBy === undefined) return [];
    const fence = step.fencedBy;
    if (!step.needs.includes(fence)) {
      return [fault(id, `its fence '${fence}' is not among the facts it needs`, `Add '${fence}' to needs.`)];
    }
    return arrows.some((a) => a.gives.includes(fence))
      ? []
      : [fault(id, `no probe gives its fence '${fence}'`, 'Prove the old process dead in a probe first.')];
  });
}
