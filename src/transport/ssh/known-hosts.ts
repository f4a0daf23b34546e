import { createHash, createHmac } from 'node:crypto';

/** One line of a `known_hosts` file, with where it stands. */
export interface KnownHost {
  readonly marker: 'none' | 'revoked' | 'cert-authority';
  /** Patterns with commas, or one hashed name. */
  readonly hosts: string;
  readonly type: string;
  /** The key as it goes over the wire. */
  readonly key: Buffer;
  /** `/root/.ssh/known_hosts:3`. */
  readonly at: string;
}

/** What the files say about a key that a machine offers. */
export type Verdict =
  | { readonly state: 'match' }
  /** Another key of the same type is known for it. */
  | { readonly state: 'changed'; readonly known: KnownHost }
  /** Only keys of other types are known for it. */
  | { readonly state: 'other-type-known'; readonly known: KnownHost }
  /** Nothing is known for it; `authority`: only a `@cert-authority` line, and certificates are not supported. */
  | { readonly state: 'unknown'; readonly authority?: KnownHost }
  | { readonly state: 'revoked'; readonly known: KnownHost };

/** Reads a `known_hosts` file (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"); lines it does not understand are left out, as OpenSSH does. */
export function parseKnownHosts(text: string, file: string): readonly KnownHost[] {
  return text.split('\n').flatMap((line, index): readonly KnownHost[] => {
    const words = line.trim().split(/\s+/);
    const marked = words[0]?.startsWith('@') === true ? words[0].slice(1) : undefined;
    if (marked !== undefined && marked !== 'revoked' && marked !== 'cert-authority') return [];
    const [hosts, type, base64] = marked === undefined ? words : words.slice(1);
    if (hosts === undefined || hosts.startsWith('#') || base64 === undefined) return [];
    const key = Buffer.from(base64, 'base64');
    if (keyType(key) !== type) return [];
    return [{ marker: marked ?? 'none', hosts, type, key, at: `${file}:${index + 1}` }];
  });
}

/** How a machine is named in `known_hosts`: with its port where that is not 22. */
export const knownName = (host: string, port: number): string =>
  port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;

/**
 * Judges a key as OpenSSH's strict checking does: a revoked line is stronger than any other, and on another port than 22
 * a match of the bare name is good enough where nothing is known for the port.
 */
export function judge(
  lines: readonly KnownHost[],
  host: string,
  port: number,
  key: Buffer,
): Verdict {
  const verdict = judgeName(lines, knownName(host, port), key);
  if (verdict.state !== 'unknown' || port === 22) return verdict;
  const bare = judgeName(lines, knownName(host, 22), key);
  return bare.state === 'match' || bare.state === 'revoked' ? bare : verdict;
}

/** The types of the keys known for a machine, to ask it for those first: otherwise one known by its RSA key would show an unknown one. */
export function knownTypes(
  lines: readonly KnownHost[],
  host: string,
  port: number,
): readonly string[] {
  const of = (name: string): readonly string[] =>
    lines.filter((it) => it.marker === 'none' && names(it, name)).map((it) => it.type);
  const types = of(knownName(host, port));
  return [...new Set(types.length === 0 ? of(knownName(host, 22)) : types)];
}

/** A key as OpenSSH prints it: `SHA256:…`. */
export const fingerprint = (key: Buffer): string =>
  `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;

/** The type that a key carries in itself. */
export function keyType(key: Buffer): string {
  if (key.length < 4) return '';
  return key.subarray(4, 4 + key.readUInt32BE(0)).toString('latin1');
}

function judgeName(lines: readonly KnownHost[], name: string, key: Buffer): Verdict {
  const mine = lines.filter((it) => names(it, name));
  const revoked = mine.find((it) => it.marker === 'revoked' && it.key.equals(key));
  if (revoked !== undefined) return { state: 'revoked', known: revoked };
  const plain = mine.filter((it) => it.marker === 'none');
  if (plain.some((it) => it.key.equals(key))) return { state: 'match' };
  const type = keyType(key);
  const changed = plain.find((it) => it.type === type);
  if (changed !== undefined) return { state: 'changed', known: changed };
  const [other] = plain;
  if (other !== undefined) return { state: 'other-type-known', known: other };
  const authority = mine.find((it) => it.marker === 'cert-authority');
  return authority === undefined ? { state: 'unknown' } : { state: 'unknown', authority };
}

function names(line: KnownHost, name: string): boolean {
  if (line.hosts.startsWith('|')) return hashed(line.hosts, name);
  const patterns = line.hosts.toLowerCase().split(',');
  if (patterns.some((it) => it.startsWith('!') && matches(it.slice(1), name))) return false;
  return patterns.some((it) => !it.startsWith('!') && matches(it, name));
}

/** `|1|salt|hmac`: HMAC-SHA1 of the name under the salt, as `ssh-keygen -H` writes it. */
function hashed(hosts: string, name: string): boolean {
  const [, version, salt, hmac] = hosts.split('|');
  if (version !== '1' || salt === undefined || hmac === undefined) return false;
  const digest = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest();
  return digest.equals(Buffer.from(hmac, 'base64'));
}

/** `*` and `?`; everything else stands for itself. */
function matches(pattern: string, name: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\/-]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(name);
}
