import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { symlinkSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { TestContext } from 'vitest';
import { askServer } from '../../../src/tools/nfs/answer.ts';
import { folder } from '../node/fake-proc.ts';
import { lab } from '../node/lab.ts';
import { runScript, SHELLS } from '../node/run-script.ts';
import { standIns, word } from '../node/stand-ins.ts';
import { exited, readWith, records, valueOf, whyOf } from '../output.ts';

/** Whole numbers as RPC writes them: four bytes each, the highest first. */
function words(...numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * numbers.length);
  numbers.forEach((number, at) => bytes.writeUInt32BE(number, 4 * at));
  return bytes;
}

/** A reply in one record (RFC 5531, 9 and 11): REPLY and what follows, with the id of the call or another. */
const reply = (id: Buffer, ...numbers: readonly number[]): Buffer =>
  Buffer.concat([words(0x80_00_00_00 + 4 + 4 * numbers.length), id, words(...numbers)]);

const ACCEPTED = [1, 0, 0, 0] as const;

/** Port 2049 of an address of the test's own in 127/8: what it does with a call is given. */
async function server(
  address: string,
  { onTestFinished }: TestContext,
  answer: (socket: Socket, id: Buffer, call: Buffer) => void,
): Promise<void> {
  const listener = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (call: Buffer) => {
      answer(socket, call.subarray(4, 8), call);
    });
  });
  onTestFinished(() => {
    listener.close();
  });
  listener.listen(2049, address);
  await once(listener, 'listening');
}

const ask = async (
  address: string,
  shell: readonly [string, ...string[]],
  env: Readonly<Record<string, string>> = {},
) => {
  const command = askServer('n', address);
  const out = await runScript(command, env, shell);
  expect(out.stderr).toBe('');
  return valueOf(readWith(command, out));
};

const bash = spawnSync('bash', ['-c', 'true']).status === 0;

describe.skipIf(!bash).for(SHELLS.map((shell, at) => [shell, at] as const))(
  'answer.sh in %s',
  ([shell, at]) => {
    const own = (last: number): string => `127.91.${at + 1}.${last}`;

    test('asks for nothing of program 100003 version 4, and believes its own reply', async (context) => {
      let heard = '';
      await server(own(1), context, (socket, id, call) => {
        heard = call.toString('hex').replace(id.toString('hex'), '<id>');
        socket.write(reply(id, ...ACCEPTED, 0));
      });
      const it = await ask(own(1), shell);
      expect(it).toMatchObject({ tcp: 'open', rpc: 'answers' });
      expect(it.tcpSeconds).toBeLessThan(2);
      // 40 bytes: CALL, RPC 2, 100003, 4, procedure 0, and two times no credentials of no length.
      const call = words(0, 2, 100_003, 4, 0, 0, 0, 0, 0).toString('hex');
      expect(heard).toBe(`80000028<id>${call}`);
    });

    test('a reply in pieces is one reply', async (context) => {
      await server(own(2), context, (socket, id) => {
        const bytes = reply(id, ...ACCEPTED, 0);
        socket.setNoDelay(true);
        socket.write(bytes.subarray(0, 9));
        setTimeout(() => socket.write(bytes.subarray(9)), 150);
      });
      expect(await ask(own(2), shell)).toMatchObject({ tcp: 'open', rpc: 'answers' });
    });

    test.for([
      [3, 'a version that is not there', 'not-registered', [...ACCEPTED, 2, 3, 3]],
      [4, 'a program that is not there', 'not-registered', [...ACCEPTED, 1]],
      [5, 'a call that is denied', 'refused', [1, 1, 1, 1]],
      [6, 'an error of the server', 'unknown', [...ACCEPTED, 5]],
      [7, 'a call instead of a reply', 'unknown', [0, 2, 100_003, 4, 0]],
    ] as const)('%s %s: %s', async ([last, , is, numbers], context) => {
      await server(own(last), context, (socket, id) => socket.write(reply(id, ...numbers)));
      const began = performance.now();
      expect(await ask(own(last), shell)).toMatchObject({ tcp: 'open', rpc: is });
      expect(performance.now() - began).toBeLessThan(8000);
    });

    test('the reply to another call, and what is no RPC at all', async (context) => {
      await server(own(8), context, (socket) =>
        socket.write(reply(Buffer.from('zzzz'), ...ACCEPTED, 0)),
      );
      await server(own(9), context, (socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
      expect(await ask(own(8), shell)).toMatchObject({ tcp: 'open', rpc: 'unknown' });
      expect(await ask(own(9), shell)).toMatchObject({ tcp: 'open', rpc: 'unknown' });
    });

    test('a server that takes the connection and says nothing, one that closes, one that is not there', async (context) => {
      await server(own(10), context, () => {});
      await server(own(11), context, (socket) => socket.end());
      const began = performance.now();
      const patience = { SRE_ANSWER_SECONDS: '1' };
      expect(await ask(own(10), shell, patience)).toMatchObject({ tcp: 'open', rpc: 'silent' });
      expect(performance.now() - began).toBeGreaterThan(900);
      expect(await ask(own(11), shell)).toMatchObject({ tcp: 'open', rpc: 'silent' });
      expect(await ask(own(12), shell)).toMatchObject({ tcp: 'refused', rpc: 'refused' });
    });

    test.for(['', '-h', 'a b', '$(reboot)', '1;2'])('refuses %j', async (address) => {
      const out = await runScript(askServer('n', address), {}, shell);
      expect([out.stdout, out.ending]).toEqual(['', { how: 'exited', code: 64 }]);
    });
  },
);

/** A PATH without bash: what else the script needs is there. */
function withoutBash(programs: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const bin = folder();
  for (const tool of ['sh', 'timeout', 'cat']) {
    const path = spawnSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).stdout.trim();
    symlinkSync(path, join(bin, tool));
  }
  const [own = ''] = standIns(programs).PATH.split(':');
  return { PATH: `${own}:${bin}` };
}

/** What `rpcinfo` printed in lab 05, by the words of the line after it. */
function recorded(how: string): string {
  const lines = lab('nfs/lab-05-nfs-server-down-matrix.txt').split('\n');
  const end = lines.findIndex((line) => line.startsWith(how));
  const said = lines.slice(0, end).toReversed();
  const from = said.findIndex((line) => /^(?:tcp connect|#####)/.test(line));
  return said.slice(0, from).toReversed().join('\n');
}

const rpcinfo = (said: string, code: number) =>
  withoutBash({
    rpcinfo: `[ "$*" = '-n 2049 -t 127.0.0.1 100003 4' ] || exit 64; printf '%s\\n' ${word(said)}; exit ${code}`,
  });

describe('answer.sh without bash', () => {
  test.for([
    [recorded('rpcinfo -t rc=1 10.'), 1, 'open', 'silent'],
    [recorded('rpcinfo -t rc=1 .28'), 1, 'open', 'not-registered'],
    ['program 100003 version 4 ready and waiting', 0, 'open', 'answers'],
    ['rpcinfo: RPC: Remote system error - Connection refused', 1, 'refused', 'refused'],
    ['rpcinfo: 127.0.0.1 is unknown host', 1, 'error', 'unknown'],
    ['', 0, 'error', 'unknown'],
  ] as const)('rpcinfo is told the port: %s (%i)', async ([said, code, tcp, rpc]) => {
    expect(await ask('127.0.0.1', ['sh'], rpcinfo(said, code))).toMatchObject({ tcp, rpc });
  });

  test('rpcinfo that masks SIGTERM is ended with SIGKILL', async () => {
    const env = withoutBash({ rpcinfo: "trap '' TERM; exec cat /dev/zero >/dev/null" });
    const it = await ask('127.0.0.1', ['sh'], { ...env, SRE_ANSWER_SECONDS: '0' });
    expect(it).toMatchObject({ tcp: 'timeout', rpc: 'silent' });
  });

  test('with nothing to ask with nothing is known', async () => {
    expect(await ask('127.0.0.1', ['sh'], withoutBash({}))).toEqual({
      tcp: 'error',
      tcpSeconds: 0,
      rpc: 'unknown',
    });
  });
});

test('recorded: these are what rpcinfo said', () => {
  expect(recorded('rpcinfo -t rc=1 10.')).toBe(
    'rpcinfo: RPC: Timed out\nprogram 100003 version 4 is not available',
  );
  expect(recorded('rpcinfo -t rc=1 .28')).toBe('127.0.0.1: RPC: Program not registered');
});

describe('reading', () => {
  const command = askServer('n', '192.168.1.127');
  test.for([
    [['tcp', 'open', '0.01']],
    [['null', 'answers', '0.01']],
    [
      ['tcp', 'ajar', '0.01'],
      ['null', 'answers', '0.01'],
    ],
    [
      ['tcp', 'open', 'soon'],
      ['null', 'answers', '0.01'],
    ],
    [
      ['tcp', 'open', '0.01'],
      ['null', 'green', '0.01'],
    ],
    [
      ['tcp', 'refused', '0.01'],
      ['null', 'answers', '0.01'],
    ],
  ] as const)('%j is not understood', (lines) => {
    expect(whyOf(readWith(command, exited(records(...lines)))).why).toBe('unparsable');
  });
});
