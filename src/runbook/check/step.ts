import { parseDuration } from '../duration.ts';
import type { Runbook } from '../runbook.ts';
import { commandsOfStep, contextOf, defaultsOf } from '../step-commands.ts';
import type { Step } from '../step.ts';
import { NOWHERE } from '../symbolic.ts';
import type { Fault, FaultAt, MakeFault } from './fault.ts';
import { checkOutcomes } from './outcomes.ts';

/** What one step says by itself: its title, outcomes, facts, times and commands. */
export function checkStep(
  book: Runbook,
  id: string,
  step: Step,
  fault: MakeFault,
): readonly Fault[] {
  const at = (wrong: string, fix: string): Fault => fault(id, wrong, fix);
  const title =
    step.title.trim() === '' ? [at('it has no title', 'Say what it asks or does.')] : [];
  const known = [...title, ...checkOutcomes(book, step, at), ...checkNames(book, step, at)];
  if (step.kind === 'action' && (step.effect as unknown) === undefined) {
    return [...known, at('the action has no effect', 'Say by which identity its work is proven.')];
  }
  return [...known, ...checkTimes(step, defaultsOf(book), at), ...checkCommands(book, step, at)];
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
