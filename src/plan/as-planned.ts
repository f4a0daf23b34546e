import type { Card, EventOf } from '../engine/events.ts';
import { digestOf } from '../journal/digest.ts';
import type { PlannedAction, SavedPlan } from './saved.ts';

/** What a run begins with, as far as a plan speaks of it. */
export type Beginning = Pick<
  EventOf<'run.started'>,
  'runbook' | 'version' | 'digest' | 'params' | 'cluster' | 'inventory' | 'lab'
>;

/** In what a run that begins so is not what was planned: a sentence each; none, where it is. */
export function beginningDiffers(plan: SavedPlan, now: Beginning): readonly string[] {
  const { runbook, version, digests } = plan;
  if (runbook !== now.runbook) return says('the runbook', runbook, now.runbook);
  return [
    ...says('the version of the runbook', String(version), String(now.version)),
    ...(version === now.version ? changed('the runbook', digests.runbook, now.digest) : []),
    ...says('the cluster', plan.cluster, now.cluster),
    ...(plan.cluster === now.cluster
      ? changed('the inventory', digests.inventory, now.inventory)
      : []),
    ...says('the parameters', JSON.stringify(plan.params), JSON.stringify(now.params)),
    ...changed('the incident of the lab', plan.lab, now.lab),
  ];
}

const says = (what: string, then: string, now: string): readonly string[] =>
  then === now ? [] : [`${what}: planned ${then}, now ${now}`];

const changed = (what: string, then: unknown, now: unknown): readonly string[] =>
  digestOf(then) === digestOf(now) ? [] : [`${what} changed since`];

/** The action of the plan at this step, if it has one there. */
export const plannedAt = (
  plan: SavedPlan,
  at: { readonly step: string; readonly depth: number },
): PlannedAction | undefined =>
  plan.actions.find((it) => it.step === at.step && it.depth === at.depth);

/**
 * In what an action that is about to be confirmed is not what was planned: other commands, another target or other facts
 * about it, more risk, more that breaks, a warning that the plan had not. What a predicted action did not know yet may be
 * anything. Evidence and guards are not compared: they were looked at anew, and hold.
 */
export function actionDiffers(planned: PlannedAction, card: Card): readonly string[] {
  return [
    ...says('the risk', planned.risk, card.risk),
    ...(fitsPattern(planned.target.name, card.target.name)
      ? []
      : says('the target', planned.target.name, card.target.name)),
    ...commandsDiffer(planned, card),
    ...(planned.predicted ? [] : knownDiffers(planned, card)),
  ];
}

const lineOf = ({ where, line, stdin }: PlannedAction['commands'][number]): string =>
  `${where}: ${line}${stdin === undefined ? '' : ` < ${stdin}`}`;

function commandsDiffer(planned: PlannedAction, card: Card): readonly string[] {
  const then = planned.commands.map(lineOf);
  const now = card.commands.map(lineOf);
  const same = then.length === now.length && then.every((it, i) => fitsPattern(it, now[i] ?? ''));
  return same ? [] : [`the commands: planned ${then.join('; ')}, now ${now.join('; ')}`];
}

/** What a plan that looked has seen, and a prediction has not. */
function knownDiffers(planned: PlannedAction, card: Card): readonly string[] {
  const gone = planned.target.proven.filter((it) => !card.target.proven.includes(it));
  const more = card.breaks.counts.flatMap(({ what, count }) => {
    const then = planned.breaks.find((it) => it.what === what)?.count ?? 0;
    return count > then ? [`it breaks more: ${what}, planned ${then}, now ${count}`] : [];
  });
  const warns = card.warning !== undefined && card.warning !== planned.warning;
  return [
    ...(gone.length === 0 ? [] : [`of the target no longer true: ${gone.join(', ')}`]),
    ...more,
    ...(warns ? [`a warning that the plan had not: ${card.warning}`] : []),
  ];
}

/** Whether a text is the planned one, in which `‹name›` stands for anything. */
function fitsPattern(planned: string, now: string): boolean {
  const parts = planned.split(/‹[^›]*›/);
  const [first = ''] = parts;
  const last = parts.at(-1) ?? '';
  if (parts.length === 1) return planned === now;
  if (!now.startsWith(first) || now.length < first.length + last.length) return false;
  if (!now.endsWith(last)) return false;
  let from = first.length;
  const end = now.length - last.length;
  for (const part of parts.slice(1, -1)) {
    const at = now.indexOf(part, from);
    if (at < 0 || at + part.length > end) return false;
    from = at + part.length;
  }
  return true;
}
