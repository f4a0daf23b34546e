import type { Library } from '../runbook/load.ts';
import type { RawOutput } from '../runbook/command.ts';
import { render } from '../runbook/render.ts';
import { advance, decide, tick } from './advance.ts';
import { apply, initial } from './apply.ts';
import type { Event, Happening } from './events.ts';
import { exitCodeOf } from './exit-code.ts';
import { finish } from './finish.ts';
import type { Due, Next } from './next.ts';
import { Interrupted, NobodyToAsk } from './ports.ts';
import type { Clock, Journal, Observer, Operator, Performer } from './ports.ts';
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
  /** The first Ctrl-C: reads stop at once, a mutation in flight comes to its end. */
  readonly stop: AbortSignal;
  /** The second Ctrl-C: nothing is waited for any more. */
  readonly detach: AbortSignal;
}

type Started = Extract<Happening, { type: 'run.started' }>;

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

/**
 * Does what `advance` says and appends what happened. It holds the one state of a run; everything it decides is whether a
 * signal was given.
 */
class Driver {
  readonly #library: Library;
  readonly #world: World;
  #state: State;
  #next: Next = { do: 'nothing' };
  #queue: Promise<void> = Promise.resolve();

  constructor(library: Library, state: State, world: World) {
    this.#library = library;
    this.#state = state;
    this.#world = world;
  }

  /** Appends in the order of the calls: on disk first, then shown, then folded. */
  append(happening: Happening): Promise<void> {
    const turn = this.#queue.then(async () => {
      const at = new Date(Math.max(this.#world.clock.now(), this.#state.now)).toISOString();
      const stamp = { run: this.#state.run, seq: this.#state.seq + 1, at };
      const event = this.#world.redact({ ...happening, ...stamp });
      await this.#world.journal.append(event);
      this.#world.observer.saw(event);
      this.#fold(event);
    });
    // A failed turn fails its own caller; later turns must not run after it.
    this.#queue = turn;
    return turn;
  }

  /** A fault in a runbook ends the run with a name and an end on record; what was issued and not judged is in doubt. */
  #fold(event: Event): void {
    try {
      ({ state: this.#state, next: this.#next } = advance(this.#library, this.#state, event));
    } catch (error) {
      this.#state = apply(this.#state, event);
      const phase = this.#state.frames.at(-1)?.phase;
      const open = phase?.is === 'acting' && phase.intents > 0 && phase.judged === undefined;
      const because = `a fault in the runbook or in sre: ${error instanceof Error ? error.message : String(error)}`;
      this.#next = finish(this.#state, open ? 'in-doubt' : 'failed', because);
    }
  }

  async drive(): Promise<State> {
    while (this.#state.finished === undefined) {
      await this.#noticeSignals();
      await this.#perform(this.#next);
    }
    return this.#state;
  }

  async #noticeSignals(): Promise<void> {
    const { stop, detach } = this.#world;
    const { interrupted } = this.#state;
    if (detach.aborted && interrupted?.how !== 'detach') {
      await this.append({ type: 'run.interrupted', how: 'detach', because: 'detached by the operator' });
    } else if (stop.aborted && interrupted === undefined) {
      await this.append({ type: 'run.interrupted', how: 'stop', because: 'stopped by the operator' });
    }
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
        this.#next = decide(this.#library, this.#state);
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
    const place = { ...next.at, command: command.id, key, purpose: next.purpose, sample: next.sample };
    await this.append({
      type: 'command.started',
      ...place,
      about: command.about,
      where,
      argv: line,
      does: command.does,
      deadlineMs: command.deadlineMs,
    });
    const began = this.#world.clock.now();
    const signal = command.does === 'reads' ? this.#world.stop : this.#world.detach;
    const out: RawOutput = await this.#world.performer.perform(command, signal);
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
        const answer = await operator.answer(next.question, stop);
        return await this.append({ type: 'operator.answered', ...next.at, ...answer });
      }
      const word = await operator.confirm(next.card, next.expiresAt, stop);
      const late = clock.now() > next.expiresAt && word.answer === 'yes';
      await this.append({
        type: 'confirmation.answered',
        ...next.at,
        ...word,
        ...(late ? { answer: 'expired' as const } : {}),
      });
    } catch (error) {
      await this.#unanswered(error);
    }
  }

  async #unanswered(error: unknown): Promise<void> {
    if (error instanceof NobodyToAsk) {
      return this.append({
        type: 'run.finished',
        result: 'needs-approval',
        because: error.message,
        left: this.#state.followUps.map((f) => f.left),
        followUps: this.#state.followUps,
        exitCode: exitCodeOf('needs-approval'),
      });
    }
    if (error instanceof Interrupted) {
      return this.append({ type: 'run.interrupted', how: 'stop', because: 'stopped by the operator at a prompt' });
    }
    throw error;
  }
}
