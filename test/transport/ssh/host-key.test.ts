import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { describe, expect, test } from 'vitest';
import { fingerprint } from '../../../src/transport/ssh/known-hosts.ts';
import { argv, says } from '../commands.ts';
import { FarNode, Home, newKey, type FarNodeOptions } from './far-node.ts';
import { performer, runOn, started } from './rig.ts';

const ID = argv(['echo', 'in']);

/** Logs in to a node of which `known` is known. */
async function login(
  known: (node: FarNode) => string,
  options: Partial<FarNodeOptions> = {},
  configure: (home: Home, node: FarNode) => string = () => '',
) {
  const home = new Home();
  const node = await started(FarNode.start({ lets: [home.key], ...options }));
  home.place('10.0.20.12', node.port, configure(home, node));
  home.knows(known(node));
  const out = await runOn(performer(home, () => ({ address: '10.0.20.12' })))(ID);
  return { home, node, out };
}

/** Configures a list of revoked keys. */
const revoked = (text: (node: FarNode) => string) => (home: Home, node: FarNode) => {
  writeFileSync(join(home.folder, 'revoked'), text(node));
  return ` RevokedHostKeys ${join(home.folder, 'revoked')}\n`;
};

const known = (it: FarNode): string => it.known;

describe('the host key is always checked', () => {
  test('known: let in', async () => {
    expect((await login((node) => `# mine\n${node.known}`)).out.stdout).toBe('in\n');
  });

  test('unknown: refused with its fingerprint, the file and what to do', async () => {
    const { out, node, home } = await login(() => '');
    expect(out.ending).toMatchObject({ how: 'refused', why: 'denied' });
    expect(says(out)).toContain(`ssh-ed25519 ${fingerprint(node.key.blob)}`);
    expect(says(out)).toContain(`${home.knownHosts} has no line for it`);
    expect(says(out)).toContain(`ssh -p ${node.port} root@10.0.20.12`);
    expect(node.logins).toBe(0);
  });

  test('unknown: a lax StrictHostKeyChecking is not honoured', async () => {
    const { out, node } = await login(
      () => '',
      {},
      () => ' StrictHostKeyChecking no\n',
    );
    expect(out.ending).toMatchObject({ how: 'refused', why: 'denied' });
    expect(node.logins).toBe(0);
  });

  test('changed: both fingerprints, the line and the command that removes it', async () => {
    const old = newKey();
    const { out, node, home } = await login((it) => `\n[127.0.0.1]:${it.port} ${old.line}`);
    expect(out.ending).toMatchObject({ how: 'refused', why: 'denied' });
    expect(says(out)).toContain('has CHANGED');
    expect(says(out)).toContain(fingerprint(node.key.blob));
    expect(says(out)).toContain(`${home.knownHosts}:2 has ${fingerprint(old.blob)}`);
    expect(says(out)).toContain(`ssh-keygen -f ${home.knownHosts} -R '[127.0.0.1]:${node.port}'`);
    expect(node.logins).toBe(0);
  });

  test('revoked: refused although it is known', async () => {
    const { out, node } = await login((it) => `@revoked * ${it.key.line}\n${it.known}`);
    expect(out.ending).toMatchObject({ how: 'refused', why: 'denied' });
    expect(says(out)).toContain('REVOKED');
    expect(node.logins).toBe(0);
  });

  test('RevokedHostKeys: a list is honoured, a binary one is refused', async () => {
    const listed = await login(
      known,
      {},
      revoked((it) => `# bad\n${it.key.line}\n`),
    );
    expect(says(listed.out)).toContain('REVOKED');
    const other = await login(
      known,
      {},
      revoked(() => newKey().line),
    );
    expect(other.out.stdout).toBe('in\n');
    expect(
      says(
        (
          await login(
            known,
            {},
            revoked(() => 'SSHKRL\n'),
          )
        ).out,
      ),
    ).toContain('KRL');
  });

  test('a HostKeyAlias stands for the machine', async () => {
    const { out } = await login(
      (it) => `k8s-node2 ${it.key.line}`,
      {},
      () => ' HostKeyAlias k8s-node2\n',
    );
    expect(out.stdout).toBe('in\n');
  });

  test('a machine known by another type of key is asked for that one', async () => {
    const ecdsa = ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 });
    const byEcdsa = (it: FarNode): string => `[127.0.0.1]:${it.port} ${ecdsa.public}`;
    const both = await login(byEcdsa, { moreHostKeys: [ecdsa.private] });
    expect(both.out.stdout).toBe('in\n');
    const lost = await login(byEcdsa);
    expect(lost.out.ending).toMatchObject({ how: 'refused', why: 'denied' });
    expect(says(lost.out)).toContain('knows it by ecdsa-sha2-nistp256 only');
  });

  test('a known_hosts file that cannot be read is an error, not an empty one', async () => {
    const { out } = await login(
      () => '',
      {},
      (home) => ` UserKnownHostsFile ${home.folder}\n`,
    );
    expect(out.ending).toMatchObject({ how: 'refused', why: 'denied' });
    expect(says(out)).toContain('known hosts cannot be read');
  });
});
