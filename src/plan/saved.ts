import { z } from 'zod';
import type { Event, EventOf } from '../engine/events.ts';
import { digestOf } from '../journal/digest.ts';
import { SreError } from '../runbook/sre-error.ts';

const rendered = z.strictObject({
  where: z.string(),
  line: z.string(),
  stdin: z.string().optional(),
});

const action = z.strictObject({
  step: z.string(),
  /** 1 in a runbook that the first one calls. */
  depth: z.int().nonnegative(),
  /** Nothing was looked at for it: what was not known reads `‹node›`. */
  predicted: z.boolean(),
  title: z.string(),
  risk: z.string(),
  target: z.strictObject({ kind: z.string(), name: z.string(), proven: z.array(z.string()) }),
  commands: z.array(rendered),
  breaks: z.array(z.strictObject({ what: z.string(), count: z.number() })),
  warning: z.string().optional(),
});

const content = z.strictObject({
  format: z.literal(1),
  runbook: z.string(),
  version: z.int(),
  /** Of the runbook, and of the inventory. */
  digests: z.strictObject({ runbook: z.string(), inventory: z.string() }),
  params: z.unknown(),
  cluster: z.string(),
  lab: z.strictObject({ scenario: z.string(), seed: z.number() }).optional(),
  run: z.string(),
  at: z.string(),
  by: z.string(),
  actions: z.array(action),
});

/** One action of a plan, as far as a run can be held to it. */
export type PlannedAction = Readonly<z.output<typeof action>>;

/** What a plan foresaw, and on what it rests. */
export type PlanContent = Readonly<z.output<typeof content>>;

/** A plan as it stands in its file. */
export interface SavedPlan extends PlanContent {
  /** Of all the rest: who changes a plan by hand makes another one of it. */
  readonly digest: string;
}

/** The plan that a run with `--dry-run` came to; `undefined` where it came to none: it was stopped, or there is nothing to do. */
export function planOf(events: readonly Event[]): SavedPlan | undefined {
  const [started] = events;
  const end = events.at(-1);
  if (started?.type !== 'run.started' || end?.type !== 'run.finished') return undefined;
  if (started.mode !== 'plan' || end.result !== 'planned') return undefined;
  const planned = events.filter(
    (event): event is EventOf<'action.planned'> => event.type === 'action.planned',
  );
  const made: PlanContent = {
    format: 1,
    runbook: started.runbook,
    version: started.version,
    digests: { runbook: started.digest, inventory: started.inventory },
    params: started.params,
    cluster: started.cluster,
    ...(started.lab === undefined ? {} : { lab: started.lab }),
    run: started.run,
    at: started.at,
    by: started.operator,
    actions: planned.map(asAction),
  };
  return { ...made, digest: digestOf(made) };
}

function asAction({ step, depth, predicted, card }: EventOf<'action.planned'>): PlannedAction {
  const { title, risk, target, commands, breaks, warning } = card;
  return {
    step,
    depth,
    predicted: predicted === true,
    title,
    risk,
    target: { kind: target.kind, name: target.name, proven: [...target.proven] },
    commands: [...commands],
    breaks: breaks.counts.map(({ what, count }) => ({ what, count })),
    ...(warning === undefined ? {} : { warning }),
  };
}

/** A plan as text for a file. */
export const writePlan = (plan: SavedPlan): string => `${JSON.stringify(plan, undefined, 2)}\n`;

const bad = (path: string, says: string, hint: string): SreError =>
  new SreError('plan-invalid', `${path} is no plan to hold a run to: ${says}`, {
    source: 'operator',
    hint,
  });

const AGAIN = 'make it anew with --dry-run --out FILE';

/** The plan in the text of the file at `path`; throws a {@link SreError} that says what is not right about it. */
export function readPlan(text: string, path: string): SavedPlan {
  const json = parsed(text, path);
  const found = content.extend({ digest: z.string() }).safeParse(json);
  if (!found.success) throw bad(path, z.prettifyError(found.error), AGAIN);
  const { digest, ...rest } = found.data;
  if (digestOf(rest) !== digest) {
    throw bad(path, 'it was changed after it was made: its digest is another one', AGAIN);
  }
  return found.data;
}

function parsed(text: string, path: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    const says = cause instanceof Error ? cause.message : String(cause);
    throw bad(path, `it is not JSON (${says})`, AGAIN);
  }
}
