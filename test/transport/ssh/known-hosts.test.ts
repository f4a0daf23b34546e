import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { describe, expect, test } from 'vitest';
import {
  fingerprint,
  judge,
  keyType,
  knownTypes,
  parseKnownHosts,
} from '../../../src/transport/ssh/known-hosts.ts';
import { newKey } from './far-node.ts';
import { newFolder } from '../folders.ts';

const mine = newKey();
const other = newKey();
const ecdsa = ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 }).public;

const stateOf = (lines: string, host: string, port = 22, key = mine.blob): string =>
  judge(parseKnownHosts(lines, '/k'), host, port, key).state;

test.each<[string, string, string, number, string]>([
  ['plain', `10.0.0.5 ${mine.line}`, '10.0.0.5', 22, 'match'],
  ['with a comment', `10.0.0.5 ${mine.line} root@n1`, '10.0.0.5', 22, 'match'],
  ['one of a list', `n1,10.0.0.5,n1.lan ${mine.line}`, '10.0.0.5', 22, 'match'],
  ['upper case', `Node1.LAN ${mine.line}`, 'NODE1.lan', 22, 'match'],
  ['another host', `10.0.0.6 ${mine.line}`, '10.0.0.5', 22, 'unknown'],
  ['a dot is no wildcard', `10.0.0x5 ${mine.line}`, '10.0.0.5', 22, 'unknown'],
  ['a star', `10.0.0.* ${mine.line}`, '10.0.0.5', 22, 'match'],
  ['a question mark', `10.0.0.? ${mine.line}`, '10.0.0.15', 22, 'unknown'],
  ['negated', `10.0.0.*,!10.0.0.5 ${mine.line}`, '10.0.0.5', 22, 'unknown'],
  ['negated, another', `10.0.0.*,!10.0.0.5 ${mine.line}`, '10.0.0.6', 22, 'match'],
  ['only negated', `!10.0.0.5 ${mine.line}`, '10.0.0.6', 22, 'unknown'],
  ['with its port', `[10.0.0.5]:2222 ${mine.line}`, '10.0.0.5', 2222, 'match'],
  ['another port', `[10.0.0.5]:2222 ${mine.line}`, '10.0.0.5', 22, 'unknown'],
  ['port unknown, bare name matches', `10.0.0.5 ${mine.line}`, '10.0.0.5', 2222, 'match'],
  ['port unknown, bare name has another', `10.0.0.5 ${other.line}`, '10.0.0.5', 2222, 'unknown'],
  ['IPv6', `fd00::5 ${mine.line}`, 'fd00::5', 22, 'match'],
  ['changed', `10.0.0.5 ${other.line}`, '10.0.0.5', 22, 'changed'],
  [
    'changed, and the right one too',
    `10.0.0.5 ${other.line}\n10.0.0.5 ${mine.line}`,
    '10.0.0.5',
    22,
    'match',
  ],
  ['another type', `10.0.0.5 ${ecdsa}`, '10.0.0.5', 22, 'other-type-known'],
  ['revoked', `@revoked * ${mine.line}\n10.0.0.5 ${mine.line}`, '10.0.0.5', 22, 'revoked'],
  [
    'another key revoked',
    `@revoked * ${other.line}\n10.0.0.5 ${mine.line}`,
    '10.0.0.5',
    22,
    'match',
  ],
  [
    'revoked elsewhere',
    `@revoked 10.9.* ${mine.line}\n10.0.0.5 ${mine.line}`,
    '10.0.0.5',
    22,
    'match',
  ],
  ['an authority is no match', `@cert-authority * ${mine.line}`, '10.0.0.5', 22, 'unknown'],
  ['an unknown marker', `@other 10.0.0.5 ${mine.line}`, '10.0.0.5', 22, 'unknown'],
  ['a comment', `# 10.0.0.5 ${mine.line}`, '10.0.0.5', 22, 'unknown'],
  [
    'rubbish',
    `\n10.0.0.5\n10.0.0.5 ssh-ed25519 AAAA\n10.0.0.5 ${mine.line}`,
    '10.0.0.5',
    22,
    'match',
  ],
  [
    "a type that is not the key's",
    `10.0.0.5 ssh-rsa ${mine.line.split(' ')[1]}`,
    '10.0.0.5',
    22,
    'unknown',
  ],
  ['a hash of another kind', `|2|aa|bb ${mine.line}`, '10.0.0.5', 22, 'unknown'],
])('%s', (_, lines, host, port, state) => {
  expect(stateOf(lines, host, port)).toBe(state);
});

test('a verdict names the file and line', () => {
  const lines = parseKnownHosts(`# x\n10.0.0.5 ${other.line}`, '/root/.ssh/known_hosts');
  expect(judge(lines, '10.0.0.5', 22, mine.blob)).toMatchObject({
    state: 'changed',
    known: { at: '/root/.ssh/known_hosts:2' },
  });
});

test('the types known for a machine', () => {
  const lines = parseKnownHosts(
    `10.0.0.5 ${ecdsa}\n[10.0.0.5]:2222 ${mine.line}\n@revoked * ${other.line}`,
    '/k',
  );
  expect(knownTypes(lines, '10.0.0.5', 22)).toEqual(['ecdsa-sha2-nistp256']);
  expect(knownTypes(lines, '10.0.0.5', 2222)).toEqual(['ssh-ed25519']);
  expect(knownTypes(lines, '10.0.0.5', 2223)).toEqual(['ecdsa-sha2-nistp256']);
  expect(keyType(Buffer.from('x'))).toBe('');
});

const keygen = spawnSync('ssh-keygen', ['-?']).error === undefined;

describe.runIf(keygen)('as ssh-keygen sees it', () => {
  test('hashed files, fingerprints and lookups agree', () => {
    const folder = newFolder();
    const file = join(folder, 'known_hosts');
    const hosts = ['10.0.0.5', '[10.0.0.5]:2222', 'n1.lan'];
    writeFileSync(file, hosts.map((it) => `${it} ${mine.line}\n`).join(''));
    expect(spawnSync('ssh-keygen', ['-H', '-f', file]).status).toBe(0);
    const hashed = readFileSync(file, 'utf8');
    expect(hashed).not.toContain('10.0.0.5');
    expect(stateOf(hashed, '10.0.0.5')).toBe('match');
    expect(stateOf(hashed, '10.0.0.5', 2222)).toBe('match');
    expect(stateOf(hashed, 'N1.lan')).toBe('match');
    expect(stateOf(hashed, '10.0.0.6')).toBe('unknown');
    expect(stateOf(hashed, '10.0.0.5', 22, other.blob)).toBe('changed');

    const pub = join(folder, 'key.pub');
    writeFileSync(pub, mine.line);
    const { stdout } = spawnSync('ssh-keygen', ['-lf', pub]);
    expect(stdout.toString()).toContain(` ${fingerprint(mine.blob)} `);
  });
});
