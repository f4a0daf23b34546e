import { describe, expect, test } from 'vitest';
import { power } from '../../../src/tools/pve/power.ts';
import { runScript, SHELLS } from '../node/run-script.ts';
import { exited, readWith, records, valueOf, whyOf } from '../output.ts';
import { changed, HEALTHY, hypervisor, noConfig, printed, taskError } from './hypervisor.ts';
import type { Answer } from './hypervisor.ts';

const SEEN = {
  host: 'pve',
  vmid: 202,
  name: 'k8s-node2',
  uuid: '6f0c2b1a-3d4e-4f50-8192-a3b4c5d6e7f8',
} as const;
const RESET = power(SEEN, 'reset');

/** The reset, with a host on which `qm reset 202` ends like that. */
async function reset(answer: Answer, shell: readonly [string, ...string[]] = ['sh']) {
  const host = hypervisor({ qm: { ...HEALTHY, 'reset 202': answer } });
  const out = await runScript(RESET, host.env, shell);
  return { out, asked: host.asked() };
}

/** The same with another configuration than was seen. */
async function resetOf(config: Answer, command = RESET) {
  const host = hypervisor({ qm: { ...HEALTHY, 'config 202 --current': config } });
  const out = await runScript(command, host.env);
  return { out, asked: host.asked() };
}

/** The configuration with some of its lines replaced. */
const config = (how: Readonly<Record<string, string | undefined>>): Answer => ({
  out: changed(printed('config-202.txt'), how),
});

const LOCKED = taskError('VM is locked (backup)');
const WAITED = taskError(
  "can't lock file '/var/lock/qemu-server/lock-202.conf' - got timeout",
  'trying to acquire lock...',
);

describe.for(SHELLS)('power.sh in %s', (shell) => {
  test('a reset is one qm reset, after one look, and silent', async () => {
    const { out, asked } = await reset({}, shell);
    expect(out.stdout).toBe('exit\t0\nend\t1\n');
    expect(valueOf(readWith(RESET, out))).toBe('sent');
    expect(asked).toEqual(['qm config 202 --current', 'qm reset 202']);
  });

  test.for(['resume', 'stop', 'start'] as const)('%s', async (verb) => {
    const command = power(SEEN, verb);
    const host = hypervisor({ qm: { ...HEALTHY, [`${verb} 202`]: {} } });
    const out = await runScript(command, host.env, shell);
    expect(valueOf(readWith(command, out))).toBe('sent');
    expect(host.asked()).toEqual(['qm config 202 --current', `qm ${verb} 202`]);
  });

  test('qm that refuses keeps its exit code and its words in the records', async () => {
    const { out } = await reset(WAITED, shell);
    expect(out.ending).toEqual({ how: 'exited', code: 0 });
    expect(out.stdout).toBe(
      "said\ttrying to acquire lock...\nsaid\tcan't lock file '/var/lock/qemu-server/lock-202.conf' - got timeout\nexit\t255\nend\t3\n",
    );
    expect(whyOf(readWith(RESET, out))).toEqual({
      why: 'exit',
      says: "qm reset refused: can't lock file '/var/lock/qemu-server/lock-202.conf' - got timeout",
    });
  });

  test.for([
    ['reset', '202', 'k8s-node2'],
    ['destroy', '202', 'k8s-node2', '-'],
    ['reset', '202 --skiplock', 'k8s-node2', '-'],
    ['reset', '202', '', '-'],
    ['reset', '202', 'k8s-node2', '*'],
    ['reset', '202', 'k8s-node2', '-', '--skiplock'],
  ])('refuses %j', async (...[args]) => {
    const wrong = { run: { kind: 'script', script: 'pve/power', args } } as const;
    const host = hypervisor();
    const out = await runScript(wrong, host.env, shell);
    expect(out.ending).toEqual({ how: 'exited', code: 64 });
    expect(host.asked()).toEqual([]);
  });
});

describe('what qm says', () => {
  test.for([
    [LOCKED, 'qm reset refused: VM is locked (backup)'],
    [taskError('VM 202 not running'), 'qm reset refused: VM 202 not running'],
    [
      taskError("VM 202 qmp command 'system_reset' failed - got timeout"),
      "qm reset refused: VM 202 qmp command 'system_reset' failed - got timeout",
    ],
    [{ code: 255 }, 'qm reset failed with exit code 255 and said nothing'],
  ] as const)('%j is a refusal', async ([answer, says]) => {
    const { out } = await reset(answer);
    expect(whyOf(readWith(RESET, out))).toEqual({ why: 'exit', says });
  });

  test('a warning is no failure', async () => {
    const { out } = await reset({ err: 'Task finished with 1 warning(s)!\n', code: 0 });
    expect(valueOf(readWith(RESET, out))).toBe('sent');
  });

  test('a connection that breaks with the exit code of qm is not its refusal', () => {
    const broken = exited('', 255, 'client_loop: send disconnect: Broken pipe\n');
    expect(whyOf(readWith(RESET, broken)).says).not.toContain('refused');
    const half = exited('said\ttrying to acquire lock...\n');
    expect(whyOf(readWith(RESET, half)).why).toBe('unparsable');
  });

  test('killed at its deadline, what it did is unknown', () => {
    expect(whyOf(readWith(RESET, exited(records(['exit', 137]))))).toEqual({
      why: 'timeout',
      says: 'qm reset was killed at its deadline; what it did is unknown',
    });
  });
});

describe('only the VM that was seen', () => {
  test.for([
    ['another name', config({ name: 'k8s-node9' })],
    ['no name', config({ name: undefined })],
    ['another UUID', config({ smbios1: 'uuid=00000000-0000-4000-8000-000000000209' })],
    ['no UUID', config({ smbios1: undefined })],
  ] as const)('%s: nothing is sent', async ([, answer]) => {
    const { out, asked } = await resetOf(answer);
    expect(valueOf(readWith(RESET, out))).toBe('other');
    expect(asked).toEqual(['qm config 202 --current']);
  });

  test('a VM that never had a UUID has none still; one that got one is another', async () => {
    const { host, vmid, name } = SEEN;
    const bare = power({ host, vmid, name }, 'reset');
    const { out } = await resetOf(config({ smbios1: undefined }), bare);
    expect(valueOf(readWith(bare, out))).toBe('sent');
    const { out: got } = await resetOf(config({}), bare);
    expect(valueOf(readWith(bare, got))).toBe('other');
  });

  test('a VM without a name is called as qm list calls it', async () => {
    const nameless = power({ ...SEEN, name: 'VM 202' }, 'reset');
    const { out } = await resetOf(config({ name: undefined }), nameless);
    expect(valueOf(readWith(nameless, out))).toBe('sent');
  });

  test.for([
    noConfig(202),
    { err: "unable to find configuration file for VM 202 on node 'pve'\n", code: 255 },
  ])('a VM that is not there: %j', async (answer) => {
    const { out, asked } = await resetOf(answer);
    expect(valueOf(readWith(RESET, out))).toBe('absent');
    expect(asked).toEqual(['qm config 202 --current']);
  });

  test('a configuration that cannot be read sends nothing, and says why', async () => {
    const { out, asked } = await resetOf({ err: 'please run as root\n', code: 255 });
    const why = whyOf(readWith(RESET, out));
    expect(why).toMatchObject({ why: 'exit' });
    expect(why.says).toContain('please run as root');
    expect(why.says).toContain('nothing was sent');
    expect(asked).toEqual(['qm config 202 --current']);
  });
});

test('a verb has the deadline that it needs, and the name of its VM as scope', () => {
  const all = (['reset', 'resume', 'stop', 'start'] as const).map((verb) => power(SEEN, verb));
  expect(all.map((it) => [it.id, it.deadlineMs, it.scope, it.does])).toEqual([
    ['pve.reset', 40_000, 'vm 202', 'mutates'],
    ['pve.resume', 20_000, 'vm 202', 'mutates'],
    ['pve.stop', 100_000, 'vm 202', 'mutates'],
    ['pve.start', 100_000, 'vm 202', 'mutates'],
  ]);
});
