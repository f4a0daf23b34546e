import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

/** A host that a client of the suite may log in to. */
export interface SshHost {
  readonly name: string;
  readonly address: string;
  readonly hostKey: string;
}

/** Files for an OpenSSH client: strict host keys, one identity, nothing of the machine's own. */
export interface SshClientFiles {
  readonly identity: string;
  readonly knownHosts: string;
  readonly config: string;
}

/** Makes an ed25519 key pair without a passphrase; the public half is at `${path}.pub`. */
export async function makeKey(path: string, comment: string): Promise<string> {
  await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', path]);
  return path;
}

/** Writes `known_hosts` (by name and by address) and `ssh_config` for these hosts. */
export async function writeClientFiles(
  folder: string,
  identity: string,
  hosts: readonly SshHost[],
): Promise<SshClientFiles> {
  const files = {
    identity,
    knownHosts: join(folder, 'known_hosts'),
    config: join(folder, 'ssh_config'),
  };
  const known = hosts.map(async ({ name, address, hostKey }) => {
    const [type, key] = (await readFile(`${hostKey}.pub`, 'utf8')).split(' ');
    return `${name},${address} ${type} ${key?.trim()}`;
  });
  await writeFile(files.knownHosts, `${(await Promise.all(known)).join('\n')}\n`);
  const aliases = hosts.map(({ name, address }) => `Host ${name}\n  HostName ${address}`);
  const common = [
    'Host *',
    '  User root',
    `  IdentityFile ${files.identity}`,
    '  IdentitiesOnly yes',
    '  BatchMode yes',
    '  StrictHostKeyChecking yes',
    `  UserKnownHostsFile ${files.knownHosts}`,
    '  GlobalKnownHostsFile /dev/null',
    '  ConnectTimeout 10',
  ];
  await writeFile(files.config, `${[...aliases, ...common].join('\n')}\n`);
  return files;
}

/** Options of `ssh_config` for hosts, by what they are called on the command line. */
export type HostOptions = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Writes a client configuration that has these options first and includes another one. */
export async function writeVariant(
  path: string,
  { config }: Pick<SshClientFiles, 'config'>,
  hosts: HostOptions,
): Promise<string> {
  const blocks = Object.entries(hosts).map(([host, options]) =>
    [`Host ${host}`, ...Object.entries(options).map((it) => `  ${it.join(' ')}`)].join('\n'),
  );
  // An Include below a Host line would hold for that host only.
  await writeFile(path, `${[...blocks, 'Match all', `  Include ${config}`].join('\n')}\n`);
  return path;
}
