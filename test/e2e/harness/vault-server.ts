/**
 * A fake Vault: `node vault-server.ts ADDRESS`. Reads a `VaultState` per line of its input, says
 * `ok` once it holds, and ends with its input.
 */
import { createServer } from 'node:http';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { answerOf } from './vault-answers.ts';
import { STANDBY, type VaultState } from './vault-state.ts';

const PORT = 8200;

process.title = 'vault-stub';
let state: VaultState = STANDBY;
const sockets = new Set<Socket>();

const http = createServer((request, response) => {
  const answer = answerOf(state, new URL(request.url ?? '/', 'http://vault'));
  if (answer === 'hang') return;
  response.writeHead(answer.code, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
  });
  response.end(`${JSON.stringify(answer.body)}\n`);
});
Object.assign(http, { requestTimeout: 0, headersTimeout: 0 });

const tcp = createTcpServer((socket) => {
  sockets.add(socket);
  socket.once('close', () => sockets.delete(socket));
  socket.on('error', () => undefined);
  if (state.mode !== 'silent') http.emit('connection', socket);
});
tcp.listen(PORT, process.argv[2], () => process.stdout.write('ok\n'));

for await (const line of createInterface({ input: process.stdin })) {
  const wasSilent = state.mode === 'silent';
  state = JSON.parse(line) as VaultState;
  if (wasSilent && state.mode !== 'silent') {
    for (const socket of sockets) socket.destroy();
  }
  process.stdout.write('ok\n');
}
process.exit(0);
