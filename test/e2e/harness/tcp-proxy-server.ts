/**
 * A TCP proxy: `node tcp-proxy-server.ts ADDRESS PORT:BEHIND…`, where BEHIND is the port at the same address that it
 * connects to. Reads the `TcpWays` per line of its input, says `ok` once they hold, and ends with its input.
 */
import { connect, createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TcpWay, TcpWays } from './tcp-way.ts';

interface Pair {
  readonly port: number;
  readonly outside: Socket;
  /** Nobody, where the connection came while nothing was let through. */
  readonly inside: Socket | undefined;
}

process.title = 'tcp-proxy';
const [address = '', ...ports] = process.argv.slice(2);
let ways: TcpWays = {};
const pairs = new Set<Pair>();

const wayOf = (port: number): TcpWay => ways[port] ?? { is: 'passes' };

/** Gives on what comes, in order, as the way of the port is at that time. */
function pass(port: number, from: Socket, to: Socket, isAnswer: boolean): void {
  let last = Promise.resolve();
  const after = async (before: Promise<void>, wait: Promise<unknown>, deed: () => void) => {
    await Promise.all([before, wait]);
    if (!to.destroyed) deed();
  };
  const inTurn = (deed: () => void): void => {
    const way = wayOf(port);
    last = after(last, isAnswer && way.is === 'delays' ? sleep(way.ms) : Promise.resolve(), deed);
  };
  from.on('data', (bytes) => inTurn(() => to.write(bytes)));
  from.on('end', () => inTurn(() => to.end()));
}

function accept(port: number, behind: number, outside: Socket): void {
  const isSilent = wayOf(port).is === 'silent';
  const inside = isSilent
    ? undefined
    : connect({ host: address, port: behind, allowHalfOpen: true, noDelay: true });
  const pair = { port, outside, inside };
  pairs.add(pair);
  const over = (): void => {
    pairs.delete(pair);
    outside.destroy();
    inside?.destroy();
  };
  for (const socket of [outside, ...(inside === undefined ? [] : [inside])]) {
    socket.on('error', over);
    socket.on('close', over);
  }
  if (inside === undefined) {
    outside.pause();
    return;
  }
  pass(port, outside, inside, false);
  pass(port, inside, outside, true);
}

/** Stops what is under way, or lets it go on; connections that came while nothing went through are of no use after it. */
function hold(): void {
  for (const { port, outside, inside } of pairs) {
    const isSilent = wayOf(port).is === 'silent';
    if (inside === undefined) {
      if (!isSilent) outside.destroy();
    } else {
      for (const socket of [outside, inside]) {
        if (isSilent) socket.pause();
        else socket.resume();
      }
    }
  }
}

await Promise.all(
  ports.map(async (spec) => {
    const [port = 0, behind = 0] = spec.split(':').map(Number);
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (it) =>
      accept(port, behind, it),
    );
    await once(server.listen(port, address), 'listening');
  }),
);
process.stdout.write('ok\n');

for await (const line of createInterface({ input: process.stdin })) {
  ways = JSON.parse(line) as TcpWays;
  hold();
  process.stdout.write('ok\n');
}
process.exit(0);
