import { describe, expect, test } from 'vitest';
import { fingerprint } from '../../../src/transport/ssh/known-hosts.ts';
import { argv, command, never, says } from '../commands.ts';
import { FarNode, Home, newKey, Wire, type FarNodeOptions } from './far-node.ts';
import { opened, performer, printed, runOn, started } from './rig.ts';

const IN = argv(['echo', 'in']);

/** An operator who reaches 10.0.20.1 and 10.0.20.2 through `bastion` only. */
async function behindBastion(options: Partial<FarNodeOptions> = {}) {
  const home = new Home();
  const lets = [home.key];
  const bastion = await started(FarNode.start({ lets, ...options }));
  const one = await started(FarNode.start({ lets }));
  const two = await started(FarNode.start({ lets }));
  home.place('bastion', bastion.port);
  home.place('10.0.20.1', one.port, ' ProxyJump bastion\n');
  home.place('10.0.20.2', two.port, ' ProxyJump bastion\n');
  home.knows(bastion.known + one.known + two.known);
  const far = performer(home, (where) => ({
    address: where.on === 'node' && where.node === 'n2' ? '10.0.20.2' : '10.0.20.1',
  }));
  const on = (node: string, run = IN) =>
    far.perform(command({ on: 'node', node }, run, 9000), never());
  return { home, bastion, one, two, far, on };
}

describe.concurrent('through a jump host', () => {
  test('two machines share its connection, and everything is closed in order', async () => {
    const { on, bastion, one, two, far } = await behindBastion();
    const outs = await Promise.all([on('n1'), on('n2'), on('n1')]);
    expect(outs.map((it) => it.stdout)).toEqual(['in\n', 'in\n', 'in\n']);
    expect([bastion.logins, one.logins, two.logins]).toEqual([1, 1, 1]);
    expect([bastion.forwards, bastion.lines]).toEqual([2, ['true']]);
    await far.close();
  });

  test('one that allows no sessions will do', async () => {
    const { on } = await behindBastion({ maxSessions: 0 });
    expect((await on('n1')).stdout).toBe('in\n');
  });

  test('the key of the second hop is checked: changed', async () => {
    const { on, home, bastion, one } = await behindBastion();
    const old = newKey();
    home.knows(`${bastion.known}[127.0.0.1]:${one.port} ${old.line}\n`);
    const out = await on('n1');
    expect(out.ending).toMatchObject({ how: 'refused', why: 'denied' });
    expect(says(out)).toContain(`the host key of 127.0.0.1:${one.port} has CHANGED`);
    expect(says(out)).toContain(fingerprint(one.key.blob));
    expect([bastion.logins, one.logins]).toEqual([1, 0]);
  });

  test('the key of the first hop is checked: unknown', async () => {
    const { on, home, bastion, one } = await behindBastion();
    home.knows(one.known);
    const out = await on('n1');
    expect(out.ending).toMatchObject({ how: 'refused', why: 'denied' });
    expect(says(out)).toContain(
      `on the way to 127.0.0.1: the host key of 127.0.0.1:${bastion.port} is not known`,
    );
    expect([bastion.logins, one.logins]).toEqual([0, 0]);
  });

  test('a machine behind it that does not listen', async () => {
    const { on, one } = await behindBastion();
    const { port } = one;
    await one.stop();
    const out = await on('n1');
    expect(out.ending).toMatchObject({ how: 'refused', why: 'unreachable' });
    expect(says(out)).toMatch(/^the jump host 127.0.0.1:\d+ does not get through to 127.0.0.1:/);
    expect(says(out)).toContain(String(port));
  });

  test('when it breaks, what ran behind it is lost, and the next command goes through anew', async () => {
    const { on, bastion, one } = await behindBastion();
    const out = on('n1', argv(['sh', '-c', 'echo half; sleep 5']));
    await printed(one, 'half');
    bastion.cut();
    expect(await out).toMatchObject({ ending: { how: 'lost' }, stdout: 'half\n' });
    expect((await on('n1')).stdout).toBe('in\n');
    expect(bastion.logins).toBe(2);
  });
});

test.concurrent('one that says nothing is named as what is in the way', async () => {
  const home = new Home();
  const wire = await opened(Wire.open());
  home.place('bastion', wire.port);
  home.place('10.0.20.1', 1, ' ProxyJump bastion\n');
  const out = await runOn(performer(home, () => ({ address: '10.0.20.1' })))(IN, 3000);
  expect(out.ending).toMatchObject({ how: 'refused', why: 'unreachable' });
  expect(says(out)).toContain(
    `on the way to 127.0.0.1: 127.0.0.1:${wire.port} accepts TCP and says nothing`,
  );
});

test.concurrent('a chain: the first hop, from there the second, from there the machine', async () => {
  const home = new Home();
  const lets = [home.key];
  const [outer, inner, node] = await Promise.all([
    started(FarNode.start({ lets })),
    started(FarNode.start({ lets })),
    started(FarNode.start({ lets })),
  ]);
  home.place('outer', outer.port);
  home.place('inner', inner.port);
  home.place('10.0.20.1', node.port, ' ProxyJump outer,inner\n');
  home.knows(outer.known + inner.known + node.known);
  const out = await runOn(performer(home, () => ({ address: '10.0.20.1' })))(IN);
  expect(out.stdout).toBe('in\n');
  expect([outer.forwards, inner.forwards, node.forwards]).toEqual([1, 1, 0]);
});

test.concurrent('jump hosts that lead in a circle are refused', async () => {
  const home = new Home();
  home.place('a', 1, ' ProxyJump b\n');
  home.place('b', 1, ' ProxyJump a\n');
  const out = await runOn(performer(home, () => ({ address: 'a' })))(IN);
  expect(out.ending).toMatchObject({ how: 'refused', why: 'denied' });
  expect(says(out)).toContain('circle');
});
