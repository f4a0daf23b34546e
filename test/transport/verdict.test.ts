import { describe, expect, test } from 'vitest';
import type { Unwrapped } from '../../src/transport/envelope.ts';
import { endingOf, type Ran } from '../../src/transport/verdict.ts';

const ran = (it: Partial<Ran>): Ran => ({
  out: { state: 'not-begun', before: '' },
  stderr: '',
  exit: { code: 1 },
  elapsedMs: 100,
  deadlineMs: 5000,
  machine: 'node n1 (10.0.0.1:22)',
  user: 'ops',
  broke: undefined,
  ...it,
});
const cutOff: Unwrapped = { state: 'cut-off', before: '', body: 'half' };

test.each([0, 1, 124, 137, 255])(
  'an end line with %i is an exit, whatever else happened',
  (code) => {
    const out: Unwrapped = { state: 'ended', before: '', body: '', code };
    const ending = { how: 'exited', code };
    expect(endingOf(ran({ out, exit: undefined, broke: 'reset' }))).toEqual(ending);
    expect(endingOf(ran({ out, exit: { code: 255 }, elapsedMs: 9999 }))).toEqual(ending);
  },
);

describe('without an end line', () => {
  test.each([{ signal: 'KILL' }, { code: 137 }, { code: 124 }])(
    'a kill at the deadline is the deadline: %o',
    (exit) => {
      for (const out of [cutOff, { state: 'not-begun', before: '' } as const]) {
        expect(endingOf(ran({ out, exit, elapsedMs: 5010 }))).toEqual({ how: 'deadline' });
      }
      expect(endingOf(ran({ out: cutOff, exit, elapsedMs: 900 }))).toMatchObject({ how: 'lost' });
    },
  );

  test('it is lost, and may still be running', () => {
    for (const exit of [undefined, { code: 0 }, { code: 255 }, { signal: 'TERM' }]) {
      const ending = endingOf(ran({ out: cutOff, exit, broke: 'read ECONNRESET' }));
      expect(ending).toMatchObject({ how: 'lost' });
      expect(JSON.stringify(ending)).toContain('may still be running there, for at most 5 s');
    }
  });

  test('a connection that broke before the begin line may have begun all the same', () => {
    const ending = endingOf(ran({ exit: undefined, broke: 'it answered nothing for 6 s' }));
    expect(ending).toMatchObject({ how: 'lost' });
    expect(JSON.stringify(ending)).toContain('it answered nothing for 6 s');
  });
});

describe('without a begin line and with an exit status, something stood in the way', () => {
  const NOPASSWD = 'ops ALL=(root) NOPASSWD: /usr/bin/timeout';
  test.each([
    ['sudo: a password is required\n', 'denied', NOPASSWD],
    [
      'sudo: a terminal is required to read the password; either use the -S option\nsudo: a password is required',
      'denied',
      NOPASSWD,
    ],
    ['ops is not in the sudoers file.  This incident will be reported.', 'denied', NOPASSWD],
    [
      "Sorry, user ops is not allowed to execute '/usr/bin/timeout -s KILL 5 sh -s' as root on n1.",
      'denied',
      NOPASSWD,
    ],
    ['sudo: sorry, you must have a tty to run sudo', 'denied', '!requiretty'],
    ['bash: line 1: sudo: command not found', 'denied', 'there is no sudo'],
    ['sh: 1: sudo: not found', 'denied', 'there is no sudo'],
    ['sh: 1: timeout: not found', 'unreachable', 'coreutils'],
    ['This account is currently not available.', 'denied', 'no login shell'],
    ['Restricted menu. Choose 1-9:', 'denied', 'Restricted menu'],
    ['', 'denied', 'it said nothing'],
  ] as const)('%s', (stderr, why, words) => {
    for (const it of [ran({ stderr }), ran({ out: { state: 'not-begun', before: stderr } })]) {
      const ending = endingOf(it);
      expect(ending).toMatchObject({ how: 'refused', why });
      expect(JSON.stringify(ending)).toContain(words);
      expect(JSON.stringify(ending)).toContain('n1');
    }
  });
});
