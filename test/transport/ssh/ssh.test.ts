import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Invocation, RawOutput } from '../../../src/runbook/command.ts';
import { argv, command, never, says, text } from '../commands.ts';
import { type Behaviour, fakeSudo, FarNode, Home, throughSh, Wire } from './far-node.ts';
import { opened, performer, printed, rig, runOn, started } from './rig.ts';

const sh = (script: string): Invocation => argv(['sh', '-c', script]);

/** A signal that is aborted in a moment. */
function soon(): AbortSignal {
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 150);
  return stop.signal;
}

/** A login on a machine of which nothing is known. */
const machine = async (port: number, address = '127.0.0.1', ms = 3000): Promise<RawOutput> =>
  await runOn(performer(new Home(), () => ({ address, port, user: 'root' })))(sh('id'), ms);

describe.concurrent('a command on a node', () => {
  test('runs as it was written, and its own exit status is told', async () => {
    const { run, node } = await rig();
    const out = await run(
      argv(['sh', '-c', 'printf "%s|" "$@"; echo oops >&2; exit 255', 'sh', "it's", 'a b', '']),
    );
    expect(out).toEqual({
      ending: { how: 'exited', code: 255 },
      stdout: "it's|a b||",
      stderr: 'oops\n',
      truncated: false,
    });
    expect(node.lines).toEqual(['timeout -s KILL 9 sh -s']);
  });

  test('a kept script gets its arguments', async () => {
    const { run, node } = await rig();
    const out = await run({ kind: 'script', script: 'node/tasks', args: ['a b', 'c'] });
    expect(out).toMatchObject({
      ending: { how: 'exited', code: 0 },
      stdout: 'node/tasks\n2 a b c\n',
    });
    expect(node.lines).toEqual(["timeout -s KILL 9 sh -s -- 'a b' c"]);
  });

  test('an ordinary login goes through sudo', async () => {
    const { run, node } = await rig({ path: fakeSudo() }, {}, { user: 'ops' });
    expect((await run(sh('echo "$SUDO"'))).stdout).toBe('yes\n');
    expect(node.lines).toEqual(['sudo -n timeout -s KILL 9 sh -s']);
  });

  test('a sudo that wants a password is denied, with the line to add', async () => {
    const path = fakeSudo('echo "sudo: a password is required" >&2; exit 1');
    const { run } = await rig({ path }, {}, { user: 'ops' });
    const out = await run(sh('echo never'));
    expect(out.ending).toMatchObject({ how: 'refused', why: 'denied' });
    expect(says(out)).toContain('ops ALL=(root) NOPASSWD: /usr/bin/timeout');
    expect(out.stderr).toContain('a password is required');
  });

  test('that ends before it is sent anything is told all the same', async () => {
    // Its status comes in one packet with the word that the session stands, as from a busy machine.
    const ends = {
      behaviour: (_line, channel) => {
        channel.stderr.write('sudo: a password is required\n');
        channel.exit(1);
        channel.end();
      },
    } satisfies { readonly behaviour: Behaviour };
    const { run } = await rig(ends, {}, { user: 'ops' });
    const out = await run(sh('echo never'));
    expect(out.ending).toMatchObject({ how: 'refused', why: 'denied' });
    expect(says(out)).toContain('wants a password for ops');
  });

  test('gets text and secrets on its standard input', async () => {
    const { run, node } = await rig({}, { secrets: () => Promise.resolve('hidden') });
    expect((await run(argv(['cat'], text('a\nb')))).stdout).toBe('a\nb');
    expect((await run(argv(['cat'], { kind: 'secret', secret: 'vault-token' }))).stdout).toBe(
      'hidden\n',
    );
    expect(node.lines.join()).not.toContain('hidden');
  });

  test('of long output the beginning is kept, and its end is still seen', async () => {
    const { run } = await rig({}, { maxBytes: 2000 });
    const out = await run(sh('seq 1 60000; exit 3'));
    expect(out.ending).toEqual({ how: 'exited', code: 3 });
    expect(out.truncated).toBe(true);
    expect(out.stdout.startsWith('1\n2\n3\n')).toBe(true);
    expect(out.stdout.length).toBeLessThanOrEqual(2000);
  });

  test('noise of the login is left out', async () => {
    const { run, node } = await rig();
    const usual = node.behaviour;
    node.behaviour = (line, channel, connection) => {
      channel.write('*** Welcome ***\nno newline');
      usual(line, channel, connection);
    };
    expect((await run(sh('echo a'))).stdout).toBe('a\n');
  });

  test('what stays behind at the pipe does not hold it', async () => {
    const { run } = await rig();
    const began = performance.now();
    const out = await run(sh('setsid sleep 6 & echo a'));
    expect(out).toMatchObject({ ending: { how: 'exited', code: 0 }, stdout: 'a\n' });
    expect(performance.now() - began).toBeLessThan(4000);
  });

  test('that nobody knows or can read is refused before anything is dialled', async () => {
    const home = new Home();
    const far = performer(
      home,
      ({ on }) => (on === 'pve' ? { address: '127.0.0.1', port: 1 } : undefined),
      {
        scripts: () => Promise.reject(new Error('the script node/x cannot be read')),
      },
    );
    const unknown = await runOn(far)(sh('id'));
    expect(unknown.ending).toMatchObject({ how: 'refused', why: 'unreachable' });
    expect(says(unknown)).toContain('the inventory has no node n1');
    const where = { on: 'pve', host: 'p1' } as const;
    const run = { kind: 'script', script: 'node/x', args: [] } as const;
    expect(says(await far.perform(command(where, run), never()))).toContain(
      'node/x cannot be read',
    );
    expect((await far.perform(command({ on: 'local' }, sh('id')), never())).ending.how).toBe(
      'refused',
    );
  });
});

describe.concurrent('deadlines and cancelling', () => {
  test('the far side kills it at its deadline, and that is what is told', async () => {
    const { run, node } = await rig();
    await run(sh('id'));
    const began = performance.now();
    const out = await run(sh('echo begun; sleep 20'), 1000);
    expect(out).toMatchObject({ ending: { how: 'deadline' }, stdout: 'begun\n' });
    expect(performance.now() - began).toBeLessThan(4000);
    expect((await run(sh('echo still here'))).stdout).toBe('still here\n');
    expect(node.logins).toBe(1);
  });

  test('this side gives up where the far side cannot', async () => {
    const { run, node } = await rig({}, { graceMs: 100 });
    await run(sh('id'));
    node.behaviour = (_line, channel) => {
      channel.write('half');
      channel.resume();
    };
    const began = performance.now();
    const out = await run(sh('sleep 20'), 300);
    expect(out.ending).toEqual({ how: 'deadline' });
    expect(performance.now() - began).toBeLessThan(4000);
  });

  test('abort ends the wait at once, while running and while connecting', async () => {
    const { run, home } = await rig();
    const began = performance.now();
    expect((await run(sh('sleep 6'), 9000, soon())).ending).toEqual({ how: 'cancelled' });
    const wire = await opened(Wire.open());
    const silent = performer(home, () => ({ address: '127.0.0.1', port: wire.port }));
    expect((await runOn(silent)(sh('id'), 9000, soon())).ending).toEqual({ how: 'cancelled' });
    expect((await run(sh('id'), 5000, AbortSignal.abort())).ending).toEqual({ how: 'cancelled' });
    expect(performance.now() - began).toBeLessThan(4000);
  });
});

describe.concurrent('a connection that breaks', () => {
  test('in the middle of the output: lost, whatever came before', async () => {
    const { run, node } = await rig();
    const out = run(sh('echo half; sleep 5'));
    await printed(node, 'half');
    node.cut();
    expect(await out).toMatchObject({ ending: { how: 'lost' }, stdout: 'half\n' });
    expect(says(await out)).toContain('may still be running there, for at most 9 s');
    expect((await run(sh('echo again'))).stdout).toBe('again\n');
    expect(node.logins).toBe(2);
  });

  test('output cut off with an exit status of 0 is lost all the same', async () => {
    const { run, node } = await rig();
    node.behaviour = (_line, channel) => {
      channel.on('data', (chunk: Buffer) => {
        const nonce = /sre-begin-(\w+)/.exec(chunk.toString())?.[1];
        channel.write(`sre-begin-${nonce}\nhalf\n\nsre-end-${nonce} 0`);
        channel.exit(0);
        channel.end();
      });
    };
    const out = await run(sh('id'));
    expect(out.ending).toMatchObject({ how: 'lost' });
    expect(says(out)).toContain('cut off');
  });

  test('a machine that dies is found by keepalive', async () => {
    const home = new Home();
    const node = await started(FarNode.start({ lets: [home.key] }));
    const wire = await opened(Wire.open(node.port));
    home.knows(`[127.0.0.1]:${wire.port} ${node.key.line}`);
    const keepalive = { everyMs: 300, count: 2 };
    const address = { address: '127.0.0.1', port: wire.port, user: 'root' };
    const run = runOn(performer(home, () => address, { keepalive }));
    const out = run(sh('echo a; sleep 5'));
    await printed(node, 'a');
    wire.freeze();
    expect((await out).ending).toMatchObject({ how: 'lost' });
    expect(says(await out)).toContain('it answered nothing for 0.9 s');
  });

  test('while idle: the next command logs in again and is not lost', async () => {
    const { run, node } = await rig();
    await run(sh('id'));
    node.cut();
    expect((await run(sh('echo again'))).stdout).toBe('again\n');
    await sleep(50);
    node.cut();
    await sleep(50);
    expect((await run(sh('echo again'))).stdout).toBe('again\n');
    expect(node.logins).toBe(3);
  });
});

describe.concurrent('machines that cannot be reached', () => {
  test('a closed port', async () => {
    const wire = await Wire.open();
    const { port } = wire;
    await wire.close();
    const out = await machine(port);
    expect(out.ending).toMatchObject({ how: 'refused', why: 'unreachable' });
    expect(says(out)).toBe(
      `127.0.0.1:${port} refuses the connection: the machine answers and no sshd listens on that port`,
    );
  });

  test('one that accepts TCP and says nothing', async () => {
    const wire = await opened(Wire.open());
    const began = performance.now();
    const out = await machine(wire.port);
    expect(out.ending).toMatchObject({ how: 'refused', why: 'unreachable' });
    expect(says(out)).toContain(`127.0.0.1:${wire.port} accepts TCP and says nothing`);
    expect(performance.now() - began).toBeLessThan(9000);
    for (let i = 0; i < 100 && wire.held > 0; i += 1) await sleep(10);
    expect(wire.held).toBe(0);
  });

  test('one that hangs up at once', async () => {
    const wire = await opened(Wire.open('hang up'));
    expect(says(await machine(wire.port, '127.0.0.1', 3000))).toContain('hangs up at once');
  });

  test('a name that DNS does not have', async () => {
    const out = await machine(22, 'no-such-host.invalid', 3000);
    expect(out.ending).toMatchObject({ how: 'refused', why: 'unreachable' });
    expect(says(out)).toMatch(/DNS/);
  });
});

describe.concurrent('one connection for many commands', () => {
  test('concurrent callers share the login, and at most eight run at a time', async () => {
    const { run, node } = await rig();
    const outs = await Promise.all(
      Array.from({ length: 20 }, (_, i) => run(sh(`sleep 0.05; echo ${i}`))),
    );
    expect(outs.map((it) => it.stdout)).toEqual(outs.map((_, i) => `${i}\n`));
    expect(node.logins).toBe(1);
    expect(node.mostSessions).toBeLessThanOrEqual(8);
  });

  test('a server that allows fewer sessions is not overrun', async () => {
    const { run, node } = await rig({ maxSessions: 3 });
    const outs = await Promise.all(Array.from({ length: 12 }, (_, i) => run(sh(`echo ${i}`))));
    expect(outs.map((it) => it.ending)).toEqual(outs.map(() => ({ how: 'exited', code: 0 })));
    expect(node.logins).toBe(1);
  });

  test('one that allows none says so', async () => {
    const { run, node } = await rig({ maxSessions: 0 });
    const out = await run(sh('id'));
    expect(out.ending).toMatchObject({ how: 'refused', why: 'denied' });
    expect(says(out)).toContain('runs no command');
    expect(node.logins).toBe(2);
  });

  test('sessions that hang do not lock the others out', async () => {
    const { run, node } = await rig({ maxSessions: 2 }, { graceMs: 0 });
    const usual = node.behaviour;
    await run(sh('id'));
    node.behaviour = (_line, channel) => void channel.resume();
    const hung = await Promise.all([run(sh('id'), 500), run(sh('id'), 500)]);
    expect(hung.map((it) => it.ending.how)).toEqual(['deadline', 'deadline']);
    node.behaviour = usual;
    expect((await run(sh('echo through'))).stdout).toBe('through\n');
  });

  test('waiting for a place has a deadline too', async () => {
    const { run } = await rig({}, { channels: 1 });
    await run(sh('id'));
    const [long, short] = await Promise.all([run(sh('sleep 0.6; echo a')), run(sh('echo b'), 200)]);
    expect(long.stdout).toBe('a\n');
    expect(short.ending).toMatchObject({ how: 'refused', why: 'unreachable' });
    expect(says(short)).toContain('busy with other commands');
    expect((await run(sh('echo c'))).stdout).toBe('c\n');
  });

  test('one impatient caller does not end the login of the others', async () => {
    const home = new Home();
    const node = await started(FarNode.start({ lets: [home.key] }));
    home.knows(node.known);
    const slow = `Match exec "sleep 0.4"\n HostName 127.0.0.1\n Port ${node.port}\n User root\n`;
    home.configure(slow);
    const run = runOn(performer(home, () => ({ address: '10.0.20.11' })));
    const [impatient, patient] = await Promise.all([run(sh('echo a'), 100), run(sh('echo b'))]);
    expect(impatient.ending).toMatchObject({ how: 'refused', why: 'unreachable' });
    expect(patient.stdout).toBe('b\n');
  });

  test('close ends it, and nothing begins after that', async () => {
    const { run, far } = await rig();
    await run(sh('id'));
    await far.close();
    const out = await run(sh('id'));
    expect(out.ending).toMatchObject({ how: 'refused' });
    expect(says(out)).toContain('already closed');
  });
});

test('a configured address reaches its machine as ssh would', async () => {
  const home = new Home();
  const node = await started(FarNode.start({ lets: [home.key], behaviour: throughSh() }));
  home.knows(node.known);
  home.place('10.0.20.*', node.port);
  const run = runOn(performer(home, () => ({ address: '10.0.20.12' })));
  expect((await run(sh('echo a'))).stdout).toBe('a\n');
});
