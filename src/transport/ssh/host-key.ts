import { readFile } from 'node:fs/promises';
import { codeOf, messageOf, refusal, type NotBegun } from '../not-begun.ts';
import {
  fingerprint,
  judge,
  keyType,
  knownName,
  knownTypes,
  parseKnownHosts,
  type KnownHost,
  type Verdict,
} from './known-hosts.ts';
import type { SshSettings } from './ssh-config.ts';

/** What is known about a machine's host keys before it is asked. */
export interface HostKeys {
  /** Key types to ask for first. */
  readonly types: readonly string[];
  /** Nothing: accepted. Otherwise why not, with the fingerprint, the file to look at and what to do. */
  readonly refuse: (key: Buffer) => NotBegun | undefined;
}

type Settings = Pick<
  SshSettings,
  'host' | 'port' | 'user' | 'alias' | 'hostKeyAlias' | 'knownHostsFiles' | 'revokedKeysFile'
>;

/** Reads the files that know host keys. A file that is not there knows nothing; one that cannot be read is an error. */
export async function hostKeysOf(settings: Settings): Promise<HostKeys> {
  const { knownHostsFiles, hostKeyAlias } = settings;
  const texts = await Promise.all(knownHostsFiles.map(async (file) => [file, await read(file)]));
  const lines = texts.flatMap(([file = '', text = '']) => parseKnownHosts(text, file));
  const revoked = await revokedKeys(settings.revokedKeysFile);
  // A HostKeyAlias stands for the machine whatever the port (ssh_config(5)).
  const [name, port] =
    hostKeyAlias === undefined ? [settings.host, settings.port] : [hostKeyAlias, 22];
  return {
    types: knownTypes(lines, name, port),
    refuse: (key) => {
      const verdict: Verdict = revoked.some((it) => it.key.equals(key))
        ? { state: 'revoked', known: { ...NOWHERE, at: settings.revokedKeysFile ?? '' } }
        : judge(lines, name, port, key);
      return verdict.state === 'match'
        ? undefined
        : refusal('denied', sentence(verdict, settings, key));
    },
  };
}

const NOWHERE: KnownHost = {
  marker: 'revoked',
  hosts: '*',
  type: '',
  key: Buffer.alloc(0),
  at: '',
};

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return '';
    throw refusal('denied', `known hosts cannot be read: ${messageOf(thrown)}`);
  }
}

/** RevokedHostKeys as a list of public keys; the binary form (KRL) is refused, because passing over it would be laxer than ssh. */
async function revokedKeys(file: string | undefined): Promise<readonly KnownHost[]> {
  if (file === undefined) return [];
  const text = await read(file);
  if (text.startsWith('SSHKRL')) {
    throw refusal('denied', `RevokedHostKeys ${file} is a KRL, which cannot be read here`);
  }
  const lines = text.split('\n').map((line) => `@revoked * ${line}`);
  return parseKnownHosts(lines.join('\n'), file);
}

type Refused = Exclude<Verdict, { state: 'match' }>;

function sentence(verdict: Refused, settings: Settings, key: Buffer): string {
  const machine = `${settings.host}:${settings.port}`;
  const offers = `${keyType(key)} ${fingerprint(key)}`;
  const own = `the machine's own (on its console: ssh-keygen -lf /etc/ssh/ssh_host_${kind(key)}_key.pub)`;
  const accept = `ssh -p ${settings.port} ${settings.user}@${settings.alias}`;
  if (verdict.state === 'revoked') {
    return (
      `the host key of ${machine} is REVOKED by ${verdict.known.at}: ${offers}. ` +
      `Do not log in there; find out why it was revoked`
    );
  }
  if (verdict.state === 'changed') {
    const { known } = verdict;
    const name = settings.hostKeyAlias ?? knownName(settings.host, settings.port);
    return (
      `the host key of ${machine} has CHANGED: it offers ${offers}, ${known.at} has ${fingerprint(known.key)}. ` +
      `Was it reinstalled, or is another machine answering? Compare with ${own}; only if it is the same, ` +
      `remove that line (ssh-keygen -f ${fileOf(known)} -R '${name}') and accept the new key with: ${accept}`
    );
  }
  return (
    `the host key of ${machine} is not known: it offers ${offers}, and ${knows(verdict, settings)}. ` +
    `Compare with ${own}, then accept it with: ${accept}`
  );
}

function knows(
  verdict: Extract<Refused, { state: 'unknown' | 'other-type-known' }>,
  settings: Settings,
): string {
  if (verdict.state === 'other-type-known') {
    return `${verdict.known.at} knows it by ${verdict.known.type} only`;
  }
  const file = settings.knownHostsFiles[0] ?? 'known_hosts';
  return verdict.authority === undefined
    ? `${file} has no line for it`
    : `${verdict.authority.at} has a @cert-authority line, and host certificates are not supported`;
}

const fileOf = (line: KnownHost): string => line.at.slice(0, line.at.lastIndexOf(':'));

/** The name of a key type in the file names of sshd. */
const kind = (key: Buffer): string => /ed25519|ecdsa|rsa/.exec(keyType(key))?.[0] ?? 'ed25519';
