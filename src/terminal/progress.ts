import { DefaultRenderer, Listr, ListrLogger, ProcessOutput, Spinner } from 'listr2';
import type { TerminalOutput } from './screen.ts';

/**
 * The lines that are redrawn while something is under way: one short-lived Listr with one task whose title is the whole
 * frame. listr2 owns the redrawing and nothing else: no signals, no exits, no errors, no prompts inside.
 */

/** A frame as text: what stands before the spinner, and the lines after it. */
export interface Drawn {
  readonly lead: string;
  readonly text: string;
}

export interface Progress {
  /** Takes the frame off the screen; settles when the output is free again. */
  readonly close: () => Promise<void>;
}

export interface ProgressOptions {
  readonly output: TerminalOutput;
  readonly ascii: boolean;
  /** The frame as of now; asked about ten times a second. */
  readonly draw: () => Drawn;
}

/** By itself listr2 asks whether standard output is a terminal; words for people go to another stream. */
class Redrawn extends DefaultRenderer {
  static override readonly nonTTY = true;
}

const DOTS = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const STROKES = ['|', '/', '-', '\\'];

/** Spins behind the step's number, and has the frame drawn anew before each turn. */
class Ticker extends Spinner {
  lead: string;
  readonly #frames: readonly string[];
  readonly #beforeTurn: () => void;
  #turn = 0;

  constructor(lead: string, frames: readonly string[], beforeTurn: () => void) {
    super();
    this.lead = lead;
    this.#frames = frames;
    this.#beforeTurn = beforeTurn;
  }

  override spin(): void {
    this.#turn = (this.#turn + 1) % this.#frames.length;
    this.#beforeTurn();
  }

  override fetch(): string {
    return `${this.lead}${this.#frames[this.#turn]}`;
  }
}

const plainly = (text?: string): string => text ?? '';

/** Begins to redraw. */
export function openProgress({ output, ascii, draw }: ProgressOptions): Progress {
  const over = Promise.withResolvers<void>();
  const first = draw();
  let redraw: (() => void) | undefined;
  const ticker = new Ticker(first.lead, ascii ? STROKES : DOTS, () => redraw?.());
  const list = new Listr(
    [
      {
        title: first.text,
        task: async (_context, task) => {
          redraw = () => {
            const { lead, text } = draw();
            ticker.lead = lead;
            task.title = text;
          };
          await over.promise;
        },
      },
    ],
    {
      renderer: Redrawn,
      registerSignalListeners: false,
      exitOnError: false,
      rendererOptions: {
        clearOutput: true,
        showErrorMessage: false,
        formatOutput: 'truncate',
        indentation: 0,
        spinner: ticker,
        color: { PENDING: plainly, COMPLETED: plainly },
        logger: new ListrLogger({
          processOutput: new ProcessOutput(output, output, { leaveEmptyLine: false }),
        }),
      },
    },
  );
  const run = list.run();
  return {
    close: async () => {
      over.resolve();
      await run;
    },
  };
}
