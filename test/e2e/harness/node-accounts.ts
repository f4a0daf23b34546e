import type { LabNode } from './lab-node.ts';
import { NODE_FOLDER } from './node-boot.ts';

/** An account of a node that is not root, and may do anything with sudo where it gives its password. */
export interface Account {
  readonly name: string;
  /** Writes a file into the node's /etc/sudoers.d, as `visudo -f` does: what is no sudoers file is refused. */
  addSudoers(file: string, text: string): Promise<void>;
}

const HOME = `${NODE_FOLDER}/home`;
const ETC = `${NODE_FOLDER}/etc`;

/** Above what `adduser` gives, so that no account of the machine has it. */
const UID = 61_000;

const SUDOERS = `Defaults env_reset
Defaults secure_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
root ALL=(ALL:ALL) ALL
%sudo ALL=(ALL:ALL) ALL
@includedir /etc/sudoers.d
`;

/**
 * Makes an account on a node that logs in with the key of the suite. Real: sshd, sudo, and its own word. The files of
 * /etc that know accounts and sudo's rules are the node's own, laid over the machine's until the node is off.
 */
export async function addAccount(node: LabNode, name: string): Promise<Account> {
  const home = `${HOME}/${name}`;
  const add: Readonly<Record<string, string>> = {
    passwd: `${name}:x:${UID}:${UID}::${home}:/bin/sh`,
    shadow: `${name}:*:19000:0:99999:7:::`,
    group: `${name}:x:${UID}:\nsre-e2e:x:${UID + 1}:${name}`,
    hosts: `127.0.1.1 ${node.name}`,
  };
  await node.run(`mkdir -p ${ETC}/sudoers.d ${home}\nchown ${UID}:${UID} ${home}`);
  await node.write(`${ETC}/sudoers`, SUDOERS.replace('%sudo', '%sre-e2e'));
  for (const [file, lines] of Object.entries(add)) {
    const text = (await node.read(`/etc/${file}`)).trimEnd();
    await node.write(`${ETC}/${file}`, `${text}\n${lines}\n`);
  }
  await node.run(`
    chmod 640 ${ETC}/shadow
    chmod 440 ${ETC}/sudoers
    for it in ${Object.keys(add).join(' ')} sudoers sudoers.d; do
      mount --bind ${ETC}/$it /etc/$it
    done`);
  return {
    name,
    addSudoers: async (file, text) => {
      const path = `/etc/sudoers.d/${file}`;
      await node.write(path, `${text}\n`);
      await node.run(`chmod 440 ${path}\nvisudo -c -f ${path}`);
    },
  };
}
