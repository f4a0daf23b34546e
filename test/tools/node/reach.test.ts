import { once } from 'node:events';
import { createServer as createHttp } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import type { TestContext } from 'vitest';
import { reach } from '../../../src/tools/node/reach.ts';
import { exited, readWith, records, valueOf, whyOf } from '../output.ts';
import { folder } from './fake-proc.ts';
import { runScript, SHELLS } from './run-script.ts';

async function listening(server: Server, { onTestFinished }: TestContext): Promise<number> {
  server.listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
  });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const call = async (
  port: number,
  shell: readonly [string, ...string[]],
  path = '/v1/sys/leader',
  env = {},
) => {
  const command = reach('n', '127.0.0.1', port, path);
  const out = await runScript(command, env, shell);
  expect(out.stderr).toBe('');
  return valueOf(readWith(command, out));
};

const curl = spawnSync('curl', ['--version']).status === 0;

describe.skipIf(!curl).concurrent.for(SHELLS)('reach.sh in %s', (shell) => {
  test('a server that answers, with whatever status', async (context) => {
    const port = await listening(
      createHttp((request, response) => {
        response.statusCode = request.url === '/v1/sys/leader' ? 200 : 503;
        response.end('{}');
      }),
      context,
    );
    const it = await call(port, shell);
    expect(it).toMatchObject({ tcp: 'open', http: { is: 'status', status: 200 } });
    expect(it.tcpSeconds).toBeLessThan(2);
    expect((await call(port, shell, '/else')).http).toEqual({ is: 'status', status: 503 });
    const proxied = await call(port, shell, '/v1/sys/leader', { http_proxy: 'http://127.0.0.1:1' });
    expect(proxied.http).toEqual({ is: 'status', status: 200 });
  });

  test('a server that takes the connection and says nothing', async (context) => {
    const silent = createServer(() => {});
    const port = await listening(silent, context);
    const began = performance.now();
    const it = await call(port, shell, '/', { SRE_REACH_SECONDS: '1' });
    expect(it).toMatchObject({ tcp: 'open', http: { is: 'silent' } });
    expect(performance.now() - began).toBeGreaterThan(900);
  });

  test('a server that closes at once, and one that speaks something else', async (context) => {
    const closing = await listening(
      createServer((socket) => socket.end()),
      context,
    );
    expect(await call(closing, shell)).toMatchObject({ tcp: 'open', http: { is: 'closed' } });
    const other = await listening(
      createServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n')),
      context,
    );
    expect(await call(other, shell)).toMatchObject({ tcp: 'open', http: { is: 'none' } });
  });

  test('a port where nothing listens', async () => {
    expect(await call(1, shell)).toMatchObject({ tcp: 'refused', http: { is: 'none' } });
  });

  test('a name that has no address', async () => {
    const command = reach('n', 'no-such-name.invalid', 80, '/');
    const out = await runScript(command, {}, shell);
    expect(valueOf(readWith(command, out))).toMatchObject({ tcp: 'error', http: { is: 'none' } });
  });

  test.for([
    ['', '80', '/'],
    ['-o', '80', '/'],
    ['h', '80x', '/'],
    ['h', '80', 'x'],
    ['h h', '80', '/'],
  ])('refuses %j', async (args) => {
    const out = await runScript({ run: { kind: 'script', script: 'node/reach', args } }, {}, shell);
    expect(out.ending).toEqual({ how: 'exited', code: 64 });
  });
});

const bash = spawnSync('bash', ['-c', 'command -v timeout']).status === 0;

test.skipIf(!bash)('reach.sh without curl tries the port alone', async (context) => {
  const port = await listening(
    createServer(() => {}),
    context,
  );
  const bin = folder();
  for (const tool of ['sh', 'bash', 'timeout', 'date']) {
    const path = spawnSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).stdout.trim();
    spawnSync('ln', ['-s', path, `${bin}/${tool}`]);
  }
  expect(await call(port, ['sh'], '/', { PATH: bin })).toMatchObject({
    tcp: 'open',
    http: { is: 'none' },
  });
  expect(await call(1, ['sh'], '/', { PATH: bin })).toMatchObject({
    tcp: 'refused',
    http: { is: 'none' },
  });
});

describe('reading', () => {
  const command = reach('n', '10.0.0.1', 8200, '/');
  const text = records(['tcp', 'open', '0.000352'], ['http', 'silent', 0, '5.001']);

  test('what a silent server leaves', () => {
    expect(valueOf(readWith(command, exited(text)))).toEqual({
      tcp: 'open',
      tcpSeconds: 0.000352,
      http: { is: 'silent' },
    });
  });

  test.for([
    records(['tcp', 'open', '0.1']),
    records(['tcp', 'ajar', '0.1'], ['http', 'none', 0, 0]),
    records(['tcp', 'open', 'soon'], ['http', 'none', 0, 0]),
    records(['tcp', 'open', '0.1'], ['http', '000', 0, 0]),
    records(['tcp', 'open', '0.1'], ['http', '\u001B[1m200', 0, 0]),
    text.slice(0, -4),
    'curl: not found\n',
  ])('%j is not understood', (stdout) => {
    expect(whyOf(readWith(command, exited(stdout))).why).toBe('unparsable');
  });
});
