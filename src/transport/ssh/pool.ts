import type { ClientChannel } from 'ssh2';
import { messageOf, NotBegun, refusal } from '../not-begun.ts';
import { before, watch, type Watch } from '../watch.ts';
import { connect, warmUp, type Connection, type Keepalive } from './connection.ts';
import { inWords } from './dialling.ts';
import { SharedConnection, type Progress } from './shared-connection.ts';
import { lookUp, type ConfigSource, type Login } from './ssh-config.ts';

/** How the pool connects. */
export interface PoolOptions extends ConfigSource {
  readonly keepalive: Keepalive;
  /** Commands at a time on one connection: sshd allows ten sessions, and one just closed can still count. */
  readonly channels: number;
}

/** What a command waits for: not longer than `until`, `ms` after it began. */
export interface Patience {
  readonly until: Watch;
  readonly ms: number;
}

/** A command's channel on a connection of the pool. Give it back with `release`. */
export interface Lease {
  readonly connection: Connection;
  readonly channel: ClientChannel;
  readonly release: () => void;
}

/** Jump hosts are made for whoever goes through them: those who wait have the deadlines. */
const JUMP_MS = 60_000;

/**
 * Keeps one connection per machine: made when the first command needs it, shared by all callers, dropped when it breaks.
 */
export class Pool {
  readonly #options: PoolOptions;
  readonly #shared = new Map<string, SharedConnection>();
  readonly #warmed = new WeakMap<Connection, Promise<void>>();
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /**
   * Starts a command line on a machine; its standard input is still to be sent, so that nothing has begun when this
   * fails. That is why a connection which turns out to be dead is replaced once. Throws `NotBegun`.
   */
  async start(login: Login, lineFor: (user: string) => string, patience: Patience): Promise<Lease> {
    for (let replaced = false; ;) {
      const shared = this.#get(login);
      const connection = await shared.wait(patience.until, patience.ms);
      const release = await slotOf(shared, connection, patience);
      try {
        const line = lineFor(connection.place.user);
        return { connection, channel: await opened(connection, line, patience), release };
      } catch (thrown) {
        const others = shared.slots.held - 1;
        release();
        if (thrown instanceof NotBegun) throw thrown;
        const full = /channel open failure/i.test(messageOf(thrown));
        if (connection.broke() === undefined && full && others > 0) {
          shared.slots.narrow(others);
        } else if (!replaced && (full || connection.broke() !== undefined)) {
          replaced = true;
          await this.#drop(shared);
        } else {
          throw notOpened(connection, thrown);
        }
      }
    }
  }

  /** Ends every connection; those behind jump hosts before the jump hosts. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#shared.values()].map((it) => this.#drop(it)));
  }

  #get(login: Login, jumps?: readonly Login[]): SharedConnection {
    const key = JSON.stringify([login.alias, login.user, login.port, jumps]);
    const found = this.#shared.get(key);
    if (found?.usable === true) return found;
    if (this.#closed) throw refusal('unreachable', 'the ssh connections were already closed');
    const { alias: host, port = 22, user = '' } = login;
    const place = { host, port, user, through: undefined };
    const fresh = new SharedConnection(place, this.#options.channels, (progress, signal) =>
      this.#connect(login, jumps, progress, signal),
    );
    this.#shared.set(key, fresh);
    return fresh;
  }

  /** As OpenSSH: `a,b` goes to `a` as its own configuration says, from there to `b`, from there to the machine. */
  async #connect(
    login: Login,
    jumps: readonly Login[] | undefined,
    progress: Progress,
    signal: AbortSignal,
  ): Promise<Connection> {
    const { keepalive } = this.#options;
    const settings = await lookUp(login, this.#options, signal);
    const chain = jumps ?? settings.jumps;
    const last = chain.at(-1);
    progress.place = { ...settings, through: last?.alias };
    const via = last && (await this.#jump(last, chain.slice(0, -1), progress, signal));
    const reached = (phase: Progress['phase']): void => {
      progress.phase = phase;
    };
    return await connect({ settings, via, keepalive, signal, reached });
  }

  async #jump(
    login: Login,
    rest: readonly Login[],
    progress: Progress,
    signal: AbortSignal,
  ): Promise<Connection> {
    const jump = this.#get(login, rest.length === 0 ? undefined : rest);
    for (let it: SharedConnection | undefined = jump; it !== undefined; it = it.progress.via) {
      if (it.progress === progress) {
        throw refusal('denied', `the jump hosts lead in a circle, at ${login.alias} (ProxyJump)`);
      }
    }
    progress.via = jump;
    using until = watch(JUMP_MS, signal);
    try {
      const connection = await jump.wait(until, JUMP_MS);
      await this.#warm(connection);
      return connection;
    } catch (thrown) {
      throw onTheWay(progress.place.host, thrown);
    }
  }

  #warm(jump: Connection): Promise<void> {
    const warm = this.#warmed.get(jump) ?? warmUp(jump);
    this.#warmed.set(jump, warm);
    return warm;
  }

  async #drop(shared: SharedConnection): Promise<void> {
    const all = [...this.#shared.entries()];
    for (const [key, it] of all) if (it === shared) this.#shared.delete(key);
    const behind = all.map(([, it]) => it).filter((it) => it.progress.via === shared);
    await Promise.all(behind.map((it) => this.#drop(it)));
    await shared.close();
  }
}

/** A refusal by a jump host says where the way was to lead. */
function onTheWay(host: string, thrown: unknown): unknown {
  if (!(thrown instanceof NotBegun) || thrown.ending.how !== 'refused') return thrown;
  const { why, because } = thrown.ending;
  return refusal(why, `on the way to ${host}: ${because}`);
}

async function slotOf(
  shared: SharedConnection,
  connection: Connection,
  { until, ms }: Patience,
): Promise<() => void> {
  const slot = shared.slots.take();
  try {
    return await before(
      slot,
      until,
      () => `${inWords(connection.place)} was busy with other commands for ${ms / 1000} s`,
    );
  } catch (thrown) {
    // The place may still come; nobody wants it then.
    void slot.then((release) => release());
    throw thrown;
  }
}

async function opened(
  connection: Connection,
  line: string,
  { until, ms }: Patience,
): Promise<ClientChannel> {
  const channel = connection.exec(line);
  try {
    return await before(
      channel,
      until,
      () => `${inWords(connection.place)} is logged in to and opened no session for ${ms / 1000} s`,
    );
  } catch (thrown) {
    // It may still open: without its text it does nothing, and it is closed at once.
    if (thrown instanceof NotBegun)
      void channel.then((late) => late.close()).catch(() => undefined);
    throw thrown;
  }
}

function notOpened(connection: Connection, thrown: unknown): NotBegun {
  const it = inWords(connection.place);
  const broke = connection.broke();
  return broke === undefined
    ? refusal(
        'denied',
        `${it} let ${connection.place.user} in and runs no command: ${messageOf(thrown)}`,
      )
    : refusal('unreachable', `the connection to ${it} broke before the command began: ${broke}`);
}
