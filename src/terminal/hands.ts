import { createInterface } from 'node:readline';
import { Interrupted, NobodyToAsk } from '../engine/ports.ts';
import type { Hands, Order } from '../transport/by-hand.ts';
import { ask } from './ask.ts';
import type { Keyboard } from './keyboard.ts';
import { sanitise } from './sanitise.ts';
import type { Screen, TerminalOutput } from './screen.ts';

export interface HandsOptions {
  readonly keyboard: Keyboard;
  readonly output: TerminalOutput;
  /** What redraws meanwhile, and must stand still. */
  readonly screen?: Screen;
  /** Ctrl-C at a paste stops the run, as everywhere. */
  readonly onInterrupt: () => void;
}

/** A line of this alone ends what is pasted. */
const END = '.';

const refuse = (typed: string): string | undefined =>
  /^\d{0,3}$/.test(typed.trim()) ? undefined : 'expected a number; Enter alone is 0';

const asIs = (text: string): string => text;

/**
 * `--manual` at a terminal: shows a command, takes what it printed up to a line with a single dot, and its exit status.
 * Commands that a step would run side by side are asked for one after the other.
 */
export function hands({ keyboard, output, screen, onInterrupt }: HandsOptions): Hands {
  return {
    show: async ({ command, where, line }: Order) => {
      if (!keyboard.isTerminal || !output.isTTY) {
        throw new NobodyToAsk('--manual needs a terminal to paste into');
      }
      await screen?.pause();
      const said = [
        '',
        `   ${command.about} — run this ${where}:`,
        `   ${sanitise(line)}`,
        `   Paste what it printed, then a line with a single dot:`,
        '',
      ];
      output.write(said.join('\n'));
    },
    paste: async (signal) => {
      try {
        return await pasted(keyboard, output, signal);
      } catch (error) {
        if (error instanceof Interrupted) onInterrupt();
        screen?.resume();
        throw error;
      }
    },
    exit: async (signal) => {
      const prompt = { lines: ['   exit status [0] › '], refuse, paintRefusal: asIs };
      try {
        return Number(await ask(prompt, { keyboard, output, signal }));
      } catch (error) {
        if (error instanceof Interrupted) onInterrupt();
        throw error;
      } finally {
        screen?.resume();
      }
    },
  };
}

function pasted(keyboard: Keyboard, output: TerminalOutput, signal: AbortSignal): Promise<string> {
  const loan = keyboard.lend('everything');
  const lines: string[] = [];
  const reader = createInterface({ input: loan.input, output, terminal: true });
  return new Promise<string>((resolve, reject) => {
    const stop = (): void => reject(new Interrupted('nothing was pasted'));
    signal.addEventListener('abort', stop, { once: true });
    loan.gone.addEventListener('abort', stop, { once: true });
    reader.on('SIGINT', stop);
    reader.on('line', (line) => {
      if (line.trim() === END) resolve(lines.map((it) => `${it}\n`).join(''));
      else lines.push(line);
    });
    loan.painted();
  }).finally(() => {
    reader.close();
    loan.giveBack();
  });
}
