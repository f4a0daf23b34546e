import { readFile } from 'node:fs/promises';
import ssh2 from 'ssh2';
import type { AnyAuthMethod, ParsedKey, SignCallback, SigningRequestOptions } from 'ssh2';
import { codeOf, messageOf } from '../not-begun.ts';
import { pause } from '../watch.ts';
import { fingerprint } from './known-hosts.ts';
import type { SshSettings } from './ssh-config.ts';

/** The keys a login can be tried with, in OpenSSH's order. */
export interface Identities {
  readonly methods: readonly AnyAuthMethod[];
  /** The keys in words, for the sentence of a failed login. */
  readonly offered: readonly string[];
  /** What was passed over, and why. */
  readonly notes: readonly string[];
}

type Settings = Pick<SshSettings, 'user' | 'agent' | 'identityFiles' | 'identitiesOnly'>;

/** How long the agent may take to list its keys. */
const AGENT_MS = 2000;

/**
 * Gathers the agent's keys (those that identity files name come first) and the identity files that can be read without
 * a passphrase. An encrypted file is for the agent: without it there it is passed over with a note.
 */
export async function gatherIdentities(settings: Settings): Promise<Identities> {
  const { user } = settings;
  const files = await Promise.all(settings.identityFiles.map(readIdentity));
  const listed = await agentKeys(settings.agent);
  const named = files.flatMap((file) => (file.publicKey === undefined ? [] : [file.publicKey]));
  const isNamed = (key: ParsedKey): boolean => named.some((it) => it.equals(key.getPublicSSH()));
  const first = listed.keys.filter(isNamed);
  const others = settings.identitiesOnly ? [] : listed.keys.filter((key) => !isNamed(key));
  const agentOnes = [...first, ...others];
  const inAgent = (it: Buffer | undefined): boolean =>
    it !== undefined && agentOnes.some((key) => key.getPublicSSH().equals(it));
  const own = files.filter((file) => file.key !== undefined && !inAgent(file.publicKey));

  const methods: AnyAuthMethod[] = [];
  if (listed.agent !== undefined && agentOnes.length > 0) {
    methods.push({ type: 'agent', username: user, agent: new SomeKeys(listed.agent, agentOnes) });
  }
  for (const { key } of own) {
    if (key !== undefined) methods.push({ type: 'publickey', username: user, key });
  }
  return {
    methods,
    offered: [
      ...agentOnes.map((key) => `${fingerprint(key.getPublicSSH())} (agent, ${key.comment})`),
      ...own.map(({ path, publicKey }) => `${fingerprint(publicKey ?? Buffer.alloc(0))} (${path})`),
    ],
    notes: [
      ...listed.notes,
      ...files.flatMap(({ note, publicKey }) =>
        note === undefined || inAgent(publicKey) ? [] : [note],
      ),
    ],
  };
}

interface IdentityFile {
  readonly path: string;
  /** The private key, where it can be used without a passphrase. */
  readonly key?: ParsedKey;
  readonly publicKey?: Buffer;
  readonly note?: string;
}

async function readIdentity(path: string): Promise<IdentityFile> {
  let text: Buffer;
  try {
    text = await readFile(path);
  } catch (thrown) {
    // Most of the default files are not there.
    if (codeOf(thrown) === 'ENOENT') return { path, ...(await publicHalf(path)) };
    return { path, note: `${path} cannot be read: ${messageOf(thrown)}` };
  }
  const key = parsed(text);
  if (key instanceof Error) {
    const half = await publicHalf(path);
    const note = /encrypted/i.test(key.message)
      ? `${path} is encrypted and not in the agent (ssh-add ${path})`
      : `${path} is not a key that can be used here (${key.message})`;
    return { path, note, ...half };
  }
  const publicKey = key.getPublicSSH();
  return key.isPrivateKey() ? { path, key, publicKey } : { path, publicKey };
}

/** `<path>.pub` says which of the agent's keys an encrypted or missing private file means. */
async function publicHalf(path: string): Promise<{ publicKey?: Buffer }> {
  try {
    const key = parsed(await readFile(`${path}.pub`));
    return key instanceof Error ? {} : { publicKey: key.getPublicSSH() };
  } catch (thrown) {
    if (codeOf(thrown) === undefined) throw thrown;
    return {};
  }
}

/** ssh2 answers with a list for some formats, which its types do not say. */
function parsed(text: Buffer): ParsedKey | Error {
  const it: ParsedKey | Error | readonly ParsedKey[] = ssh2.utils.parseKey(text);
  if (!isList(it)) return it;
  return it[0] ?? new Error('no key in it');
}

const isList = (it: unknown): it is readonly ParsedKey[] => Array.isArray(it);

interface AgentKeys {
  readonly agent?: ssh2.OpenSSHAgent;
  readonly keys: readonly ParsedKey[];
  readonly notes: readonly string[];
}

async function agentKeys(socket: string | undefined): Promise<AgentKeys> {
  if (socket === undefined || socket === '')
    return { keys: [], notes: ['no ssh agent is running'] };
  const agent = new ssh2.OpenSSHAgent(socket);
  const listed = new Promise<AgentKeys>((resolve) => {
    agent.getIdentities((error, keys) => {
      if (error === undefined || error === null) {
        const usable = (keys ?? []).flatMap((key) => ('pubKey' in key ? [] : [key]));
        resolve({ agent, keys: usable, notes: [] });
      } else resolve({ keys: [], notes: [`the ssh agent at ${socket}: ${error.message}`] });
    });
  });
  const late = pause(AGENT_MS).then((): AgentKeys => ({
    keys: [],
    notes: [`the ssh agent at ${socket} did not answer within ${AGENT_MS / 1000} s`],
  }));
  return await Promise.race([listed, late]);
}

/** An agent that shows some of its keys, in an order of our own: a server allows only a few tries. */
class SomeKeys extends ssh2.BaseAgent<ParsedKey> {
  readonly #agent: ssh2.OpenSSHAgent;
  readonly #keys: readonly ParsedKey[];

  constructor(agent: ssh2.OpenSSHAgent, keys: readonly ParsedKey[]) {
    super();
    this.#agent = agent;
    this.#keys = keys;
  }

  override getIdentities(done: (error: Error | undefined, keys?: ParsedKey[]) => void): void {
    done(undefined, [...this.#keys]);
  }

  override sign(
    key: ParsedKey,
    data: Buffer,
    options: SigningRequestOptions | SignCallback,
    done?: SignCallback,
  ): void {
    if (typeof options === 'function') this.#agent.sign(key, data, options);
    else this.#agent.sign(key, data, options, done);
  }
}
