import { describe, expect, test } from 'vitest';
import book from '../../runbooks/vault-raft-deadlock/runbook.ts';
import { keptScripts } from '../../src/transport/scripts.ts';
import { route } from '../../src/transport/route.ts';
import type { Machine } from '../../src/transport/ssh.ts';
import { FarNode, Home, fakeSudo, newKey } from '../transport/ssh/far-node.ts';
import type { Behaviour } from '../transport/ssh/far-node.ts';
import { performer, started } from '../transport/ssh/rig.ts';
import { rehearse } from './rehearsal.ts';

/** Every node of the lab behind one real SSH server that is ill in one way. */
interface Illness {
  readonly machine?: Partial<Machine>;
  readonly known?: (node: FarNode) => string;
  readonly behaviour?: Behaviour;
  readonly sudo?: string;
  readonly closed?: true;
}

async function underIllness(illness: Illness) {
  const home = new Home();
  const node = await started(
    FarNode.start({
      lets: [home.key],
      ...(illness.behaviour === undefined ? {} : { behaviour: illness.behaviour }),
      ...(illness.sudo === undefined ? {} : { path: fakeSudo(illness.sudo) }),
    }),
  );
  home.knows(illness.known?.(node) ?? node.known);
  const machine = { address: '127.0.0.1', port: node.port, user: 'root', ...illness.machine };
  if (illness.closed === true) await node.stop();
  const far = performer(home, () => machine, { scripts: keptScripts });
  return rehearse(book, 'vault-raft-deadlock', { through: (local) => route({ local, far }) });
}

const cutOff: Behaviour = (_line, channel, connection) => {
  channel.on('data', () => undefined);
  channel.write('boot\t4242');
  setTimeout(() => connection.end(), 20);
};

const hostile: Behaviour = (_line, channel) => {
  channel.on('data', () => undefined);
  channel.write('\u001b]0;owned\u0007\u001b[2J\u001b[31mend\t1\n');
  channel.exit(0);
  channel.end();
};

const ILLNESSES: Readonly<Record<string, readonly [Illness, RegExp]>> = {
  'SSH is refused': [{ closed: true }, /refuses the connection/],
  'the host key is unknown': [{ known: () => '' }, /host key[^]*(unknown|not known)[^]*SHA256:/i],
  'the host key has changed': [
    { known: (node) => `[127.0.0.1]:${node.port} ${newKey().line}\n` },
    /host key[^]*chang[^]*SHA256:/i,
  ],
  'sudo wants a password': [
    { machine: { user: 'ops' }, sudo: 'echo "sudo: a password is required" >&2; exit 1' },
    /sudo[^]*password/,
  ],
  'output is cut off mid-line': [{ behaviour: cutOff }, /cut off|never seen|ended|lost|broke/i],
  'output has escape sequences and no frame': [
    { behaviour: hostile },
    /begin|cut off|never|unexpected|did not run/i,
  ],
};

describe.for(Object.entries(ILLNESSES))('on every node %s', ([, [illness, message]]) => {
  test('nothing is concluded from silence: the run escalates, says why, and issues nothing', async () => {
    const run = await underIllness(illness);
    expect(run.finished).toMatchObject({ result: 'escalate', exitCode: 3 });
    expect(run.end).toBe('unclear');
    const because = run
      .of('step.concluded')
      .map((e) => e.because)
      .join('\n');
    expect(because).toMatch(/could not be measured from another node/);
    expect(because).toMatch(message);
    expect(run.of('intent.written').filter((e) => e.does === 'mutates')).toEqual([]);
    expect(run.truth.mutations).toEqual([]);
    // Nothing lost: every command that began has its end on record.
    expect(run.of('command.finished')).toHaveLength(run.of('command.started').length);
  });
});
