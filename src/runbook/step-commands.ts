import type { Command } from './command.ts';
import { commandsOf } from './observation.ts';
import type { Runbook } from './runbook.ts';
import type { Site } from './site.ts';
import type { Context, Step } from './step.ts';
import { NOWHERE, symbolic, symbolicContext } from './symbolic.ts';

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

/** What the functions of a step are given before anything is known: facts are symbolic. */
export const contextOf = (step: Step, params: unknown, site: Site): Context =>
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
