import { commandsOf } from './observation.ts';
import type { Command } from './command.ts';
import { parseDuration } from './duration.ts';
import type { Runbook } from './runbook.ts';
import type { Site } from './site.ts';
import { NOWHERE, symbolic, symbolicContext } from './symbolic.ts';
import type { Action, Choice, Context, Edge, Step } from './step.ts';

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

function reach(
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

type MakeFault = (step: string, wrong: string, fix: string) => Fault;

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

function checkStep(book: Runbook, id: string, step: Step, fault: MakeFault): readonly Fault[] {
  const at = (wrong: string, fix: string): Fault => fault(id, wrong, fix);
  const title =
    step.title.trim() === '' ? [at('it has no title', 'Say what it asks or does.')] : [];
  const known = [...title, ...checkOutcomes(book, step, at), ...checkNames(book, step, at)];
  if (step.kind === 'action' && (step.effect as unknown) === undefined) {
    return [...known, at('the action has no effect', 'Say by which identity its work is proven.')];
  }
  return [...known, ...checkTimes(step, defaultsOf(book), at), ...checkCommands(book, step, at)];
}

type FaultAt = (wrong: string, fix: string) => Fault;

function checkOutcomes(book: Runbook, step: Step, at: FaultAt): readonly Fault[] {
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

/** The names of facts: what is read and given is declared, and only probes give. */
function checkNames(book: Runbook, step: Step, at: FaultAt): readonly Fault[] {
  const undeclared = (names: readonly string[], says: (name: string) => string): readonly Fault[] =>
    names
      .filter((name) => !(name in book.facts))
      .map((name) =>
        at(`${says(name)}, which the runbook does not declare`, `Declare '${name}' in facts.`),
      );
  return [
    ...undeclared([...step.needs, ...step.mayUse], (name) => `it reads the fact '${name}'`),
    ...Object.entries(step.next).flatMap(([outcome, { gives = [] }]) => [
      ...undeclared(gives, (name) => `outcome '${outcome}' gives the fact '${name}'`),
      ...(step.kind !== 'probe' && gives.length > 0
        ? [at(`outcome '${outcome}' gives facts, and only probes can`, 'Find the fact in a probe.')]
        : []),
    ]),
  ];
}

function checkTimes(step: Step, params: unknown, at: FaultAt): readonly Fault[] {
  const times = (named: Readonly<Record<string, unknown>>): readonly Fault[] =>
    Object.entries(named)
      .filter(([, time]) => typeof time === 'string' && !((parseDuration(time) ?? 0) > 0))
      .map(([name, time]) =>
        at(`${name} is '${String(time)}'`, "Give a length of time above 0, such as '90s'."),
      );
  if (step.kind === 'action') {
    const { every, within } = step.effect;
    const { freshWithin } = step.drift;
    return times({
      'effect.every': every,
      'effect.within': within,
      'drift.freshWithin': freshWithin,
    });
  }
  if (step.kind !== 'probe' || step.watch === undefined) return [];
  const watch = attempt(() => step.watch?.(contextOf(step, params, NOWHERE)));
  if (!watch.ok) return [at(`its watch cannot be read: ${watch.says}`, UNREADABLE)];
  if (watch.value === undefined) return [];
  const { every, within, late } = watch.value;
  const edge = step.next[late];
  return [
    ...times({ 'watch.every': every, 'watch.within': within }),
    ...(edge === undefined
      ? [
          at(
            `the late outcome '${late}' has no edge`,
            `Name one of: ${Object.keys(step.next).join(', ')}.`,
          ),
        ]
      : []),
    ...((edge?.gives ?? []).length > 0
      ? [
          at(
            `the late outcome '${late}' gives facts, and nothing was found`,
            'Let late be an outcome that gives none.',
          ),
        ]
      : []),
  ];
}

const UNREADABLE = 'Let it only read, pass on and print facts: they are not known yet at load.';

function checkCommands(book: Runbook, step: Step, at: FaultAt): readonly Fault[] {
  const all = attempt(() => commandsOfStep(step, defaultsOf(book)));
  if (!all.ok) return [at(`its commands cannot be listed: ${all.says}`, UNREADABLE)];
  return [
    ...all.value.flatMap(({ command, key, acts }) => [
      ...(Number.isFinite(command.deadlineMs) && command.deadlineMs > 0
        ? []
        : [at(`the command '${key}' has no deadline`, 'Give it deadlineMs above 0.')]),
      ...(command.does === 'mutates' && !acts
        ? [
            at(
              `'${key}' changes the world and is not among the action's commands`,
              'Move it into an action.',
            ),
          ]
        : []),
      ...(command.does !== 'mutates' && acts
        ? [
            at(
              `'${key}' is among the action's commands and changes nothing`,
              "Let it say does: 'mutates', or move it into a look.",
            ),
          ]
        : []),
      ...(command.forces === true && (step.kind !== 'action' || step.fencedBy === undefined)
        ? [
            at(
              'it deletes by force without a fence',
              'Name in fencedBy the fact that proves the old process dead or the node reset.',
            ),
          ]
        : []),
    ]),
    ...(step.kind === 'action' && !all.value.some((it) => it.proves)
      ? [
          at(
            'no command reads the identity that proves its effect',
            'Name at least one in effect.identity.',
          ),
        ]
      : []),
  ];
}

type Attempt<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly says: string };

function attempt<T>(make: () => T): Attempt<T> {
  try {
    return { ok: true, value: make() };
  } catch (error) {
    return { ok: false, says: error instanceof Error ? error.message : String(error) };
  }
}

/** The parameters a run has when nothing is set; symbolic where a parameter must be given. */
export function defaultsOf(book: Runbook): unknown {
  const parsed = book.params.safeParse({});
  return parsed.success ? parsed.data : symbolic('params');
}

/** A command of a step, and what it is there for. */
interface Placed {
  readonly key: string;
  readonly command: Command<unknown>;
  /** It is one of an action's commands; everything else only looks. */
  readonly acts?: true;
  /** It reads the identity that proves an action's effect. */
  readonly proves?: true;
}

const contextOf = (step: Step, params: unknown, site: Site): Context =>
  symbolicContext([...step.needs, ...step.mayUse], {}, params, site);

/** Every command a step may run, with facts symbolic: for checks, `sre show` and offline plans. */
export function commandsOfStep(
  step: Step,
  params: unknown = symbolic('params'),
  site: Site = NOWHERE,
): readonly Placed[] {
  const ctx = contextOf(step, params, site);
  switch (step.kind) {
    case 'probe':
      return commandsOf(step.observe(ctx));
    case 'action':
      return [
        ...commandsOf(step.capture?.(ctx) ?? {}),
        ...step.guards(ctx).flatMap((g) => commandsOf(g.observe)),
        ...commandsOf(step.blastRadius.observe(ctx)),
        ...commandsOf(step.drift.observe(ctx)),
        ...commandsOf(step.effect.identity(ctx)).map((it): Placed => ({ ...it, proves: true })),
        ...step
          .commands(ctx)
          .map((command, i): Placed => ({ key: `commands[${i}]`, command, acts: true })),
      ];
    case 'manual':
      return commandsOf(step.verify?.observe(ctx) ?? {});
    case 'choice':
    case 'call':
    case 'end':
      return [];
  }
}

function checkReach(book: Runbook, arrows: readonly Arrow[], fault: MakeFault): readonly Fault[] {
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

function checkLoops(
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

function checkFacts(book: Runbook, arrows: readonly Arrow[], fault: MakeFault): readonly Fault[] {
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

function checkFences(book: Runbook, arrows: readonly Arrow[], fault: MakeFault): readonly Fault[] {
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
