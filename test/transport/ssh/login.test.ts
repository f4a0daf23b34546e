import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import ssh2 from 'ssh2';
import { afterEach, describe, expect, test } from 'vitest';
import { fingerprint } from '../../../src/transport/ssh/known-hosts.ts';
import { argv, says } from '../commands.ts';
import { FarNode, Home, newKey, type Key } from './far-node.ts';
import { performer, runOn, started } from './rig.ts';

const ID = argv(['echo', 'in']);
const toStop: (() => void)[] = [];
afterEach(() => {
  for (const stop of toStop.splice(0)) stop();
});

/** Logs in to a node that lets `lets` in, with `configuration` before everything else. */
async function login(home: Home, lets: readonly Key[], configuration = '', agent?: string) {
  const node = await started(FarNode.start({ lets }));
  home.knows(node.known);
  home.configure(configuration);
  const address = { address: '127.0.0.1', port: node.port, user: 'root' };
  const far = performer(home, () => address, { agent });
  return { node, out: await runOn(far)(ID) };
}

describe('a login that fails', () => {
  test('names the user, the keys and what to do', async () => {
    const home = new Home();
    const { out, node } = await login(home, []);
    expect(out.ending).toMatchObject({ how: 'refused', why: 'denied' });
    expect(says(out)).toContain(`127.0.0.1:${node.port} does not let root in`);
    expect(says(out)).toContain(`${fingerprint(home.key.blob)} (${join(home.folder, 'id')})`);
    expect(says(out)).toContain('authorized_keys of root');
  });

  test('says which keys were passed over', async () => {
    const home = new Home();
    const locked = join(home.folder, 'locked');
    const pair = { passphrase: 'x', cipher: 'aes256-ctr', rounds: 1 };
    writeFileSync(locked, ssh2.utils.generateKeyPairSync('ed25519', pair).private);
    const broken = join(home.folder, 'broken');
    writeFileSync(broken, 'not a key');
    const { out } = await login(home, [], `IdentityFile ${locked}\nIdentityFile ${broken}\n`);
    expect(says(out)).toContain(`${locked} is encrypted and not in the agent (ssh-add ${locked})`);
    expect(says(out)).toContain(`${broken} is not a key that can be used here`);
  });

  test('an agent that is gone is named', async () => {
    const home = new Home();
    const socket = join(home.folder, 'gone.sock');
    const { out } = await login(home, [], `IdentityAgent ${socket}\n`);
    expect(says(out)).toContain(`the ssh agent at ${socket}: Failed to connect to agent`);
  });

  test('is not remembered: the next command is asked anew', async () => {
    const home = new Home();
    const lets: Key[] = [];
    const node = await started(FarNode.start({ lets }));
    home.knows(node.known);
    const address = { address: '127.0.0.1', port: node.port, user: 'root' };
    const run = runOn(performer(home, () => address));
    expect((await run(ID)).ending.how).toBe('refused');
    lets.push(home.key);
    expect((await run(ID)).stdout).toBe('in\n');
  });
});

/** Starts an agent that holds these keys, and gives its socket. */
async function agentWith(home: Home, keys: readonly Key[]): Promise<string> {
  const socket = join(home.folder, 'agent.sock');
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
  toStop.push(() => agent.kill());
  await once(agent, 'spawn');
  while (!existsSync(socket)) await sleep(10);
  for (const { secret } of keys) {
    const env = { ...process.env, SSH_AUTH_SOCK: socket };
    expect(spawnSync('ssh-add', ['-'], { env, input: secret }).status).toBe(0);
  }
  return socket;
}

const withAgent = ['ssh-agent', 'ssh-add'].every((it) => spawnSync(it, ['-?']).error === undefined);

describe.runIf(withAgent)('a real agent', () => {
  test('its keys are used, and an encrypted file only says which', async () => {
    const home = new Home();
    const [first, second] = [newKey(), newKey()];
    const socket = await agentWith(home, [first, second]);
    const file = join(home.folder, 'locked');
    writeFileSync(`${file}.pub`, second.line);
    const only = `IdentityAgent ${socket}\nIdentityFile ${file}\n`;
    expect((await login(home, [second], only)).out.stdout).toBe('in\n');
    const strict = await login(home, [first], `IdentitiesOnly yes\n`);
    expect(strict.out.ending).toMatchObject({ how: 'refused', why: 'denied' });
    expect(says(strict.out)).toContain(`${fingerprint(second.blob)} (agent,`);
    expect(says(strict.out)).not.toContain(fingerprint(first.blob));
  });

  test('SSH_AUTH_SOCK is used where the configuration names none', async () => {
    const home = new Home();
    const key = newKey();
    const socket = await agentWith(home, [key]);
    const { out } = await login(home, [key], 'IdentityAgent SSH_AUTH_SOCK\n', socket);
    expect(out.stdout).toBe('in\n');
  });
});
