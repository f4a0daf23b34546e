import type { Command } from '../runbook/command.ts';
import type { Library } from '../runbook/load.ts';
import { commandsOf, observe, seenOf } from '../runbook/observation.ts';
import type { Observation, Query, Seen } from '../runbook/observation.ts';
import type { Runbook } from '../runbook/runbook.ts';
import type { Context, Step } from '../runbook/step.ts';
import type { At, Happening, Purpose } from './events.ts';
import { render as renderLine } from '../runbook/render.ts';
import type { Due, Next } from './next.ts';
import type { Answered, Frame, Look, State } from './state.ts';

/** The step under way with what its functions may see: everything `decide` needs to ask a step. */
export interface View {
  readonly library: Library;
  readonly state: State;
  readonly frame: Frame;
  readonly book: Runbook;
  readonly at: At;
  /** What step functions are given, with the time of their last event unless told otherwise. */
  readonly context: (step: Step, now?: number) => Context;
}

/** The view of the runbook under way; `undefined` before a run began. */
export function viewOf(library: Library, state: State): View | undefined {
  const frame = state.frames.at(-1);
  if (frame === undefined) return undefined;
  const book = library.get(frame.runbook);
  if (book === undefined) throw new Error(`the runbook '${frame.runbook}' is not loaded`);
  const at = { step: frame.step, visit: frame.visit, depth: state.frames.length - 1 };
  const context = (step: Step, now = state.now): Context => ({
    facts: Object.fromEntries(
      [...step.needs, ...step.mayUse].flatMap((name) => {
        const fact = frame.facts[name];
        return fact === undefined ? [] : [[name, fact.value]];
      }),
    ),
    params: frame.params,
    site: state.site,
    now,
    run: state.run,
    visit: frame.visit,
  });
  return { library, state, frame, book, at, context };
}

/** The runbook that called the one under way, at the step that called it; `undefined` in the one that was started. */
export function callerOf(view: View): { readonly view: View; readonly step: Step } | undefined {
  if (view.state.frames.length < 2) return undefined;
  const below = viewOf(view.library, { ...view.state, frames: view.state.frames.slice(0, -1) });
  const step = below?.book.steps[below.frame.step];
  if (below === undefined || step === undefined) throw new Error('a called runbook has no caller');
  return { view: below, step };
}

/** Records what the core has decided. */
export const record = (happening: Happening): Next => ({ do: 'record', happening });

/** A look's answers in the shape of its query. Every command must have answered. */
export const seen = (query: Query, look: Look | undefined): Seen<Query> => {
  const commands = new Map(commandsOf(query).map(({ key, command }) => [key, command]));
  return seenOf(query, (key): Observation<unknown> => {
    const command = commands.get(key);
    const answer = look?.answers[key];
    if (command === undefined || answer === undefined) {
      throw new Error(`nothing was answered for '${key}'`);
    }
    return read(command, answer);
  });
};

/**
 * What was read of an answer, as long as that answer is in memory: a look's query is made anew with the very same `now`, so its
 * parsers are the same, and a soak that sees all of its samples would parse each of them again and again.
 */
const readings = new WeakMap<Answered, Observation<unknown>>();

function read(command: Command<unknown>, answer: Answered): Observation<unknown> {
  const known = readings.get(answer);
  if (known !== undefined) return known;
  const reading = observe(command, answer.out, answer.at);
  readings.set(answer, reading);
  return reading;
}

const NEVER_INTRUSIVE = 'a plan runs nothing intrusive: a live run would settle it';

/**
 * What is still to be done before a look is complete; `undefined` when every command has answered. What reads runs side by
 * side; then intrusive commands one at a time, each with its intent written first; a plan withholds those. `look` is absent
 * where nothing of this look was begun; the query is then made with the time of the state, else with the look's own.
 */
export function pending(
  view: View,
  query: Query,
  look: Look | undefined,
  purpose: Purpose,
  sample: number,
): Next | undefined {
  const open = commandsOf(query).filter(({ key }) => look?.answers[key] === undefined);
  const reads = open.filter(({ command }) => command.does === 'reads');
  const since = look?.since ?? view.state.now;
  if (reads.length > 0) return { do: 'run', due: reads, at: view.at, purpose, sample, since };
  const [first] = open;
  return first === undefined ? undefined : intrude(view, first, look, purpose, sample, since);
}

function intrude(
  view: View,
  due: Due,
  look: Look | undefined,
  purpose: Purpose,
  sample: number,
  since: number,
): Next {
  const { key, command } = due;
  if (command.does === 'mutates') {
    throw new Error(
      `${view.book.id}, step '${view.at.step}': '${key}' changes the world and stands outside an action's commands`,
    );
  }
  const line = renderLine(command);
  if (view.state.mode === 'plan') {
    return record({
      type: 'command.finished',
      ...view.at,
      command: command.id,
      key,
      purpose,
      sample,
      ending: { how: 'withheld', because: NEVER_INTRUSIVE },
      durationMs: 0,
      output: { stdout: '', stderr: '', truncated: false },
      since: new Date(since).toISOString(),
    });
  }
  if (look?.intended.includes(key) === true) {
    return { do: 'run', due: [due], at: view.at, purpose, sample, since };
  }
  return record({
    type: 'intent.written',
    ...view.at,
    command: command.id,
    key,
    argv: line.line,
    where: line.where,
    does: command.does,
    purpose,
    sample,
    about: command.about,
    target: command.scope ?? line.where,
    before: {},
    since: new Date(since).toISOString(),
  });
}
