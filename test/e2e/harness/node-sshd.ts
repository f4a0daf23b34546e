import { execa } from 'execa';
import type { LabNode } from './lab-node.ts';
import { NODE_FOLDER } from './node-boot.ts';

/** One more sshd of a node, beside that which is its init: real, on a port of its own, with the node's keys. */
export interface FurtherSshd {
  readonly port: number;
  /** Its host key, as a line of known_hosts without the name. */
  readonly hostKey: string;
  /** What it logged. */
  log(): Promise<string>;
  /** Stops it as a machine that gives it no CPU does: its port takes connections, and nothing answers. */
  stop(): Promise<void>;
}

/** Starts it with a host key of its own, as after the machine was installed anew. */
export async function addSshd(node: LabNode, port: number): Promise<FurtherSshd> {
  const files = `${NODE_FOLDER}/sshd-${port}`;
  await node.exec('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', `${files}-key`);
  const config = (await node.read(`${NODE_FOLDER}/sshd_config`))
    .replace(/^Port .*$/m, `Port ${port}`)
    .replace(/^HostKey .*$/m, `HostKey ${files}-key`)
    .replace(/^PidFile .*$/m, `PidFile ${files}-pid`);
  await node.write(`${files}-config`, config);
  await node.run(`"$(command -v sshd)" -f ${files}-config -E ${files}-log`);
  const hostKey = (await node.read(`${files}-key.pub`)).split(' ').slice(0, 2).join(' ');
  return {
    port,
    hostKey,
    log: () => node.read(`${files}-log`),
    stop: async () => {
      const pid = (await node.read(`${files}-pid`)).trim();
      await execa('nsenter', ['-t', String(node.init), '-p', '-m', 'kill', '-STOP', pid]);
    },
  };
}
