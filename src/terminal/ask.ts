import { Interrupted, NobodyToAsk } from '../engine/ports.ts';
import type { Keyboard } from './keyboard.ts';
import type { TerminalOutput } from './screen.ts';

/** One line to be typed. */
export interface Prompt {
  /** The painted lines; the last one is typed on. Each begins with a space at least. */
  readonly lines: readonly string[];
  /** Why a typed line is refused, in words; `undefined` takes it. */
  readonly refuse: (typed: string) => string | undefined;
  /** A refusal as it is shown. */
  readonly paintRefusal: (sentence: string) => string;
}

export interface Place {
  readonly keyboard: Keyboard;
  readonly output: TerminalOutput;
  readonly signal: AbortSignal;
}

const asIs = (text: string): string => text;

/**
 * Asks for one line, by inquirer, on a real terminal only: on a pipe it would take a `y` for an answer, and at the end of
 * input it would never settle. Keys reach it through the keyboard's loan. Rejects with {@link Interrupted} on Ctrl-C and
 * when `signal` aborts, with {@link NobodyToAsk} when there is no terminal (any more).
 */
export async function ask(prompt: Prompt, { keyboard, output, signal }: Place): Promise<string> {
  if (!keyboard.isTerminal || !output.isTTY)
    throw new NobodyToAsk('there is no terminal to ask at');
  const { input } = await import('@inquirer/prompts');
  if (signal.aborted) throw new Interrupted('stopped before it was answered');
  const loan = keyboard.lend();
  // inquirer puts a space between its prefix, which is empty here, and the message.
  const message = prompt.lines.join('\n').slice(1);
  try {
    const typed = input(
      {
        message,
        validate: (line) => prompt.refuse(line) ?? true,
        theme: {
          prefix: { idle: '', done: '' },
          style: { message: asIs, answer: asIs, error: prompt.paintRefusal },
          validationFailureMode: 'clear',
        },
      },
      { input: loan.input, output, signal: AbortSignal.any([signal, loan.gone]) },
    );
    loan.painted();
    return await typed;
  } catch (error) {
    if (loan.gone.aborted) throw new NobodyToAsk('the terminal went away', { cause: error });
    if (error instanceof Error && /^(?:Exit|Abort|Cancel)PromptError$/.test(error.name))
      throw new Interrupted('nothing was decided', { cause: error });
    throw error;
  } finally {
    loan.giveBack();
  }
}
