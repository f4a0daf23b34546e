import { connect } from 'node:net';

/** Whether an SSH server takes a connection on port 22 of a host and says its first line within 2 s. */
export async function greets(host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port: 22, timeout: 2000 });
    const answer = (yes: boolean) => () => {
      socket.destroy();
      resolve(yes);
    };
    socket.once('data', answer(true));
    socket.once('error', answer(false));
    socket.once('timeout', answer(false));
    socket.once('close', answer(false));
  });
}
