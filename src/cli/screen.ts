import type { Event } from '../engine/events.ts';
import { NobodyToAsk } from '../engine/ports.ts';
import type { Clock, Observer, Operator } from '../engine/ports.ts';
import { careful } from '../terminal/careful.ts';
import { surroundings } from '../terminal/surroundings.ts';
import type { Style } from '../terminal/pen.ts';

/** Who decides. */
export type Decider = 'you' | 'auto';

/** What shows a run and asks about it. */
export interface Screen {
  readonly observer: Observer;
  readonly operator: Operator;
  /** The standard input is in raw mode, so Ctrl-C comes as a key. */
  readonly close: () => Promise<void>;
}

export interface ScreenOptions {
  readonly style: 'json' | 'plain' | 'guided';
  readonly decider: Decider;
  readonly by: string;
  readonly clock: Clock;
  /** The run's folder, for the last line. */
  readonly journal: string;
  readonly onInterrupt: () => void;
}

/** Nobody is there to ask: whatever is piped in is not an answer. */
const nobody: Operator = {
  confirm: () => Promise.reject(new NobodyToAsk('a confirmation needs a terminal, and there is none: nothing was issued')),
  answer: () => Promise.reject(new NobodyToAsk('a question needs a terminal, and there is none')),
};

/** What the streams and the environment allow: guided where a person can look and type, plain lines otherwise. */
export function styleFor(options: { json?: unknown; plain?: unknown }): ScreenOptions['style'] {
  if (options.json === true) return 'json';
  const around = surroundings(process.env, process.stdin, process.stdout);
  return options.plain !== true && around.guided ? 'guided' : 'plain';
}

/** Whether somebody can be asked at this terminal. */
export const canAsk = (): boolean => surroundings(process.env, process.stdin, process.stdout).canAsk;

/** Brings up the renderer and whoever answers. The terminal's own packages are loaded only where they are shown. */
export async function openScreen(options: ScreenOptions): Promise<Screen> {
  const around = surroundings(process.env, process.stdin, process.stdout);
  const style: Omit<Style, 'everything'> = {
    columns: around.columns,
    ascii: around.ascii,
    journal: options.journal,
  };
  const { painter } = await import('../terminal/paint.ts');
  const paint = painter(around.colour);
  const rawOutputs = new LastOutputs();
  const { observer, screen } = await rendererOf(options, style, paint);
  const watching: Observer = {
    saw: (event) => {
      rawOutputs.saw(event);
      observer.saw(event);
    },
  };
  if (options.decider === 'auto') {
    return { observer: watching, operator: careful({ clock: options.clock }), close: async () => screen?.close() };
  }
  if (!around.canAsk) {
    return { observer: watching, operator: nobody, close: async () => screen?.close() };
  }
  const { Keyboard } = await import('../terminal/keyboard.ts');
  const { prompts } = await import('../terminal/prompts.ts');
  const keyboard = new Keyboard({ input: process.stdin, onInterrupt: options.onInterrupt });
  keyboard.open();
  const operator = prompts({
    by: options.by,
    keyboard,
    // With --json standard output belongs to the events.
    output: options.style === 'json' ? process.stderr : process.stdout,
    clock: options.clock,
    style,
    paint,
    ...(screen === undefined ? {} : { screen }),
    evidence: () => rawOutputs.last(),
  });
  return {
    observer: watching,
    operator,
    close: async () => {
      await screen?.close();
      keyboard.close();
    },
  };
}

type Paint = ReturnType<typeof import('../terminal/paint.ts').painter>;

async function rendererOf(options: ScreenOptions, style: Omit<Style, 'everything'>, paint: Paint) {
  switch (options.style) {
    case 'json': {
      const { jsonLines } = await import('../terminal/json.ts');
      return { observer: jsonLines(process.stdout), screen: undefined };
    }
    case 'plain': {
      const { plain } = await import('../terminal/plain.ts');
      return { observer: plain({ out: process.stdout, style, paint }), screen: undefined };
    }
    case 'guided': {
      const { Guided } = await import('../terminal/guided.ts');
      const guided = new Guided({ output: process.stdout, style, paint, now: options.clock.now });
      return { observer: guided, screen: guided };
    }
  }
}

/** Keeps what the commands of the current step printed, for a person who asks to see it. */
class LastOutputs {
  #step = '';
  #lines = new Map<string, { title: string; text: string }>();

  saw(event: Event): void {
    if (event.type !== 'command.started' && event.type !== 'command.finished') return;
    const step = `${event.depth}/${event.step}/${event.visit}`;
    if (step !== this.#step) {
      this.#step = step;
      this.#lines = new Map();
    }
    const key = `${event.purpose}/${event.key}`;
    if (event.type === 'command.started') {
      this.#lines.set(key, { title: `${event.where}: ${event.argv}`, text: '' });
      return;
    }
    const it = this.#lines.get(key);
    if (it === undefined || 'ref' in event.output) return;
    it.text = [event.output.stdout, event.output.stderr].filter(Boolean).join('\n');
  }

  last(): readonly { title: string; text: string }[] {
    return [...this.#lines.values()];
  }
}
