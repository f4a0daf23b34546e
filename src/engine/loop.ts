import type { Library } from '../runbook/load.ts';
import type { RawOutput } from '../runbook/command.ts';
import { render } from '../runbook/render.ts';
import { decide, tick } from './advance.ts';
import { apply, initial } from './apply.ts';
import type { Event, Happening, RunResult } from './events.ts';
import { finish, inDoubt } from './finish.ts';
import { gateOf, HeldLocks } from './held-locks.ts';
import type { Due, Next } from './next.ts';
import { Interrupted, NobodyToAsk, NotAsPlanned } from './ports.ts';
import type { Clock, Journal, KeepNote, Locks, Observer, Operator, Performer } from './ports.ts';
import type { State } from './state.ts';

/** Everything the loop needs of the world. */
export interface World {
  readonly performer: Performer;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly operator: Operator;
  readonly observer: Observer;
  /** Removes secrets from an event before anything keeps, shows or folds it. */
  readonly redact: (event: Event) => Event;
  /** What keeps other runs from changing the same cluster; absent: nothing does. */
  readonly locks?: Locks;
  /** Notes that somebody leaves beside the run: hands each to `keep`, until what it returns is called. */
  readonly notes?: (keep: KeepNote) => () => void;
  /** The first Ctrl-C: reads stop at once, a mutation in flight comes to its end. */
  readonly stop: AbortSignal;
  /** The second Ctrl-C: nothing is waited for any more. */
  readonly detach: AbortSignal;
}

type Started = Extract<Happening, { type: 'run.started' }>;
type Resumed = Extract<Happening, { type: 'run.resumed' }>;

/** Starts a run and drives it to its end; the state it ended in. Rejects only where the journal cannot be kept. */
export async function startRun(
  library: Library,
  run: string,
  started: Started,
  world: World,
): Promise<State> {
  const driver = new Driver(library, { ...initial, run }, world);
  await driver.append(started);
  return driver.drive();
}

/** Goes on with a run from the events of its journal, outputs included: what was in flight is probed, never issued again. */
export async function resumeRun(
  library: Library,
  events: readonly Event[],
  resumed: Resumed,
  world: World,
): Promise<State> {
  const driver = new Driver(library, events.reduce(apply, initial), world);
  await driver.append(resumed);
  return driver.drive();
}

/**
 * Does what `advance` says and appends what happened. It holds the one state of a run; everything it decides is whether a
 * signal was given.
 */
class Driver {
  readonly #library: Library;
  readonly #world: World;
  #state: State;
  readonly #locks: HeldLocks;
  #queue: Promise<void> = Promise.resolve();

  constructor(library: Library, state: State, world: World) {
    this.#library = library;
    this.#state = state;
    this.#world = world;
    this.#locks = new HeldLocks(world.locks, (happening) => this.append(happening));
  }

  /** Appends in the order of the calls: on disk first, then shown, then folded. */
  append(happening: Happening): Promise<void> {
    // A failed turn fails its own caller; later turns must not run after it.
    this.#queue = this.#appendAfter(this.#queue, happening);
    return this.#queue;
  }

  async #appendAfter(earlier: Promise<void>, happening: Happening): Promise<void> {
    await earlier;
    const at = new Date(Math.max(this.#world.clock.now(), this.#state.now)).toISOString();
    const stamp = { run: this.#state.run, seq: this.#state.seq + 1, at };
    const event = this.#world.redact({ ...happening, ...stamp });
    await this.#world.journal.append(event);
    this.#world.observer.saw(event);
    this.#state = apply(this.#state, event);
  }

  /** A fault in a runbook ends the run with a name and an end on record; what was issued and not judged is in doubt. */
  #next(): Next {
    try {
      return decide(this.#library, this.#state);
    } catch (error) {
      const because = `a fault in the runbook or in sre: ${saying(error)}`;
      return endHere(this.#state, 'failed', because);
    }
  }

  async drive(): Promise<State> {
    const done = this.#world.notes?.(this.#keepNote);
    try {
      return await this.#driveOn();
    } finally {
      done?.();
      // Where the journal failed they are still held: the next run must not wait until they expire.
      await this.#locks.release(NEVER).catch(() => {});
    }
  }

  async #driveOn(): Promise<State> {
    while (this.#state.finished === undefined) {
      await this.#noticeSignals();
      await this.#performLocked(this.#next());
    }
    return this.#state;
  }

  async #noticeSignals(): Promise<void> {
    const { stop, detach } = this.#world;
    const { interrupted } = this.#state;
    if (detach.aborted && interrupted?.how !== 'detach') {
      await this.append({
        type: 'run.interrupted',
        how: 'detach',
        because: 'detached by the operator',
      });
    } else if (stop.aborted && interrupted === undefined) {
      await this.append({
        type: 'run.interrupted',
        how: 'stop',
        because: 'stopped by the operator',
      });
    }
  }

  /** Does what is next, unless a lock forbids it: then the run ends here, and can be gone on with. */
  async #performLocked(next: Next): Promise<void> {
    const ends = next.do === 'record' && next.happening.type === 'run.finished';
    if (ends) await this.#locks.release(NEVER);
    const gate = gateOf(next, this.#state.mode);
    if (gate === undefined) return this.#perform(next);
    const { stop } = this.#world;
    const refusal = await this.#locks.pass(gate, this.#purpose(next), stop);
    // Ctrl-C while the locks were asked: what they did not say by then is no refusal.
    if (refusal === undefined) return this.#perform(next);
    if (!stop.aborted) return this.#performLocked(endHere(this.#state, 'locked', refusal));
  }

  /** The step that the locks are held for, in the words that other runs read. */
  #purpose(next: Next): string {
    const happening = next.do === 'record' ? next.happening : undefined;
    if (happening?.type === 'step.entered') return happening.title;
    const frame = this.#state.frames.at(-1);
    const book = frame === undefined ? undefined : this.#library.get(frame.runbook);
    return book?.steps[frame?.step ?? '']?.title ?? '';
  }

  async #perform(next: Next): Promise<void> {
    switch (next.do) {
      case 'record':
        return this.append(next.happening);
      case 'run':
        await Promise.all(next.due.map((due) => this.#run(due, next)));
        return;
      case 'wait':
        await this.#world.clock.sleep(next.until - this.#world.clock.now(), this.#world.stop);
        this.#state = tick(this.#state, this.#world.clock.now());
        return;
      case 'confirm':
      case 'question':
        return this.#ask(next);
      case 'nothing':
        throw new Error('the run has nothing to do and is not finished');
    }
  }

  async #run(due: Due, next: Extract<Next, { do: 'run' }>): Promise<void> {
    const { command, key } = due;
    const { line, where } = render(command);
    const place = {
      ...next.at,
      command: command.id,
      key,
      purpose: next.purpose,
      sample: next.sample,
    };
    await this.append({
      type: 'command.started',
      ...place,
      about: command.about,
      where,
      argv: line,
      does: command.does,
      deadlineMs: command.deadlineMs,
      since: new Date(next.since).toISOString(),
    });
    const began = this.#world.clock.now();
    const { performer, stop, detach } = this.#world;
    // What changes something comes to its end, and so does the look that tells whether it did.
    const signal = command.does === 'reads' && next.purpose !== 'identity-after' ? stop : detach;
    const out = await performer.perform(command, signal).catch(lost);
    await this.append({
      type: 'command.finished',
      ...place,
      ending: out.ending,
      durationMs: this.#world.clock.now() - began,
      output: { stdout: out.stdout, stderr: out.stderr, truncated: out.truncated },
    });
  }

  async #ask(next: Extract<Next, { do: 'confirm' | 'question' }>): Promise<void> {
    const { operator, stop, clock } = this.#world;
    try {
      if (next.do === 'question') {
        const answer = await operator.answer(next.question, stop, this.#keepNote);
        return await this.append({ type: 'operator.answered', ...next.at, ...answer });
      }
      const word = await operator.confirm(next.card, next.expiresAt, stop, this.#keepNote, next.at);
      const late = clock.now() >= next.expiresAt && word.answer === 'yes';
      await this.append({
        type: 'confirmation.answered',
        ...next.at,
        ...word,
        ...(late ? { answer: 'expired' as const } : {}),
      });
    } catch (error) {
      await this.#unanswered(next, error);
    }
  }

  readonly #keepNote: KeepNote = (note, by) => this.append({ type: 'operator.noted', note, by });

  async #unanswered(
    next: Extract<Next, { do: 'confirm' | 'question' }>,
    error: unknown,
  ): Promise<void> {
    if (error instanceof NobodyToAsk) {
      return this.#performLocked(endHere(this.#state, 'needs-approval', nobody(next, error)));
    }
    if (error instanceof NotAsPlanned) {
      return this.#performLocked(endHere(this.#state, 'not-as-planned', error.message));
    }
    if (error instanceof Interrupted) {
      return this.append({
        type: 'run.interrupted',
        how: 'stop',
        because: 'stopped by the operator at a prompt',
      });
    }
    throw error;
  }
}

const NEVER = new AbortController().signal;
const saying = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What nobody could be asked; of a failure, what failed: the run can be gone on with once somebody is there. */
const nobody = (
  next: Extract<Next, { do: 'confirm' | 'question' }>,
  { message }: NobodyToAsk,
): string =>
  next.do === 'question' && next.question.about === 'failure'
    ? `${next.question.title} ${next.question.outcome}: ${next.question.because}; how to go on is asked at a terminal, and there is none: \`sre resume\` asks it`
    : message;

/** A performer must not throw; where one does, nothing is known of its command. */
const lost = (error: unknown): RawOutput => ({
  ending: { how: 'lost', because: `a fault in sre: ${saying(error)}` },
  stdout: '',
  stderr: '',
  truncated: false,
});

/** Ends the run where it stands; where something was issued and not judged, it is in doubt, whatever else it is. */
function endHere(state: State, result: RunResult, because: string): Next {
  const issued = inDoubt(state);
  return issued === undefined
    ? finish(state, result, because)
    : finish(state, 'in-doubt', because, [`${issued}: issued, and its effect is not known`]);
}
