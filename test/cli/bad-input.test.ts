import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test as plain } from 'vitest';
import { Desk } from './sre.ts';

/** Each test has a desk of its own, so that they can wait for their programs side by side. */
const test = plain.extend<{ desk: Desk }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the names of fixtures off the pattern
  desk: async ({}, use) => {
    const desk = new Desk();
    await use(desk);
    desk.clear();
  },
});

const INVENTORY = `cluster:
  name: homelab
  context: homelab
nodes:
  worker-1: 192.0.2.11
`;

/** A kubectl that knows its context, and does what it is told with every other call. */
const KUBECTL = (rest: string): string =>
  `case "$*" in *"config get-contexts"*) echo homelab;; *) ${rest};; esac`;

describe.concurrent('what was typed', () => {
  test.for([
    [
      'an unknown runbook',
      ['runbook', 'vault-raft-deadlok', '--lab'],
      /no runbook 'vault-raft-deadlok'[^]*Did you mean 'vault-raft-deadlock'/,
    ],
    ['an unknown runbook to show', ['show', 'nope'], /no runbook 'nope'[^]*vault-raft-deadlock/],
    ['an unknown command', ['runbok'], /unknown command 'runbok'[^]*runbook/],
    [
      'an unknown option',
      ['runbook', 'vault-raft-deadlock', '--labb'],
      /unknown option '--labb'[^]*--lab/,
    ],
    [
      'an unknown parameter',
      ['runbook', 'vault-raft-deadlock', '--lab', '--set', 'soek=1m'],
      /no parameter 'soek'[^]*Did you mean 'soak'/,
    ],
    [
      'a parameter of the wrong type',
      ['runbook', 'vault-raft-deadlock', '--lab', '--set', 'soak=long'],
      /'soak' is 'long': expected a duration such as 90s or 20m/,
    ],
    [
      'a parameter without a value',
      ['runbook', 'vault-raft-deadlock', '--lab', '--set', 'soak'],
      /--set soak has no value[^]*key=value/,
    ],
    [
      'an unknown scenario',
      ['runbook', 'vault-raft-deadlock', '--lab', 'april-23'],
      /no scenario 'april-23'[^]*Did you mean 'april-22'/,
    ],
    [
      'a seed that is none',
      ['runbook', 'vault-raft-deadlock', '--lab', '--seed', 'x'],
      /--seed is 'x'/,
    ],
    [
      'an automatic operator outside the lab',
      ['runbook', 'vault-raft-deadlock', '--operator', 'auto'],
      /the lab alone/,
    ],
    [
      'an operator nobody knows',
      ['runbook', 'vault-raft-deadlock', '--lab', '--operator', 'bob'],
      /Allowed choices are you, auto/,
    ],
  ] as const)('%s is usage: exit code 2, and said', async ([, args, message], { desk }) => {
    const { code, stdout, stderr } = await desk.run(args);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/fault in sre|\bat file:/);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });
});

describe.concurrent('the inventory', () => {
  test('none at all: how to start in the lab, and how to write one', async ({ desk }) => {
    const { code, stderr } = await desk.run(['runbook', 'vault-raft-deadlock']);
    expect(stderr).toMatch(/no inventory[^]*sre runbook vault-raft-deadlock --lab[^]*cluster:/);
    expect(code).toBe(2);
  });

  test('malformed: file, line, and what would be right', async ({ desk }) => {
    desk.write('sre.yaml', `${INVENTORY}vault:\n  port: eight\n  namspace: vault\n`);
    const { code, stderr } = await desk.run(['runbook', 'vault-raft-deadlock']);
    expect(stderr).toMatch(/sre\.yaml:7:\d+: vault\.port is 'eight'[^\n]*expected a number/);
    expect(stderr).toMatch(/sre\.yaml:8:\d+:[^\n]*namspace[^\n]*namespace/);
    expect(code).toBe(2);
  });

  test('not YAML: file and line', async ({ desk }) => {
    desk.write('sre.yaml', 'cluster: [\n  name: x\n');
    const { code, stderr } = await desk.run(['runbook', 'vault-raft-deadlock']);
    expect(stderr).toMatch(/sre\.yaml:\d+/);
    expect(code).toBe(2);
  });
});

describe.concurrent('kubectl', () => {
  test('is not installed', async ({ desk }) => {
    desk.write('sre.yaml', INVENTORY);
    const { code, stderr } = await desk.run(['runbook', 'vault-raft-deadlock'], {
      path: desk.bare(),
    });
    expect(stderr).toMatch(/kubectl[^\n]*(not installed|not found)/);
    expect(code).toBe(2);
  });

  test('has no such context: said with the inventory to look at', async ({ desk }) => {
    desk.write('sre.yaml', INVENTORY);
    desk.program('kubectl', 'echo "error: context homelab not found" >&2; exit 1');
    const { code, stderr } = await desk.run(['runbook', 'vault-raft-deadlock', '--json']);
    expect(stderr).toMatch(/no context 'homelab'[^]*get-contexts[^]*sre\.yaml/);
    expect(code).toBe(2);
  });

  test('never returns: it is killed at its deadline, and nothing is issued', async ({ desk }) => {
    desk.write('sre.yaml', INVENTORY);
    desk.program('kubectl', KUBECTL('exec sleep 600'));
    const { code, events } = await desk.run(['runbook', 'vault-raft-deadlock', '--json']);
    // A failure is asked about, and there is nobody to ask: the run can be gone on with.
    expect(code).toBe(8);
    expect(events.at(-1)).toMatchObject({
      type: 'run.finished',
      result: 'needs-approval',
      because: expect.stringMatching(/does not answer: no answer within \d+ s.*`sre resume`/),
    });
    expect((await desk.run(['runs'])).stdout).toMatch(/paused \(needs-approval, exit code 8\)/);
    expect(events.filter((e) => e.type === 'intent.written')).toEqual([]);
    expect(desk.journal()).toHaveLength(events.length);
  });

  test('prints escape sequences and is cut off mid-line: shown harmless, read as unparsable', async ({
    desk,
  }) => {
    desk.write('sre.yaml', INVENTORY);
    desk.program(
      'kubectl',
      KUBECTL(
        `case "$*" in *readyz*) printf ok;; *) printf '{"kind":"PodList","items":[{"met\\033]0;owned\\007\\033[2Jadata"'; esac`,
      ),
    );
    const { code, stdout } = await desk.run(['runbook', 'vault-raft-deadlock', '--plain']);
    expect(stdout).toMatch(/could not be listed/);
    // eslint-disable-next-line no-control-regex
    expect(stdout).not.toMatch(/\u001b|\u0007/);
    expect(code).toBe(8);
  });
});

describe.concurrent('without a terminal', () => {
  test.for(['', 'vault-2\n', 'y\n'.repeat(200), 'vault-2\n'.repeat(200)])(
    'in the lab with --operator you and %j piped in: exit code 8, nothing issued',
    async (input, { desk }) => {
      const { code, events } = await desk.run(
        ['runbook', 'vault-raft-deadlock', '--lab', '--operator', 'you', '--json'],
        { input },
      );
      expect(code).toBe(8);
      expect(events.at(-1)).toMatchObject({
        type: 'run.finished',
        result: 'needs-approval',
        exitCode: 8,
      });
      expect(events.filter((e) => e.type === 'intent.written' && e.does === 'mutates')).toEqual([]);
    },
  );

  test('in the lab a careful operator decides, and the run says so', async ({ desk }) => {
    const args = ['runbook', 'vault-raft-deadlock', '--lab', '--set', 'soak=1m'];
    const { code, stdout, stderr } = await desk.run(args);
    expect(stderr).toMatch(/no terminal, so a careful operator decides/);
    expect(stdout).toMatch(/confirmed by auto/);
    expect(stdout).toMatch(/Resolved, and verified/);
    expect(code).toBe(0);
  });
});

test.concurrent('a second run on the same cluster is refused with exit code 6, and says who has it', async ({
  desk,
}) => {
  desk.write('sre.yaml', INVENTORY);
  // kubectl says that the first run has begun to look, and holds it up until the second one was here.
  desk.program(
    'kubectl',
    KUBECTL('touch asked; while [ ! -e refused ]; do sleep 0.2; done; exit 1'),
  );
  const first = desk.run(['runbook', 'vault-raft-deadlock', '--json']);
  await expect.poll(() => existsSync(join(desk.folder, 'asked'))).toBe(true);
  const second = await desk.run(['runbook', 'vault-raft-deadlock', '--json']);
  desk.write('refused', '');
  expect(second.stderr.replaceAll(/\s+/g, ' ')).toMatch(
    /cluster homelab is in use by run \w{26} \(vault-raft-deadlock\) of \S+@\S+, at 'Does the API server answer, and which pods are Vault\?', begun [\d.]+ s ago, in process \d+ on /,
  );
  expect({ code: second.code, stdout: second.stdout }).toEqual({ code: 6, stdout: '' });
  expect((await first).code).toBe(8);
});

test.concurrent('a lab that is refused leaves no run behind', async ({ desk }) => {
  const lab = ['runbook', 'vault-raft-deadlock', '--lab'];
  expect(await desk.run([...lab, 'nosuch'])).toMatchObject({ code: 2 });
  expect(await desk.run([...lab, 'healthy', '--seed', 'abc'])).toMatchObject({ code: 2 });
  const listed = await desk.run(['runs']);
  expect(listed.stdout).toMatch(/^No runs yet/);
  expect((await desk.run(['report'])).stderr).toMatch(/there are no runs yet/);
});

test.concurrent('a run that cannot be kept does not begin', async ({ desk }) => {
  desk.write('state', 'a file where a folder should be');
  const { code, stdout, stderr } = await desk.run([
    'runbook',
    'vault-raft-deadlock',
    '--lab',
    '--json',
  ]);
  expect(stderr).toMatch(/state/);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
});
