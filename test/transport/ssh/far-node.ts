import { spawn } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import ssh2, { type Connection, type ServerChannel, type Session } from 'ssh2';
import { newFolder } from '../folders.ts';

/** A key pair: the text of the private key, the public line, and the key as it goes over the wire. */
export interface Key {
  readonly secret: string;
  readonly line: string;
  readonly blob: Buffer;
}

/** A new key; some that ssh2 makes are malformed (mscdex/ssh2#1513: it drops leading zero bytes), and are made again. */
export function newKey(): Key {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519');
    const read = [pair.private, pair.public].map((it) => ssh2.utils.parseKey(it));
    if (read.some((it) => it instanceof Error)) continue;
    const blob = Buffer.from(pair.public.split(' ')[1] ?? '', 'base64');
    return { secret: pair.private, line: pair.public, blob };
  }
}

/** What a session of the node does; the usual one runs the line through a real `sh`. */
export type Behaviour = (line: string, channel: ServerChannel, connection: Connection) => void;

export interface FarNodeOptions {
  readonly key?: Key;
  /** The texts of further host keys of other types. */
  readonly moreHostKeys?: readonly string[];
  /** Keys that may log in. */
  readonly lets: readonly Key[];
  readonly maxSessions?: number;
  readonly behaviour?: Behaviour;
  readonly path?: string;
}

/** A machine with an SSH server, in this process, on loopback: it runs what it is sent through a real `sh`. */
export class FarNode {
  readonly key: Key;
  readonly lines: string[] = [];
  /** What the usual behaviour printed on standard output. */
  printed = '';
  logins = 0;
  sessions = 0;
  mostSessions = 0;
  forwards = 0;
  behaviour: Behaviour;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(options: FarNodeOptions) {
    this.key = options.key ?? newKey();
    const keep = (text: string): void => {
      this.printed += text;
    };
    this.behaviour = options.behaviour ?? throughSh(options.path, keep);
    const hostKeys = [this.key.secret, ...(options.moreHostKeys ?? [])];
    const serve = (connection: Connection): void => this.#serve(connection, options);
    const protocol = new ssh2.Server({ hostKeys }, serve);
    this.#server = createServer({ noDelay: true }, (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      protocol.injectSocket(socket);
    });
  }

  static async start(options: FarNodeOptions): Promise<FarNode> {
    const node = new FarNode(options);
    await new Promise<void>((resolve) => {
      node.#server.listen(0, '127.0.0.1', resolve);
    });
    return node;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Its line for a known_hosts file. */
  get known(): string {
    return `[127.0.0.1]:${this.port} ${this.key.line}\n`;
  }

  /** Ends all connections without a word. */
  cut(): void {
    for (const it of this.#sockets) it.destroy();
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #serve(connection: Connection, { lets, maxSessions = 10 }: FarNodeOptions): void {
    connection.on('error', () => undefined);
    connection.on('authentication', (ctx) => {
      const known = ctx.method === 'publickey' && lets.some((it) => it.blob.equals(ctx.key.data));
      if (known) ctx.accept();
      else ctx.reject(['publickey']);
    });
    connection.on('ready', () => {
      this.logins += 1;
    });
    let open = 0;
    connection.on('session', (accept, reject) => {
      if (open >= maxSessions) return reject();
      open += 1;
      this.sessions += 1;
      this.mostSessions = Math.max(this.mostSessions, open);
      const session: Session = accept();
      session.on('exec', (acceptExec, _reject, { command }) => {
        this.lines.push(command);
        const channel = acceptExec();
        channel.on('close', () => {
          open -= 1;
        });
        channel.on('error', () => undefined);
        this.behaviour(command, channel, connection);
      });
      return undefined;
    });
    connection.on('tcpip', (accept, reject, { destIP, destPort }) => {
      this.forwards += 1;
      const socket = connect({ port: destPort, host: destIP, noDelay: true });
      socket.once('error', () => reject());
      socket.once('connect', () => {
        const channel = accept();
        channel.on('error', () => socket.destroy());
        channel.on('close', () => socket.destroy());
        socket.on('error', () => channel.destroy());
        socket.pipe(channel).pipe(socket);
      });
    });
  }
}

/** The usual behaviour: `sh -c` on the line; the programs of `path` come first. */
export const throughSh =
  (path = '', prints: (text: string) => void = () => undefined): Behaviour =>
  (line, channel) => {
    const env = { ...process.env, PATH: `${path}:${process.env['PATH'] ?? ''}` };
    const child = spawn('sh', ['-c', line], { env, stdio: 'pipe' });
    child.stdin.on('error', () => undefined);
    channel.pipe(child.stdin);
    child.stdout.on('data', (chunk: Buffer) => prints(chunk.toString()));
    child.stdout.pipe(channel, { end: false });
    child.stderr.pipe(channel.stderr, { end: false });
    child.on('close', (code, signal) => {
      if (signal === null) channel.exit(code ?? 255);
      else channel.exit(signal.replace('SIG', ''), false, '');
      channel.end();
    });
  };

/** A folder with a `sudo` that says what the given script says; `exec "$@"` after `-n` by default. */
export function fakeSudo(script = 'shift; SUDO=yes; export SUDO; exec "$@"'): string {
  const folder = newFolder();
  const file = join(folder, 'sudo');
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return folder;
}

/** A TCP listener in front of a node that can stop passing anything on; or one that says nothing, or hangs up. */
export class Wire {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(to: number | 'silence' | 'hang up') {
    this.#server = createServer((socket) => {
      this.#keep(socket);
      if (to === 'hang up') socket.destroy();
      if (typeof to !== 'number') return void socket.resume();
      const other = connect(to, '127.0.0.1');
      this.#keep(other);
      socket.pipe(other).pipe(socket);
    });
  }

  static async open(to: number | 'silence' | 'hang up' = 'silence'): Promise<Wire> {
    const wire = new Wire(to);
    await new Promise<void>((resolve) => {
      wire.#server.listen(0, '127.0.0.1', resolve);
    });
    return wire;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** How many connections there are now. */
  get held(): number {
    return this.#sockets.size;
  }

  /** From now on nothing gets through, and nobody is told. */
  freeze(): void {
    for (const it of this.#sockets) it.unpipe().pause();
  }

  async close(): Promise<void> {
    for (const it of this.#sockets) it.destroy();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
  }
}

/** An operator's home: a key, a configuration and a known_hosts file in a folder of its own. */
export class Home {
  readonly folder = newFolder();
  readonly key = newKey();
  readonly knownHosts = join(this.folder, 'known_hosts');
  readonly configFile = join(this.folder, 'config');
  #config = '';

  constructor() {
    writeFileSync(join(this.folder, 'id'), this.key.secret, { mode: 0o600 });
    this.knows('');
    this.configure('');
  }

  /** Replaces what is known. */
  knows(lines: string): void {
    writeFileSync(this.knownHosts, lines);
  }

  /** Adds to the configuration, before the part for all hosts. */
  configure(text: string): void {
    this.#config += text;
    const all = [
      'Host *',
      ` IdentityFile ${join(this.folder, 'id')}`,
      ` UserKnownHostsFile ${this.knownHosts}`,
      ' GlobalKnownHostsFile none',
      ' IdentityAgent none',
    ];
    writeFileSync(this.configFile, `${this.#config}\n${all.join('\n')}\n`);
  }

  /** An address of the cluster that is really a port of loopback. */
  place(address: string, port: number, more = ''): void {
    this.configure(`Host ${address}\n HostName 127.0.0.1\n Port ${port}\n User root\n${more}`);
  }
}
