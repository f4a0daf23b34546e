import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import ssh2 from 'ssh2';
import type { Client, ClientChannel, ConnectConfig } from 'ssh2';
import { cancelled, messageOf, NotBegun, refusal } from '../not-begun.ts';
import { pause } from '../watch.ts';
import { algorithmsFor } from './algorithms.ts';
import { inWords, whyNot, type Phase, type Place } from './dialling.ts';
import { hostKeysOf } from './host-key.ts';
import { gatherIdentities } from './identities.ts';
import type { SshSettings } from './ssh-config.ts';

/** How dead machines are found: after `(count + 1) × everyMs` without an answer. */
export interface Keepalive {
  readonly everyMs: number;
  readonly count: number;
}

/** A login that stands. */
export interface Connection {
  readonly place: Place;
  /** Why it broke; `undefined` while it stands. */
  readonly broke: () => string | undefined;
  /** Settles when it is over, for whatever reason. */
  readonly over: Promise<void>;
  /** Asks for a command line to be run. Nothing is sent on its standard input yet. Rejects where it was not started. */
  readonly exec: (line: string) => Promise<ClientChannel>;
  /** A stream to a machine behind this one. Rejects with `NotBegun`. */
  readonly forward: (host: string, port: number) => Promise<Duplex>;
  readonly close: () => Promise<void>;
}

/** What a connection is made with. */
export interface Dial {
  readonly settings: SshSettings;
  /** The machine to go through. */
  readonly via: Connection | undefined;
  readonly keepalive: Keepalive;
  readonly signal: AbortSignal;
  readonly reached: (phase: Phase) => void;
}

/** How long a closing connection may take before it is dropped. */
const CLOSE_MS = 500;

/**
 * Logs in: known hosts first, then keys, then the socket (through the jump host where there is one). The host key is
 * always checked, on every hop. Rejects with `NotBegun`.
 */
export async function connect(dial: Dial): Promise<Connection> {
  const { settings, via, signal } = dial;
  const { host, port, user } = settings;
  const place = { host, port, user, through: via && inWords(via.place) };
  const [hostKeys, identities] = await Promise.all([
    hostKeysOf(settings),
    gatherIdentities(settings),
  ]);
  dial.reached('dialling');
  const sock = await via?.forward(host, port);
  if (signal.aborted) {
    sock?.destroy();
    throw cancelled();
  }

  const client = new ssh2.Client();
  let phase: Phase = 'dialling';
  let refused: NotBegun | undefined;
  let methodsLeft: readonly string[] = [];
  const reach = (it: Phase): void => {
    phase = it;
    dial.reached(it);
  };
  const untried = [...identities.methods];
  const config: ConnectConfig = {
    host,
    port,
    username: user,
    ...(sock === undefined ? {} : { sock }),
    algorithms: algorithmsFor(hostKeys.types),
    hostVerifier: (key: Buffer, verified: (ok: boolean) => void) => {
      reach('exchanging keys');
      refused = hostKeys.refuse(key);
      verified(refused === undefined);
    },
    authHandler: (left: readonly string[] | null, _partial, next) => {
      methodsLeft = left ?? [];
      const method = untried.shift();
      // ssh2 takes false for "nothing is left to try", which its types leave out.
      (next as (it: typeof method | false) => void)(method ?? false);
    },
    // The callers' deadlines bound the login; ssh2's own would say less.
    readyTimeout: 0,
    keepaliveInterval: dial.keepalive.everyMs,
    keepaliveCountMax: dial.keepalive.count,
  };
  const notes = [...settings.notes, ...identities.notes];
  const failure = (error: unknown): NotBegun =>
    refused ?? whyNot(error, place, phase, { ...identities, notes }, methodsLeft);
  const ready = Promise.withResolvers<Connection>();
  const stands = standing(client, place, dial.keepalive);
  client
    .on('connect', () => {
      client.setNoDelay(true);
      reach('silent');
    })
    .on('handshake', () => reach('logging in'))
    .on('ready', () => ready.resolve(stands))
    .on('error', (error: Error & { level?: string }) => {
      // One key the agent would not sign with is not the end: the next is tried.
      if (error.level === 'agent') notes.push(`the ssh agent: ${error.message}`);
      else ready.reject(failure(error));
    })
    .on('close', () => ready.reject(failure(new Error('the connection was closed'))));
  const abort = (): void => {
    ready.reject(cancelled());
    client.destroy();
  };
  signal.addEventListener('abort', abort, { once: true });
  try {
    connectOr(client, config, ready.reject);
    return await ready.promise;
  } catch (thrown) {
    client.destroy();
    sock?.destroy();
    throw thrown instanceof NotBegun ? thrown : failure(thrown);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** ssh2 throws where a setting is unusable; that is a failed connection like any other. */
function connectOr(client: Client, config: ConnectConfig, failed: (thrown: unknown) => void): void {
  try {
    client.connect(config);
  } catch (thrown) {
    failed(thrown);
  }
}

/** The connection around a client; it listens from the start, so that no error of the client is ever unhandled. */
function standing(client: Client, place: Place, keepalive: Keepalive): Connection {
  let broke: string | undefined;
  const over = Promise.withResolvers<void>();
  client
    .on('error', (error: Error) => {
      broke ??= brokenBecause(error, keepalive);
    })
    .on('close', () => {
      broke ??= 'the other side closed it';
      over.resolve();
    });
  return {
    place,
    broke: () => broke,
    over: over.promise,
    exec: (line) => exec(client, line),
    forward: (host, port) => forward(client, place, host, port),
    close: async () => {
      broke ??= 'it was closed here';
      client.end();
      await Promise.race([over.promise, pause(CLOSE_MS)]);
      client.destroy();
    },
  };
}

function brokenBecause(error: Error, { everyMs, count }: Keepalive): string {
  return error.message === 'Keepalive timeout'
    ? `it answered nothing for ${((count + 1) * everyMs) / 1000} s`
    : error.message;
}

function exec(client: Client, line: string): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    // Throws where the connection is already gone, which rejects too.
    client.exec(line, (error, channel) => {
      if (error === undefined) resolve(channel);
      else reject(error);
    });
  });
}

function forward(client: Client, place: Place, host: string, port: number): Promise<Duplex> {
  return new Promise<Duplex>((resolve, reject) => {
    client.forwardOut('127.0.0.1', 0, host, port, (error, channel) => {
      if (error === undefined) resolve(channel);
      else reject(error);
    });
  }).catch((thrown: unknown) => {
    const why = messageOf(thrown).replace('(SSH) Channel open failure: ', '');
    const hint = /prohibited/i.test(why) ? ' (AllowTcpForwarding is off there?)' : '';
    const from = `the jump host ${inWords(place)}`;
    throw refusal('unreachable', `${from} does not get through to ${host}:${port}: ${why}${hint}`);
  });
}

const WARM_UP_MS = 1000;

/** sshd turns Nagle's algorithm off once a session exists: forwarded connections are six times faster after one (STACK 3.1). */
export async function warmUp(jump: Connection): Promise<void> {
  const session = async (): Promise<void> => {
    const channel = await jump.exec('true');
    channel.resume();
    channel.stderr.resume();
    await once(channel, 'close');
  };
  // A jump host may allow no sessions at all: it only costs time then.
  await Promise.race([session().catch(() => undefined), pause(WARM_UP_MS)]);
}
