import { codeOf, messageOf, refusal, type NotBegun } from '../not-begun.ts';
import type { Identities } from './identities.ts';

/** How far a connection has come; what it is waiting for says what is wrong when it never comes. */
export type Phase = 'looking up' | 'dialling' | 'silent' | 'exchanging keys' | 'logging in';

/** A machine in words: `10.0.20.12:22`, or with the jump host it is reached through. */
export interface Place {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly through: string | undefined;
}

/** A place in words. */
export const inWords = (it: Place): string =>
  `${it.host}:${it.port}${it.through === undefined ? '' : ` (through ${it.through})`}`;

/** The time for connecting is over: what the machine did until then. */
export const tooLate = (place: Place, phase: Phase, ms: number): string =>
  PHASES[phase](inWords(place), `within ${ms / 1000} s`, place);

const PHASES: Readonly<Record<Phase, (it: string, waited: string, place: Place) => string>> = {
  'looking up': (it, waited) => `the ssh configuration and keys for ${it} were not read ${waited}`,
  dialling: (it, waited) =>
    `${it} does not answer: no TCP connection ${waited}; is it powered on, and the way there up?`,
  silent: (it, waited) =>
    `${it} accepts TCP and says nothing: no SSH greeting ${waited}; its kernel lives, its sshd does not answer`,
  'exchanging keys': (it, waited) => `${it} did not finish the key exchange ${waited}`,
  'logging in': (it, waited, { user }) => `${it} did not finish the login of ${user} ${waited}`,
};

/** What ssh2 puts on its errors. */
interface Ssh2Error {
  readonly level?: unknown;
}

/** An error of ssh2 or of the socket as a sentence with what to do (STACK 3.2 for the levels). */
export function whyNot(
  thrown: unknown,
  place: Place,
  phase: Phase,
  identities: Identities,
  methodsLeft: readonly string[],
): NotBegun {
  const it = inWords(place);
  const code = codeOf(thrown);
  const socket = code === undefined ? undefined : SOCKET[code];
  if (socket !== undefined) return refusal('unreachable', socket(it, phase));
  const message = messageOf(thrown);
  const level = (thrown as Ssh2Error | undefined)?.level;
  if (/too many authentication failures/i.test(message)) {
    return refusal(
      'denied',
      `${it} does not let ${place.user} in: too many keys were offered (${identities.offered.length}); ` +
        `name the right one with IdentityFile and IdentitiesOnly yes in ~/.ssh/config`,
    );
  }
  if (level === 'client-authentication') {
    return refusal('denied', notLetIn(it, place.user, identities, methodsLeft));
  }
  if (/no matching (.*?)(?: algorithm)?$/i.test(message)) {
    return refusal('denied', `${it} and this tool have no algorithm in common: ${message}`);
  }
  if (/connection lost before handshake/i.test(message)) {
    return refusal('unreachable', hungUp(it));
  }
  return refusal('unreachable', `${it} cannot be logged in to (while ${phase}): ${message}`);
}

const hungUp = (it: string): string =>
  `${it} accepts TCP and hangs up at once: is it an SSH port, and is sshd refusing more logins (MaxStartups, fail2ban)?`;

/** Nobody has that address, or nothing leads there. */
export const noRoute = (it: string): string =>
  `there is no route to ${it}: is it powered on, and the network or VPN up?`;
const noName = (it: string): string =>
  `the name of ${it} is not found in DNS: put the address into the inventory`;
const reset = (it: string, phase: Phase): string =>
  phase === 'silent' ? hungUp(it) : `${it} broke the connection off while ${phase}`;

const SOCKET: Readonly<Record<string, (it: string, phase: Phase) => string>> = {
  ECONNREFUSED: (it) =>
    `${it} refuses the connection: the machine answers and no sshd listens on that port`,
  EHOSTUNREACH: noRoute,
  ENETUNREACH: noRoute,
  EHOSTDOWN: noRoute,
  ETIMEDOUT: (it) => `${it} does not answer: is it powered on, and the way there up?`,
  ENOTFOUND: noName,
  EAI_AGAIN: (it) => `the name of ${it} cannot be looked up now: DNS does not answer`,
  ECONNRESET: reset,
  EPIPE: reset,
};

function notLetIn(
  it: string,
  user: string,
  { offered, notes }: Identities,
  methodsLeft: readonly string[],
): string {
  const tried =
    offered.length === 0 ? 'no key could be offered' : `it took none of: ${offered.join(', ')}`;
  const skipped = notes.length === 0 ? '' : `; passed over: ${notes.join(', ')}`;
  const accepts =
    methodsLeft.length === 0 || methodsLeft.includes('publickey')
      ? ''
      : `; it accepts only ${methodsLeft.join(', ')}, and this tool uses keys`;
  return (
    `${it} does not let ${user} in: ${tried}${skipped}${accepts}. ` +
    `Put a public key into the authorized_keys of ${user} there, or name another user in the inventory`
  );
}
