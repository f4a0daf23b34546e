import { setTimeout } from 'node:timers/promises';
import type { Event } from '../engine/events.ts';
import type { Observer } from '../engine/ports.ts';
import { toText, type Line } from './layout.ts';
import { penFor, type Pen, type Style } from './pen.ts';
import type { Drawn, Progress } from './progress.ts';
import type { Screen, TerminalOutput } from './screen.ts';
import { retold } from './retold.ts';
import { tell, untold, type Story } from './story.ts';
import { frame } from './under-way.ts';
import { words } from './words.ts';

/** How a guided screen is written. */
export interface GuidedOptions {
  /** Words for people: standard error. */
  readonly output: TerminalOutput;
  readonly style: Omit<Style, 'everything'>;
  /** Colour; none by default. */
  readonly paint?: (line: Line) => string;
  /** The run's time in milliseconds since 1970, for the clocks of what is under way. */
  readonly now: () => number;
  /** What happened before, where a run is resumed. */
  readonly earlier?: readonly Event[];
}

/** The columns that listr2 keeps free at the right, and one for the cursor. */
const MARGIN = 3;

/** How long a step must be under way before it is drawn. */
const DRAW_AFTER_MS = 120;

/**
 * The screen of a guided run: what is over stays in the scrollback as plain lines, and only the step under way is redrawn.
 * `saw` returns at once and never throws; one worker at a time brings the terminal to what was seen. Whoever prompts
 * pauses it first, and whoever ends the run closes it before writing anything else.
 */
export class Guided implements Observer, Screen {
  readonly #options: GuidedOptions;
  readonly #paint: (line: Line) => string;
  #story: Story = untold;
  #lines: string[] = [];
  #progress: Progress | undefined;
  #worker: Promise<void> | undefined;
  #state: 'running' | 'pausing' | 'paused' | 'closed' = 'running';
  /** Redrawing failed once: from then on there are only lines. */
  #still = false;

  constructor(options: GuidedOptions) {
    this.#options = options;
    this.#paint = options.paint ?? toText;
    for (const event of options.earlier ?? []) {
      if (retold(event)) this.saw(event);
      else this.#story = tell(this.#story, event);
    }
  }

  readonly saw = (event: Event): void => {
    const lines = words(event, this.#story, this.#pen());
    this.#story = tell(this.#story, event);
    this.#lines.push(...lines.map((line) => this.#paint(line).trimEnd()));
    this.#wake();
  };

  readonly pause = async (): Promise<void> => {
    if (this.#state !== 'running') return;
    this.#state = 'pausing';
    await this.#settled();
    if (this.#state === 'pausing') this.#state = 'paused';
  };

  readonly resume = (): void => {
    if (this.#state === 'closed') return;
    this.#state = 'running';
    this.#wake();
  };

  /** Writes what is left and frees the terminal; nothing is redrawn afterwards. */
  readonly close = async (): Promise<void> => {
    this.#state = 'closed';
    await this.#settled();
  };

  #pen(): Pen {
    const { style, output } = this.#options;
    return penFor({ ...style, columns: output.columns || style.columns, everything: false });
  }

  async #settled(): Promise<void> {
    this.#wake();
    while (this.#worker !== undefined) await this.#worker;
  }

  #wake(): void {
    this.#worker ??= this.#work().finally(() => {
      this.#worker = undefined;
      if (this.#hasWork()) this.#wake();
    });
  }

  #draws(): boolean {
    return this.#state === 'running' && !this.#still && this.#drawn() !== undefined;
  }

  #writes(): boolean {
    return this.#lines.length > 0 && this.#state !== 'paused';
  }

  #hasWork(): boolean {
    return this.#writes() || this.#draws() !== (this.#progress !== undefined);
  }

  async #work(): Promise<void> {
    // What was seen in the same turn is brought to the screen together.
    await Promise.resolve();
    while (this.#hasWork()) {
      try {
        if (this.#progress !== undefined) await this.#clear(this.#progress);
        else if (this.#writes()) this.#write();
        else await this.#draw();
      } catch {
        this.#still = true;
      }
    }
  }

  #clear(progress: Progress): Promise<void> {
    this.#progress = undefined;
    return progress.close();
  }

  #write(): void {
    const lines = this.#lines.splice(0);
    this.#options.output.write(lines.map((line) => `${line}\n`).join(''));
  }

  async #draw(): Promise<void> {
    // What is over at once needs no picture of being under way, and a picture costs more than it takes.
    await setTimeout(DRAW_AFTER_MS);
    const { openProgress } = await import('./progress.ts');
    if (!this.#draws() || this.#writes()) return;
    const { output, style } = this.#options;
    let last: Drawn = { lead: '', text: '' };
    const draw = (): Drawn => (last = this.#drawn() ?? last);
    this.#progress = openProgress({ output, ascii: style.ascii, draw });
  }

  #drawn(): Drawn | undefined {
    const pen = this.#pen();
    const now = this.#options.now();
    const drawn = frame(this.#story, now, pen, pen.columns - MARGIN);
    if (drawn === undefined) return undefined;
    return {
      lead: drawn.lead,
      text: [drawn.first, ...drawn.rest].map(this.#paint).join('\n'),
    };
  }
}
