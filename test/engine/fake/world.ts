import type { Card, Event, Question } from '../../../src/engine/events.ts';
import type { World } from '../../../src/engine/loop.ts';
import type { Answered, Confirmed, Locks } from '../../../src/engine/ports.ts';
import type { RawOutput } from '../../../src/runbook/command.ts';
import { cancelled, printed, wordOf } from './commands.ts';

type Reply = string | RawOutput;
/** What a word says: always the same, one reply after the other (the last one stays), or whatever a function makes of it. */
export type Says = Reply | readonly Reply[] | ((signal: AbortSignal) => Reply | Promise<Reply>);

/** The operator's word on one prompt; a function may let time pass first, or throw. */
export type Word =
  | string
  | (Omit<Answered & Confirmed, 'by' | 'answer'> & { readonly answer: string })
  | ((world: FakeWorld) => string);

export interface Script {
  readonly says?: Readonly<Record<string, Says>>;
  /** In the order of the prompts. A prompt without a word is a fault of the test. */
  readonly operator?: readonly Word[];
  /** In the order of the failures; without a word the run goes on as its runbook says. */
  readonly failures?: readonly Word[];
  /** What keeps other runs out; left out: nothing does. */
  readonly locks?: Locks;
  /** Called after an event was kept, before anything follows from it: presses Ctrl-C, changes what is said. */
  readonly when?: (event: Event, world: FakeWorld) => void;
  /** Whether the journal cannot keep this event. */
  readonly fails?: (event: Event) => boolean;
  readonly redact?: (event: Event) => Event;
  /** Ctrl-C at a time (milliseconds since the beginning), while something waits. */
  readonly pressAt?: number;
}

export const START = Date.UTC(2026, 3, 22, 9, 20, 0);

const isList = (it: Says): it is readonly Reply[] => Array.isArray(it);

/** A world of words: what each command says is a script, time passes when something waits, and everything is written down. */
export class FakeWorld {
  /** What happened in order: `kept <event>`, `ran <word>`, `asked`. */
  readonly log: string[] = [];
  readonly events: Event[] = [];
  readonly cards: Card[] = [];
  readonly questions: Question[] = [];
  readonly failures: Question[] = [];
  readonly says: Record<string, Says>;
  readonly ports: World;
  now = START;
  readonly #script: Script;
  readonly #stop = new AbortController();
  readonly #detach = new AbortController();
  readonly #asked: Record<string, number> = {};
  #words = 0;

  constructor(says: Readonly<Record<string, Says>>, script: Script, at: number = START) {
    this.says = { ...says, ...script.says };
    this.#script = script;
    this.now = at;
    this.ports = {
      performer: { perform: (command, signal) => this.#perform(wordOf(command), signal) },
      clock: { now: () => this.#read(), sleep: (ms, signal) => this.#sleep(ms, signal) },
      journal: { append: (event) => this.#append(event) },
      operator: {
        confirm: async (card) => {
          this.cards.push(card);
          return { by: 'ann', ...this.#word() } as Confirmed;
        },
        answer: async (question) => {
          if (question.about === 'failure') {
            this.failures.push(question);
            const word = script.failures?.[this.failures.length - 1] ?? 'go-on';
            return { by: 'ann', answer: 'go-on', ...this.#said(word) };
          }
          this.questions.push(question);
          return { by: 'ann', ...this.#word() } as Answered;
        },
      },
      observer: { saw: (event) => script.when?.(event, this) },
      redact: script.redact ?? ((event) => event),
      stop: this.#stop.signal,
      detach: this.#detach.signal,
      ...(script.locks === undefined ? {} : { locks: script.locks }),
    };
  }

  /** Commands that were performed, by their words. */
  get ran(): readonly string[] {
    return this.log.flatMap((it) => (it.startsWith('ran ') ? [it.slice('ran '.length)] : []));
  }

  /** Ctrl-C: once stops, twice detaches. */
  press(): void {
    if (this.#stop.signal.aborted) this.#detach.abort();
    this.#stop.abort();
  }

  /** Reading the clock takes a millisecond, so that no two moments are the same by chance. */
  #read(): number {
    this.now += 1;
    return this.now;
  }

  async #perform(word: string, signal: AbortSignal): Promise<RawOutput> {
    this.log.push(`ran ${word}`);
    if (signal.aborted) return cancelled;
    const says = this.says[word];
    if (says === undefined) throw new Error(`nothing is said to '${word}'`);
    const nth = (this.#asked[word] = (this.#asked[word] ?? 0) + 1);
    const reply =
      typeof says === 'function'
        ? await says(signal)
        : isList(says)
          ? (says[nth - 1] ?? says.at(-1))
          : says;
    if (reply === undefined) throw new Error(`'${word}' has an empty script`);
    return typeof reply === 'string' ? printed(reply) : reply;
  }

  async #append(event: Event): Promise<void> {
    await Promise.resolve();
    if (this.#script.fails?.(event) === true) throw new Error('no space left on device');
    this.log.push(`kept ${event.type}`);
    this.events.push(event);
  }

  async #sleep(ms: number, signal: AbortSignal): Promise<void> {
    const until = this.now + Math.max(0, ms);
    const { pressAt } = this.#script;
    if (pressAt !== undefined && START + pressAt <= until && !signal.aborted) {
      this.now = Math.max(this.now, START + pressAt);
      this.press();
    }
    if (!signal.aborted) this.now = until;
  }

  #word(): object {
    this.log.push('asked');
    const word = this.#script.operator?.[this.#words];
    this.#words += 1;
    if (word === undefined) throw new Error(`nobody said what to answer to prompt ${this.#words}`);
    return this.#said(word);
  }

  #said(word: Word): object {
    const said = typeof word === 'function' ? word(this) : word;
    return typeof said === 'string' ? { answer: said } : said;
  }
}

/** A command that answers only when it is called off. */
export const untilCalledOff = (signal: AbortSignal): Promise<RawOutput> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(cancelled);
    signal.addEventListener('abort', () => resolve(cancelled), { once: true });
  });
