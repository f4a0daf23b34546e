import {
  Interrupted,
  NobodyToAsk,
  type Answered,
  type Clock,
  type Confirmed,
  type KeepNote,
  type Operator,
} from '../engine/ports.ts';
import type { Card, Question } from '../engine/events.ts';
import { ask, type Prompt } from './ask.ts';
import { leftOutLines } from './card.ts';
import { evidenceLines, type Evidence } from './evidence.ts';
import type { Keyboard } from './keyboard.ts';
import { hang, toText, type Line } from './layout.ts';
import {
  confirmMenu,
  freeLines,
  nameToType,
  promptLines,
  questionMenu,
  NOTE,
  refusal,
  VIEW,
  type Menu,
} from './menus.ts';
import { penFor, type Pen, type Style } from './pen.ts';
import { asReason, refuseReason } from './reason.ts';
import { sanitise } from './sanitise.ts';
import type { Screen, TerminalOutput } from './screen.ts';

export { Interrupted } from '../engine/ports.ts';
export type { Evidence } from './evidence.ts';

/** How a person is asked. */
export interface PromptOptions {
  /** The operator's name, for the journal. */
  readonly by: string;
  readonly keyboard: Keyboard;
  /** Where prompts are painted: standard error. */
  readonly output: TerminalOutput;
  readonly clock: Pick<Clock, 'now'>;
  readonly style: Omit<Style, 'everything'>;
  readonly paint?: (line: Line) => string;
  /** What redraws meanwhile, and must stand still. */
  readonly screen?: Screen;
  /** The last raw outputs, for `v`. */
  readonly evidence?: () => Promise<readonly Evidence[]> | readonly Evidence[];
}

/** How often the evidence's age is looked at while a confirmation waits. */
const LOOK_MS = 200;

/** The person at the terminal. Cards and questions are shown by whoever renders the events; here is asked. */
export function prompts(options: PromptOptions): Operator {
  return {
    confirm: (card, expiresAt, signal, keep) =>
      new Conversation(options, card.title, signal, keep).run(async (talk): Promise<Confirmed> => {
        const { by } = options;
        const name = nameToType(card.target);
        if (name === undefined)
          return {
            answer: 'no',
            by,
            note: 'the name of the target cannot be typed as it is shown',
          };
        const menu = confirmMenu(card, name);
        const isLate = (): boolean => !(options.clock.now() < expiresAt);
        for (;;) {
          const meaning = await talk.choose(menu, isLate, card);
          if (meaning === 'expired') return { answer: 'expired', by };
          if (meaning === 'yes' || meaning === 'by-hand') {
            const hands = meaning === 'yes' ? {} : ({ byHand: true } as const);
            if (card.reason === undefined) return { answer: 'yes', by, ...hands };
            const note = await talk.reason(card.reason, isLate);
            if (note === undefined) return { answer: 'expired', by };
            if (note !== '') return { answer: 'yes', by, note, ...hands };
            continue;
          }
          if (meaning === 'no') return { answer: 'no', by };
          if (meaning === 'abort') return { answer: 'abort', by, ...(await talk.note()) };
          const reason = await talk.why('Why skip it?');
          if (reason !== '') return { answer: 'skip', by, note: reason };
        }
      }),
    answer: (question, signal, keep) =>
      new Conversation(options, titleOf(question), signal, keep).run(
        async (talk): Promise<Answered> => {
          for (;;) {
            const answer = await talk.choose(questionMenu(question));
            if (answer === 'skip') {
              const why = await talk.why('Why skip it?');
              if (why === '') continue;
              return { answer, by: options.by, note: why };
            }
            const noted = answer === 'abort' || answer === 'declined' ? await talk.note() : {};
            return { answer, by: options.by, ...noted };
          }
        },
      ),
  };
}

const titleOf = (question: Question): string =>
  question.about === 'choice' ? question.question : question.title;

/** Everything between a screen that was paused and a screen that goes on. */
class Conversation {
  readonly #options: PromptOptions;
  readonly #signal: AbortSignal;
  readonly #title: string;
  readonly #pen: Pen;
  readonly #paint: (line: Line) => string;

  readonly #keep: KeepNote | undefined;

  constructor(options: PromptOptions, title: string, signal: AbortSignal, keep?: KeepNote) {
    const { output, style } = options;
    this.#keep = keep;
    this.#options = options;
    this.#signal = signal;
    this.#title = title;
    this.#pen = penFor({ ...style, columns: output.columns || style.columns, everything: false });
    this.#paint = options.paint ?? toText;
  }

  async run<T>(talk: (self: Conversation) => Promise<T>): Promise<T> {
    const { keyboard, output, screen } = this.#options;
    if (!keyboard.isTerminal || !output.isTTY)
      throw new NobodyToAsk(`there is no terminal to ask at: ${this.#title}`);
    await screen?.pause();
    try {
      return await talk(this);
    } finally {
      screen?.resume();
    }
  }

  /** A meaning of the menu; `expired` as soon as `isLate` says so, and never anything else then but a way out. */
  async choose(menu: Menu, isLate: () => boolean = () => false, card?: Card): Promise<string> {
    for (;;) {
      const meaning = await this.#untilLate(isLate, (signal) =>
        this.#line(
          { lines: promptLines(menu, this.#pen), refuse: (typed) => refusal(menu, typed) },
          signal,
        ),
      );
      if (meaning === undefined) return 'expired';
      const chosen = menu.accepts.get(meaning);
      if (chosen === VIEW) await this.#view(card);
      else if (chosen === NOTE) await this.#keepNote();
      else if ((chosen === 'yes' || chosen === 'by-hand') && isLate()) return 'expired';
      else if (chosen !== undefined) return chosen;
    }
  }

  /** A line of free text; empty where Enter alone was pressed. */
  async free(sentence: string): Promise<string> {
    const lines = freeLines(sentence, this.#pen);
    const typed = await this.#line({ lines, refuse: () => undefined }, this.#signal);
    return sanitise(typed, { max: 500 }).trim();
  }

  /** A reason that is one; empty where Enter alone went back, `undefined` where it got late first. */
  async reason(question: string, isLate: () => boolean): Promise<string | undefined> {
    const lines = freeLines(`${question} At least three words; Enter alone goes back`, this.#pen);
    const typed = await this.#untilLate(isLate, (signal) =>
      this.#line({ lines, refuse: refuseReason }, signal),
    );
    return typed === undefined || isLate() ? undefined : asReason(typed);
  }

  /** A reason for leaving something out; empty where Enter alone went back. */
  async why(question: string): Promise<string> {
    return (await this.reason(question, () => false)) ?? '';
  }

  /** A note goes into the journal at once, and the prompt stands again. */
  async #keepNote(): Promise<void> {
    const note = await this.free('A note for the journal; Enter alone goes back');
    if (note !== '') await this.#keep?.(note, this.#options.by);
  }

  async note(): Promise<{ readonly note?: string }> {
    const note = await this.free('A note for the journal, or Enter for none');
    return note === '' ? {} : { note };
  }

  /** What the card left out, where it left out something, and the raw outputs. */
  async #view(card: Card | undefined): Promise<void> {
    const lines = [
      ...(card === undefined ? [] : leftOutLines(card, this.#pen)),
      ...evidenceLines((await this.#options.evidence?.()) ?? [], this.#pen),
    ];
    this.#options.output.write(lines.map((line) => `${this.#paint(line).trimEnd()}\n`).join(''));
  }

  #line(
    prompt: Pick<Prompt, 'refuse'> & { readonly lines: readonly Line[] },
    signal: AbortSignal,
  ): Promise<string> {
    const { keyboard, output } = this.#options;
    const pen = this.#pen;
    const paintRefusal = (sentence: string): string =>
      hang(
        [{ text: '   ' }, { text: `${pen.marks.failed} `, tone: 'bad' }],
        [pen.say(sentence)],
        pen.columns - 1,
      )
        .map(this.#paint)
        .join('\n');
    return ask(
      { lines: prompt.lines.map(this.#paint), refuse: prompt.refuse, paintRefusal },
      { keyboard, output, signal },
    );
  }

  /** `undefined` where it got late first. */
  async #untilLate<T>(
    isLate: () => boolean,
    doing: (signal: AbortSignal) => Promise<T>,
  ): Promise<T | undefined> {
    if (isLate()) return undefined;
    const late = new AbortController();
    const timer = setInterval(() => {
      if (isLate()) late.abort();
    }, LOOK_MS);
    try {
      return await doing(AbortSignal.any([this.#signal, late.signal]));
    } catch (error) {
      if (error instanceof Interrupted && late.signal.aborted && !this.#signal.aborted)
        return undefined;
      throw error;
    } finally {
      clearInterval(timer);
    }
  }
}
