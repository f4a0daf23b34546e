import { writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  lookUp,
  parseConfig,
  parseJumps,
  settingsOf,
  type Login,
} from '../../../src/transport/ssh/ssh-config.ts';
import { never } from '../commands.ts';
import { newFolder } from '../folders.ts';

const home = userInfo().homedir;

function configured(text: string, included = ''): string {
  const folder = newFolder();
  const file = join(folder, 'config');
  writeFileSync(join(folder, 'more'), included);
  writeFileSync(file, `Include ${join(folder, 'more')}\n${text}`);
  return file;
}

const ask = (login: Login, configFile: string) =>
  lookUp(login, { configFile, agent: '/run/agent' }, never());

describe('the configuration of a real ssh', () => {
  test('Include, Host patterns on addresses, tokens and ProxyJump', async () => {
    const file = configured(
      'Host 10.0.20.*\n User ops\n IdentityFile ~/.ssh/%h-%r-key\n UserKnownHostsFile ~/.ssh/cluster /tmp/other\n' +
        ' GlobalKnownHostsFile none\n ProxyJump root@bastion:2200,[fd00::1]\n StrictHostKeyChecking no\n IdentitiesOnly yes\n',
      'Host 10.0.20.12\n HostName 192.0.2.12\n Port 2222\n HostKeyAlias k8s-node2\n',
    );
    expect(await ask({ alias: '10.0.20.12' }, file)).toEqual({
      alias: '10.0.20.12',
      host: '192.0.2.12',
      port: 2222,
      user: 'ops',
      identityFiles: [`${home}/.ssh/192.0.2.12-ops-key`],
      identitiesOnly: true,
      agent: '/run/agent',
      jumps: [
        { alias: 'bastion', user: 'root', port: 2200 },
        { alias: 'fd00::1', user: undefined, port: undefined },
      ],
      hostKeyAlias: 'k8s-node2',
      knownHostsFiles: [`${home}/.ssh/cluster`, '/tmp/other'],
      revokedKeysFile: undefined,
      notes: [],
    });
  });

  test('what the inventory says comes first, and Match sees it', async () => {
    const file = configured('Match user admin\n IdentityAgent none\nHost *\n User ops\n Port 23\n');
    const found = await ask({ alias: '10.0.0.1', user: 'admin', port: 24 }, file);
    expect(found).toMatchObject({ host: '10.0.0.1', user: 'admin', port: 24, agent: undefined });
    expect(await ask({ alias: '10.0.0.1' }, file)).toMatchObject({ user: 'ops', port: 23 });
  });

  test('a broken configuration is refused in its own words', async () => {
    const file = configured('Hots *\n');
    await expect(ask({ alias: 'a' }, file)).rejects.toMatchObject({
      ending: { how: 'refused', why: 'denied', because: expect.stringContaining('hots') },
    });
  });

  test('an address that looks like an option is none', async () => {
    await expect(ask({ alias: '-oProxyCommand=id' }, configured(''))).rejects.toThrow(
      /cannot be read/,
    );
  });

  test('a ProxyCommand is not passed over', async () => {
    await expect(ask({ alias: 'a' }, configured('ProxyCommand nc %h %p\n'))).rejects.toThrow(
      /ProxyJump/,
    );
  });

  test('without an ssh program the defaults hold, and it is said', async () => {
    const source = { sshProgram: 'no-such-ssh', agent: undefined };
    const found = await lookUp({ alias: '10.0.0.1', user: 'root' }, source, never());
    expect(found).toMatchObject({
      host: '10.0.0.1',
      port: 22,
      user: 'root',
      jumps: [],
      agent: undefined,
      knownHostsFiles: [
        `${home}/.ssh/known_hosts`,
        `${home}/.ssh/known_hosts2`,
        '/etc/ssh/ssh_known_hosts',
        '/etc/ssh/ssh_known_hosts2',
      ],
    });
    expect(found.identityFiles).toContain(`${home}/.ssh/id_ed25519`);
    expect(found.notes).toEqual([expect.stringContaining('ssh is not installed')]);
  });

  test('it can be cancelled', async () => {
    const file = configured('Match exec "sleep 9"\n User x\n');
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 50);
    const began = performance.now();
    await expect(lookUp({ alias: 'a' }, { configFile: file }, stop.signal)).rejects.toMatchObject({
      ending: { how: 'cancelled' },
    });
    expect(performance.now() - began).toBeLessThan(3000);
  });
});

test('lines of ssh -G, and a path with a blank', () => {
  const config = parseConfig(
    'user ops\nidentityfile /a b\nidentityfile /c\nuserknownhostsfile /x y /z\n',
  );
  expect(settingsOf({ alias: 'h' }, config, undefined)).toMatchObject({
    user: 'ops',
    identityFiles: ['/a b', '/c'],
    knownHostsFiles: ['/x y', '/z'],
  });
});

test.each([
  ['SSH_AUTH_SOCK', '/run/agent'],
  ['none', undefined],
  ['~/agent.sock', `${home}/agent.sock`],
  ['$HOME', process.env['HOME']],
])('IdentityAgent %s', (value, agent) => {
  expect(
    settingsOf({ alias: 'h' }, new Map([['identityagent', [value]]]), '/run/agent').agent,
  ).toBe(agent);
});

test.each([
  ['bastion', { alias: 'bastion' }],
  ['root@10.0.0.1:2200', { alias: '10.0.0.1', user: 'root', port: 2200 }],
  ['ssh://ops@[fd00::1]:22/', { alias: 'fd00::1', user: 'ops', port: 22 }],
])('the jump host %s', (value, login) => {
  expect(parseJumps(value)).toMatchObject([login]);
});

test('what is no jump host is refused', () => {
  expect(() => parseJumps('a:b:c')).toThrow(/not a jump host/);
});
