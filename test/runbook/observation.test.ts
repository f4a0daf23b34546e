import { describe, expect, test } from 'vitest';
import type { Ending, RawOutput } from '../../src/runbook/command.ts';
import { answersOf, commandsOf, observe, oldest, seenOf } from '../../src/runbook/observation.ts';
import type { Observation, Query } from '../../src/runbook/observation.ts';
import { command } from './sample.ts';

const query: Query = {
  one: command('one'),
  none: undefined,
  list: [command('list-0'), command('list-1')],
  keyed: { 'vault-0': command('vault-0'), 'vault-1': command('vault-1') },
};
const KEYS = ['one', 'list[0]', 'list[1]', 'keyed.vault-0', 'keyed.vault-1'];
const answer = (key: string, at = KEYS.indexOf(key)): Observation<string> => ({
  ok: true,
  value: key,
  at,
});

const nobody = (key: string): never => {
  throw new Error(`nothing for ${key}`);
};
const out = (ending: Ending, stdout = '', stderr = ''): RawOutput => ({
  ending,
  stdout,
  stderr,
  truncated: false,
});

const saying = (ending: Ending, stdout = '', stderr = ''): Observation<string> =>
  observe(command('x'), out(ending, stdout, stderr), 42);

describe('a query', () => {
  test('names its commands by place, and leaves out what is left out', () => {
    expect(commandsOf(query).map(({ key }) => key)).toEqual(KEYS);
    expect(commandsOf(query).map((it) => it.command.id)).toEqual([
      'sample.one',
      'sample.list-0',
      'sample.list-1',
      'sample.vault-0',
      'sample.vault-1',
    ]);
  });

  test('is answered in its own shape', () => {
    expect(seenOf(query, (key) => answer(key))).toEqual({
      one: answer('one'),
      none: undefined,
      list: [answer('list[0]'), answer('list[1]')],
      keyed: { 'vault-0': answer('keyed.vault-0'), 'vault-1': answer('keyed.vault-1') },
    });
  });

  test('gets its answers back under the keys of its commands', () => {
    const answers = answersOf(seenOf(query, (key) => answer(key)));
    expect(Object.keys(answers)).toEqual(KEYS);
    expect(answers['list[1]']).toEqual(answer('list[1]'));
  });

  test('without an answer for a key throws what the caller throws', () => {
    expect(() => seenOf(query, nobody)).toThrow('nothing for one');
  });
});

describe('evidence', () => {
  test('is as old as its oldest part, wherever that stands', () => {
    const ages: Readonly<Record<string, number>> = { 'keyed.vault-1': 3, 'list[0]': 7 };
    expect(oldest(seenOf(query, (key) => answer(key, ages[key] ?? 9)))).toBe(3);
  });

  test('has an age where an answer failed, too', () => {
    const failed = { ok: false, why: 'timeout', says: '', raw: '', at: 4 } as const;
    expect(oldest({ one: answer('one', 8), keyed: { a: failed } })).toBe(4);
  });

  test('has no age where nothing was asked', () => {
    expect(oldest({})).toBeUndefined();
    expect(oldest({ none: undefined, list: [], keyed: {} })).toBeUndefined();
  });
});

describe('a command that ended', () => {
  test('by itself is read by its parser', () => {
    expect(saying({ how: 'exited', code: 0 }, 'hello')).toEqual({
      ok: true,
      value: 'hello',
      at: 42,
    });
  });

  test('with another code than 0 is read by its parser, too: the code proves nothing', () => {
    expect(saying({ how: 'exited', code: 1 }, 'hello')).toMatchObject({ ok: true });
  });

  test('with what the parser does not know keeps what was printed', () => {
    expect(saying({ how: 'exited', code: 0 }, '', 'Error: no such pod')).toEqual({
      ok: false,
      why: 'unparsable',
      says: 'nothing was printed',
      raw: 'Error: no such pod',
      at: 42,
    });
  });

  test.for<readonly [Ending, why: string, says: string]>([
    [{ how: 'deadline' }, 'timeout', 'no answer within 1 s'],
    [{ how: 'cancelled' }, 'timeout', 'cancelled before it answered'],
    [{ how: 'lost', because: 'the connection broke' }, 'unreachable', 'the connection broke'],
    [
      { how: 'refused', why: 'unreachable', because: 'no route to host' },
      'unreachable',
      'no route to host',
    ],
    [
      { how: 'refused', why: 'denied', because: 'the host key changed' },
      'denied',
      'the host key changed',
    ],
    [{ how: 'withheld', because: 'a plan writes nothing' }, 'withheld', 'a plan writes nothing'],
  ])('by $0.how teaches nothing, and its parser is not asked', ([ending, why, says]) => {
    const parser = command('x', 'reads', {
      read: () => {
        throw new Error('asked');
      },
    });
    expect(observe(parser, out(ending, 'half an ans', 'wer'), 42)).toEqual({
      ok: false,
      why,
      says,
      raw: 'half an ans\nwer',
      at: 42,
    });
  });
});
