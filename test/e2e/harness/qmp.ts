import { once } from 'node:events';
import { createConnection } from 'node:net';
import { createInterface } from 'node:readline';

/** What QEMU's monitor answers to a command; events that come in between are left out. */
type Message =
  | { readonly return: unknown }
  | { readonly error: { readonly desc: string } }
  | { readonly event: string }
  | { readonly QMP: unknown };

const DEADLINE_MS = 10_000;

/** Gives one command to the monitor of a QEMU, and its answer; throws with QEMU's words where it refuses, and after 10 s. */
export async function qmp(socket: string, execute: string): Promise<unknown> {
  const connection = createConnection(socket);
  connection.setTimeout(DEADLINE_MS, () => {
    connection.destroy(new Error(`QEMU did not answer ${execute} within ${DEADLINE_MS / 1000} s`));
  });
  const lines = createInterface({ input: connection });
  try {
    await once(connection, 'connect');
    const asked = ['qmp_capabilities', execute];
    for (const command of asked) connection.write(`${JSON.stringify({ execute: command })}\n`);
    let answers = 0;
    for await (const line of lines) {
      const message = JSON.parse(line) as Message;
      if ('error' in message) throw new Error(`QEMU: ${execute}: ${message.error.desc}`);
      if ('return' in message) answers += 1;
      if ('return' in message && answers === asked.length) return message.return;
    }
    // A QEMU that is told to quit may be gone before it answers.
    if (execute === 'quit') return undefined;
    throw new Error(`QEMU closed its monitor before it answered ${execute}`);
  } finally {
    lines.close();
    connection.destroy();
  }
}

/** The state of a guest as QEMU names it: `running`, `paused`, `prelaunch`… */
export async function runState(socket: string): Promise<string> {
  return ((await qmp(socket, 'query-status')) as { readonly status: string }).status;
}
