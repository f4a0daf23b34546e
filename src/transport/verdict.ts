import type { Ending } from '../runbook/command.ts';
import { farSeconds, type Unwrapped } from './envelope.ts';

/** What the far login shell ended with; `undefined` in {@link Ran}: the connection broke before it said so. */
export type FarExit =
  | { readonly code: number }
  /** Killed by a signal, named without SIG. */
  | { readonly signal: string };

/** Everything known about a command that was sent to a far machine and is over. */
export interface Ran {
  readonly out: Unwrapped;
  readonly stderr: string;
  readonly exit: FarExit | undefined;
  /** Since its text was sent. */
  readonly elapsedMs: number;
  readonly deadlineMs: number;
  /** The machine as a person knows it, and who logged in there. */
  readonly machine: string;
  readonly user: string;
  /** Why the connection broke, where it did. */
  readonly broke: string | undefined;
}

/** Allowed between our clock and the far one when a kill is taken for the deadline's. */
const CLOCK_SLACK_MS = 100;

/** How a far command ended: `exited` only where its end line is there. */
export function endingOf(ran: Ran): Ending {
  const { out } = ran;
  if (out.state === 'ended') return { how: 'exited', code: out.code };
  if (killedAtDeadline(ran)) return { how: 'deadline' };
  const seconds = farSeconds(ran.deadlineMs);
  if (ran.exit === undefined) {
    const broke = `the connection to ${ran.machine} broke (${ran.broke ?? 'no reason given'})`;
    const since =
      out.state === 'cut-off' ? 'before the command ended' : 'before the command was seen to begin';
    return {
      how: 'lost',
      because: `${broke} ${since}; it may still be running there, for at most ${seconds} s`,
    };
  }
  if (out.state === 'cut-off') {
    return {
      how: 'lost',
      because: `the output from ${ran.machine} is cut off (no end line; ${said(ran.exit)}): the command may still be running there, for at most ${seconds} s`,
    };
  }
  return neverBegan(ran, said(ran.exit));
}

/** `timeout -s KILL` ends itself together with what it ran: a kill at the deadline is the deadline's. */
function killedAtDeadline(ran: Ran): boolean {
  const { exit } = ran;
  if (exit === undefined) return false;
  const killed = 'signal' in exit ? exit.signal === 'KILL' : exit.code === 137 || exit.code === 124;
  return killed && ran.elapsedMs >= farSeconds(ran.deadlineMs) * 1000 - CLOCK_SLACK_MS;
}

const said = (exit: FarExit): string =>
  'signal' in exit ? `killed by SIG${exit.signal}` : `exit status ${exit.code}`;

/** Its exit status came and its begin line did not: the login or sudo stood in the way, in words worth repeating. */
function neverBegan(ran: Ran, how: string): Ending {
  const text = `${ran.out.before}\n${ran.stderr}`;
  const { machine, user } = ran;
  for (const [pattern, why, says] of OBSTACLES) {
    if (pattern.test(text)) return { how: 'refused', why, because: says({ machine, user }) };
  }
  const words = text.trim().split('\n').slice(-3).join(' / ');
  const tail = words === '' ? 'it said nothing' : `it said: ${words}`;
  return {
    how: 'refused',
    why: 'denied',
    because: `${machine} logged ${user} in and did not run the command (${how}); ${tail}`,
  };
}

interface Login {
  readonly machine: string;
  readonly user: string;
}

const letSudo = ({ machine, user }: Login): string =>
  `to let it through, put this line into /etc/sudoers.d/sre on ${machine} (visudo -f): ` +
  `${user} ALL=(root) NOPASSWD: /usr/bin/timeout`;

type Obstacle = readonly [RegExp, 'unreachable' | 'denied', (login: Login) => string];

const OBSTACLES: readonly Obstacle[] = [
  [
    /^sudo: (?:a password is required|a terminal is required)/m,
    'denied',
    (it) => `sudo on ${it.machine} wants a password for ${it.user}; ${letSudo(it)}`,
  ],
  [
    /^sudo: sorry, you must have a tty/m,
    'denied',
    (it) =>
      `sudo on ${it.machine} wants a terminal: put 'Defaults:${it.user} !requiretty' into its sudoers`,
  ],
  [
    /is not in the sudoers file|is not allowed to (?:execute|run)|may not run sudo/,
    'denied',
    (it) => `sudo on ${it.machine} does not allow ${it.user}; ${letSudo(it)}`,
  ],
  [
    /\bsudo: (?:command )?not found/,
    'denied',
    (it) =>
      `there is no sudo on ${it.machine}: log in as root (user: root in the inventory) or install sudo`,
  ],
  [
    /\btimeout\b[^\n]*(?:not found|No such file)/,
    'unreachable',
    (it) => `there is no timeout command on ${it.machine}: install coreutils there`,
  ],
  [
    /account is (?:currently )?not available|nologin/,
    'denied',
    (it) => `${it.user} has no login shell on ${it.machine}: name another user in the inventory`,
  ],
];
