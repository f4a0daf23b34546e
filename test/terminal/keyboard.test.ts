import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Keyboard, QUIET_MS, type KeyboardInput, type Loan } from '../../src/terminal/keyboard.ts';

function terminal() {
  const stream = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: vi.fn<(on: boolean) => void>(),
    ref: vi.fn<() => void>(),
    unref: vi.fn<() => void>(),
  });
  const press = (keys: string): void => void stream.emit('data', Buffer.from(keys));
  return { stream, press, input: stream as unknown as KeyboardInput };
}

const taken = (loan: Loan): string => String((loan.input.read() as Buffer | null) ?? '');

/** A prompt has stood still for long enough. */
const quietly = (): Promise<unknown> => vi.advanceTimersByTimeAsync(QUIET_MS + 1);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('keys', () => {
  test('swallowed while nobody asks, but for Ctrl-C', () => {
    const { press, input } = terminal();
    const onInterrupt = vi.fn<() => void>();
    const keyboard = new Keyboard({ input, onInterrupt });
    keyboard.open();
    press('vault-2\r');
    expect(onInterrupt).not.toHaveBeenCalled();
    press('a\u0003b\u0003');
    expect(onInterrupt).toHaveBeenCalledTimes(2);
  });

  test('count from a quiet moment after the prompt was painted', async () => {
    const { press, input } = terminal();
    const keyboard = new Keyboard({ input, onInterrupt: () => {} });
    keyboard.open();
    press('before\r');
    const loan = keyboard.lend();
    press('unpainted\r');
    loan.painted();
    await vi.advanceTimersByTimeAsync(QUIET_MS - 1);
    press('early\r');
    expect(taken(loan)).toBe('');
    await quietly();
    press('vault-2\r');
    expect(taken(loan)).toBe('vault-2\r');
  });

  test('of further lines do not count: they answer something nobody has read', async () => {
    const { press, input } = terminal();
    const keyboard = new Keyboard({ input, onInterrupt: () => {} });
    const loan = keyboard.lend();
    loan.painted();
    await quietly();
    press('ls\rvault-2\r');
    press('vault-2\r');
    expect(taken(loan)).toBe('ls\r');
    await quietly();
    press('vault-2\r');
    expect(taken(loan)).toBe('vault-2\r');
  });

  test('all count where a whole output is pasted', async () => {
    const { press, input } = terminal();
    const keyboard = new Keyboard({ input, onInterrupt: () => {} });
    const loan = keyboard.lend('everything');
    loan.painted();
    await quietly();
    press('one\rtwo\r\u0004');
    press('.\r');
    expect(taken(loan)).toBe('one\rtwo\r.\r');
  });

  test('that would end the input never reach a prompt; Ctrl-C always does, alone', async () => {
    const { press, input } = terminal();
    const onInterrupt = vi.fn<() => void>();
    const keyboard = new Keyboard({ input, onInterrupt });
    const loan = keyboard.lend();
    press('xy\u0003z');
    expect(taken(loan)).toBe('\u0003');
    loan.painted();
    await quietly();
    press('a\u0004b\u001ac');
    expect(taken(loan)).toBe('abc');
    loan.giveBack();
    press('\u0003');
    expect(onInterrupt).toHaveBeenCalledOnce();
  });
});

describe('the terminal', () => {
  test('is raw from open to close, and holds the process only for a prompt', () => {
    const { stream, input } = terminal();
    const keyboard = new Keyboard({ input, onInterrupt: () => {} });
    keyboard.open();
    keyboard.open();
    expect(stream.setRawMode.mock.calls).toEqual([[true]]);
    expect(stream.unref).toHaveBeenCalledOnce();
    const loan = keyboard.lend();
    expect(stream.ref).toHaveBeenCalledOnce();
    loan.giveBack();
    keyboard.close();
    keyboard.close();
    expect(stream.setRawMode.mock.calls).toEqual([[true], [false]]);
  });

  test('that goes away is noticed by whoever asks', () => {
    const { stream, input } = terminal();
    const keyboard = new Keyboard({ input, onInterrupt: () => {} });
    const loan = keyboard.lend();
    expect(loan.gone.aborted).toBe(false);
    stream.emit('end');
    expect(loan.gone.aborted).toBe(true);
    expect(keyboard.isTerminal).toBe(false);
  });

  test('is not one where input is a pipe: nothing is read', () => {
    const { stream, input } = terminal();
    Object.assign(stream, { isTTY: false });
    const keyboard = new Keyboard({ input, onInterrupt: () => {} });
    keyboard.open();
    expect(keyboard.isTerminal).toBe(false);
    expect(stream.listenerCount('data')).toBe(0);
  });
});
