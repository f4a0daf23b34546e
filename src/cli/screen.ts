import type { Event } from '../engine/events.ts';
import { NobodyToAsk } from '../engine/ports.ts';
import type { Clock, Observer, Operator } from '../engine/ports.ts';
import { recall } from '../terminal/recall.ts';
import { careful } from '../terminal/careful.ts';
import { surroundings } from '../terminal/surroundings.ts';
import type { Style } from '../terminal/pen.ts';
import type { Hands } from '../transport/by-hand.ts';

/** Who decides. */
export type Decider = 'you' | 'auto';

/** What shows a run and asks about it. */
export interface Screen {
  readonly observer: Observer;
  readonly operator: Operator;
  /** A person's hands at this terminal, for `--manual`. */
  readonly hands: Hands;
  /** The standard input is in raw mode, so Ctrl-C comes as a key. */
  readonly close: () => Promise<void>;
}

export interface ScreenOptions {
  readonly style: 'json' | 'plain' | 'guided';
  readonly decider: Decider;
  readonly by: string;
  readonly now: Clock['now'];
  /** The run's folder, for the last line. */
  readonly journal: string;
  readonly onInterrupt: () => void;
  /** What happened before, where a run is resumed. */
  readonly earlier: readonly Event[];
}

/** Nobody is there to ask: whatever is piped in is not an answer. */
const nobody: Operator = {
  confirm: () =>
    Promise.reject(
      new NobodyToAsk('a confirmation needs a terminal, and there is none: nothing was issued'),
    ),
  answer: () => Promise.reject(new NobodyToAsk('a question needs a terminal, and there is none')),
};

const noHands: Hands = {
  show: () => Promise.reject(new NobodyToAsk('--manual needs a terminal to paste into')),
  paste: () => Promise.reject(new NobodyToAsk('--manual needs a terminal to paste into')),
  exit: () => Promise.reject(new NobodyToAsk('--manual needs a terminal to paste into')),
};

/** What the streams and the environment allow: guided where a person can look and type, plain lines otherwise. */
export function styleFor(options: { json?: unknown; plain?: unknown }): ScreenOptions['style'] {
  if (options.json === true) return 'json';
  const around = surroundings(process.env, process.stdin, process.stdout);
  return options.plain !== true && around.guided ? 'guided' : 'plain';
}

/** Whether somebody can be asked at this terminal. */
export const canAsk = (): boolean =>
  surroundings(process.env, process.stdin, process.stdout).canAsk;

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
  const outputs = recall();
  for (const event of options.earlier) outputs.saw(event);
  const { observer, screen } = await rendererOf(options, style, paint);
  const watching: Observer = {
    saw: (event) => {
      // What shows a run must never stop it: the journal has the event.
      try {
        outputs.saw(event);
        observer.saw(event);
      } catch (error) {
        process.emitWarning(`event ${event.seq} could not be shown: ${String(error)}`);
      }
    },
  };
  if (options.decider === 'auto') {
    return {
      observer: watching,
      operator: careful({ clock: { now: options.now } }),
      hands: noHands,
      close: async () => screen?.close(),
    };
  }
  const askable =
    options.style === 'json' ? process.stdin.isTTY && process.stderr.isTTY : around.canAsk;
  if (!askable) {
    return {
      observer: watching,
      operator: nobody,
      hands: noHands,
      close: async () => screen?.close(),
    };
  }
  const { Keyboard } = await import('../terminal/keyboard.ts');
  const { prompts } = await import('../terminal/prompts.ts');
  const { hands } = await import('../terminal/hands.ts');
  const keyboard = new Keyboard({ input: process.stdin, onInterrupt: options.onInterrupt });
  keyboard.open();
  // With --json standard output belongs to the events.
  const output = options.style === 'json' ? process.stderr : process.stdout;
  const still = screen === undefined ? {} : { screen };
  const operator = prompts({
    by: options.by,
    keyboard,
    output,
    clock: { now: options.now },
    style,
    paint,
    ...still,
    evidence: outputs.evidence,
  });
  return {
    observer: watching,
    operator,
    hands: hands({ keyboard, output, ...still, onInterrupt: options.onInterrupt }),
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
      const events = jsonLines(process.stdout);
      // Whoever is asked at a terminal must see what is asked: the words go beside the data.
      const asked = options.decider === 'you' && process.stdin.isTTY && process.stderr.isTTY;
      if (!asked) return { observer: events, screen: undefined };
      const { plain } = await import('../terminal/plain.ts');
      const words = plain({ out: process.stderr, style, paint, earlier: options.earlier });
      const both: Observer = {
        saw: (event) => {
          events.saw(event);
          words.saw(event);
        },
      };
      return { observer: both, screen: undefined };
    }
    case 'plain': {
      const { plain } = await import('../terminal/plain.ts');
      return {
        observer: plain({ out: process.stdout, style, paint, earlier: options.earlier }),
        screen: undefined,
      };
    }
    case 'guided': {
      const { Guided } = await import('../terminal/guided.ts');
      const guided = new Guided({
        output: process.stdout,
        style,
        paint,
        now: options.now,
        earlier: options.earlier,
      });
      return { observer: guided, screen: guided };
    }
  }
}
