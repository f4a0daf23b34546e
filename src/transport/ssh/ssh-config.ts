import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { RawOutput } from '../../runbook/command.ts';
import { KEPT_BYTES } from '../bounded.ts';
import { runChild } from '../child.ts';
import { cancelled, refusal } from '../not-begun.ts';
import { watch } from '../watch.ts';

/** A machine as the inventory or a ProxyJump names it. */
export interface Login {
  /** An address, or a name that `~/.ssh/config` knows. */
  readonly alias: string;
  readonly user?: string | undefined;
  readonly port?: number | undefined;
}

/** What OpenSSH would do for a {@link Login}, as far as this room can do it too. */
export interface SshSettings {
  readonly alias: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly identityFiles: readonly string[];
  /** Of the agent's keys only those that an identity file names. */
  readonly identitiesOnly: boolean;
  /** The socket of the agent. */
  readonly agent: string | undefined;
  /** The machines to go through, the nearest first. */
  readonly jumps: readonly Login[];
  readonly hostKeyAlias: string | undefined;
  readonly knownHostsFiles: readonly string[];
  /** A list of keys that are never accepted. */
  readonly revokedKeysFile: string | undefined;
  /** What the operator should know when a login fails. */
  readonly notes: readonly string[];
}

/** How settings are found. */
export interface ConfigSource {
  /** Instead of `~/.ssh/config` and `/etc/ssh/ssh_config`, as `ssh -F`. */
  readonly configFile?: string | undefined;
  /** The agent's socket where the configuration names none: `SSH_AUTH_SOCK`. */
  readonly agent?: string | undefined;
  readonly sshProgram?: string | undefined;
}

const LOOKUP_MS = 5000;

/**
 * Asks `ssh -G`, which resolves Host, Match, Include and tokens exactly as `ssh` does (STACK 3.2). Where there is no
 * `ssh`, the plain defaults are used, with a note. Throws `NotBegun`.
 */
export async function lookUp(
  login: Login,
  source: ConfigSource,
  signal: AbortSignal,
): Promise<SshSettings> {
  const { ending, stdout, stderr } = await askSsh(login, source, signal);
  const configuration = `the ssh configuration for ${login.alias}`;
  if (ending.how === 'exited' && ending.code === 0) {
    return settingsOf(login, parseConfig(stdout), source.agent);
  }
  if (ending.how === 'exited') {
    throw refusal('denied', `${configuration} cannot be read: ${lastWords(stderr)}`);
  }
  if (ending.how === 'refused') {
    return settingsOf(login, PLAIN, source.agent, [
      `ssh is not installed here, so ${source.configFile ?? '~/.ssh/config'} was not honoured`,
    ]);
  }
  if (ending.how === 'cancelled') throw cancelled();
  throw refusal(
    'unreachable',
    `${configuration} was not found within ${LOOKUP_MS / 1000} s: ` +
      `look for a 'Match exec' or a path on a dead mount in it (ssh -G ${login.alias})`,
  );
}

async function askSsh(login: Login, source: ConfigSource, signal: AbortSignal): Promise<RawOutput> {
  using until = watch(LOOKUP_MS, signal);
  const options = [
    ...(source.configFile === undefined ? [] : ['-F', source.configFile]),
    ...(login.user === undefined ? [] : ['-l', login.user]),
    ...(login.port === undefined ? [] : ['-p', String(login.port)]),
  ];
  const argv = [source.sshProgram ?? 'ssh', '-G', ...options, '--', login.alias] as const;
  return await runChild(
    { argv, input: undefined, env: {}, maxBytes: KEPT_BYTES },
    until,
    new Set(),
  );
}

const lastWords = (stderr: string): string => stderr.trim().split('\n').slice(-2).join(' / ');

/** The lines of `ssh -G`: a keyword in lower case and its values, in order. */
export type Config = ReadonlyMap<string, readonly string[]>;

/** Reads the lines of `ssh -G`. */
export function parseConfig(text: string): Config {
  const config = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [, keyword, value] = /^(\S+) (.*)$/.exec(line) ?? [];
    if (keyword === undefined || value === undefined) continue;
    const values = config.get(keyword) ?? [];
    config.set(keyword, [...values, value]);
  }
  return config;
}

/** OpenSSH's defaults, for a machine without `ssh`. */
const PLAIN: Config = new Map([
  ['identityfile', ['id_rsa', 'id_ecdsa', 'id_ed25519'].map((name) => `~/.ssh/${name}`)],
  ['userknownhostsfile', ['~/.ssh/known_hosts ~/.ssh/known_hosts2']],
  ['globalknownhostsfile', ['/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2']],
]);

/**
 * Settings from a configuration. StrictHostKeyChecking is not read: the check is always strict. A ProxyCommand is
 * refused rather than passed over, because going there directly is not what was configured. Throws `NotBegun`.
 */
export function settingsOf(
  login: Login,
  config: Config,
  agent: string | undefined,
  notes: readonly string[] = [],
): SshSettings {
  const one = (keyword: string): string | undefined => {
    const value = config.get(keyword)?.[0];
    return value === undefined || value === 'none' ? undefined : value;
  };
  if (one('proxycommand') !== undefined) {
    throw refusal(
      'denied',
      `the ssh configuration for ${login.alias} has a ProxyCommand, which is not supported: use ProxyJump`,
    );
  }
  const me = userInfo();
  const host = one('hostname') ?? login.alias;
  const user = login.user ?? one('user') ?? me.username;
  const port = login.port ?? Number(one('port') ?? 22);
  const tokens = { '%': '%', h: host, n: login.alias, p: String(port), r: user, u: me.username };
  const path = pathsFor({ ...tokens, d: me.homedir });
  return {
    alias: login.alias,
    host,
    port,
    user,
    notes,
    identityFiles: (config.get('identityfile') ?? []).filter((it) => it !== 'none').map(path),
    identitiesOnly: one('identitiesonly') === 'yes',
    agent: agentOf(config.get('identityagent')?.[0], agent, path),
    jumps: parseJumps(one('proxyjump')),
    hostKeyAlias: one('hostkeyalias'),
    knownHostsFiles: [one('userknownhostsfile'), one('globalknownhostsfile')].flatMap((list) =>
      listOfPaths(list).map(path),
    ),
    revokedKeysFile: one('revokedhostkeys'),
  };
}

/** `ssh -G` prints lists of paths without quotes: a new one begins where a root or a home begins. */
const listOfPaths = (list: string | undefined): readonly string[] =>
  list === undefined ? [] : list.split(/ (?=[/~])/);

const pathsFor =
  (tokens: Readonly<Record<string, string>>) =>
  (path: string): string => {
    const home = tokens['d'] ?? '';
    const whole = path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : path;
    return whole.replace(/%(.)/g, (token, letter: string) => tokens[letter] ?? token);
  };

function agentOf(
  configured: string | undefined,
  fallback: string | undefined,
  path: (it: string) => string,
): string | undefined {
  if (configured === undefined || configured === 'SSH_AUTH_SOCK') return fallback;
  if (configured === 'none') return undefined;
  return configured.startsWith('$') ? process.env[configured.slice(1)] : path(configured);
}

/** The machines of a ProxyJump value: `[user@]host[:port]`, `ssh://…`, a list with commas, the nearest first. */
export function parseJumps(value: string | undefined): readonly Login[] {
  if (value === undefined) return [];
  return value.split(',').map((hop) => {
    const found =
      /^(?:ssh:\/\/)?(?:([^@]+)@)?(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?\/?$/.exec(hop.trim()) ?? [];
    const [, user, bracketed, plain, port] = found;
    const alias = bracketed ?? plain;
    if (alias === undefined) throw refusal('denied', `not a jump host: ${hop} (in ProxyJump)`);
    return { alias, user, port: port === undefined ? undefined : Number(port) };
  });
}
