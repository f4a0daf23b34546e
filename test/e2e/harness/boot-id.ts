import { connect } from 'node:net';
import { text } from 'node:stream/consumers';

/** The boot ID, asked of a guest itself (guest/boot-id.pl); throws when it does not answer within 20 s. */
export async function bootIdOf(host: string): Promise<string> {
  const socket = connect({ host, port: 10_255, timeout: 20_000 });
  socket.once('timeout', () => socket.destroy(new Error(`${host} does not answer`)));
  const answer = (await text(socket)).trim();
  if (answer === '') throw new Error(`${host} tells no boot ID`);
  return answer;
}
