import * as fc from 'fast-check';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sandboxes } from '../../../src/tools/node/sandboxes.ts';
import { removeSandbox, stopSandbox } from '../../../src/tools/node/sandbox.ts';
import { counterexample } from '../counterexample.ts';
import { exited, readWith, records, valueOf, whyOf } from '../output.ts';
import { BOOT, UID } from '../site.ts';
import { files, folder, HEAD } from './fake-proc.ts';
import { lab } from './lab.ts';
import { runScript, SHELLS } from './run-script.ts';
import { standIns, word } from './stand-ins.ts';

const LIST = sandboxes('k8s-node3');
const ID = 'ab'.repeat(32);
const PODS = lab('node/crictl-pods.json');
const CONTAINERS = lab('node/crictl-ps.json');
const SANDBOX = { id: ID, podUid: UID, namespace: 'nfs-csi', name: 'csi-nfs-node-x7k2p' };
const flat = (json: string): string => json.replaceAll(/\s+/g, ' ');
const head = [
  ['boot', BOOT],
  ['uid', 0],
] as const;

const ORPHAN = {
  id: ID,
  podUid: UID,
  namespace: 'nfs-csi',
  name: 'csi-nfs-node-x7k2p',
  attempt: 0,
  ready: true,
  createdAt: 1_776_800_000_123,
};

const read = (pods: string, containers: string) =>
  readWith(LIST, exited(records(...head, ['pods', pods], ['containers', containers])));

describe('reading', () => {
  test('sandboxes with the pods they belong to, and their containers', () => {
    const it = valueOf(read(flat(PODS), flat(CONTAINERS)));
    expect(it.sandboxes).toEqual([
      ORPHAN,
      {
        id: 'cd'.repeat(32),
        podUid: '0123456789abcdef0123456789abcdef',
        namespace: 'kube-system',
        name: 'kube-proxy-k8s-node3',
        attempt: 3,
        ready: false,
        createdAt: 1_776_700_000_000,
      },
    ]);
    expect(it.containers).toEqual([
      { id: '11'.repeat(32), sandbox: ID, name: 'liveness-probe', state: 'running' },
      { id: '22'.repeat(32), sandbox: ID, name: 'nfs', state: 'exited' },
    ]);
  });

  test('none at all', () => {
    expect(valueOf(read('{"items": []}', '{"containers": []}'))).toEqual({
      bootId: BOOT,
      root: true,
      sandboxes: [],
      containers: [],
    });
  });

  test.for([
    ['{}', '{"containers":[]}'],
    ['{"items":null}', '{"containers":[]}'],
    ['{"items":[]', '{"containers":[]}'],
    ['{"items":[]}', 'none'],
    ['{"items":[]}', '{"containers":[{}]}'],
    [flat(PODS).replace(ID, ID.slice(1)), '{"containers":[]}'],
    [flat(PODS).replace('SANDBOX_READY', 'SANDBOX_NEW'), '{"containers":[]}'],
    [flat(PODS).replace('1776800000123456789', 'yesterday'), '{"containers":[]}'],
  ] as const)('%s %s is not understood', ([pods, containers]) => {
    expect(whyOf(read(pods, containers)).why).toBe('unparsable');
  });

  test('what is cut off, or is any other JSON, is never a list', () => {
    const text = records(...head, ['pods', flat(PODS)], ['containers', flat(CONTAINERS)]).trimEnd();
    for (let end = 0; end < text.length; end += 7) {
      expect(readWith(LIST, exited(text.slice(0, end))).ok).toBe(false);
    }
    const property = fc.property(fc.json(), fc.json(), (pods, containers) => {
      const reading = read(flat(pods), flat(containers));
      return !reading.ok && reading.why === 'unparsable';
    });
    expect(counterexample(property)).toBeUndefined();
  });
});

/**
 * A runtime that lists what it is given, and logs the deeds that were asked of it. Go's protojson puts a second space
 * after some colons, on purpose.
 */
function runtime(listed: string, deed: string) {
  const pods = listed.replaceAll(/"(id|uid)": /g, '"$1":  ');
  const log = join(folder(), 'log');
  const env = standIns({
    crictl: `echo "$*" >>${word(log)}
[ "$1" = --timeout ] || exit 64
case $3 in
  pods) printf '%s\\n' ${word(pods)} ;;
  ps) printf '%s\\n' ${word(CONTAINERS)} ;;
  *) ${deed} ;;
esac`,
  });
  const asked = () =>
    existsSync(log)
      ? readFileSync(log, 'utf8')
          .split('\n')
          .filter((line) => !line.includes(' pods ') && line !== '')
      : [];
  return { env, asked };
}

/** The exit code of a script that says nothing and does nothing. */
async function refusal(shell: (typeof SHELLS)[number], args: readonly string[]) {
  const { env, asked } = runtime(PODS, 'exit 0');
  const run = { kind: 'script', script: 'node/sandbox', args } as const;
  const out = await runScript({ run }, env, shell);
  expect([out.stdout, asked()]).toEqual(['', []]);
  return out.ending.how === 'exited' ? out.ending.code : undefined;
}

describe.for(SHELLS)('in %s', (shell) => {
  const WARNING = 'time="2026-04-22T10:00:00Z" level=warning msg="runtime connect using default"';

  test('sandboxes.sh lists both on one line each, without the warnings before them', async () => {
    const { env } = runtime(`${WARNING}\n${PODS}`, 'exit 64');
    const root = { SRE_PROC_ROOT: files(folder(), HEAD) };
    const out = await runScript(LIST, { ...env, ...root }, shell);
    expect(out.stderr).toBe('');
    const it = valueOf(readWith(LIST, out));
    expect([it.bootId, it.sandboxes.length, it.containers.length]).toEqual([BOOT, 2, 2]);
  });

  test('sandboxes.sh says why there is no list', async () => {
    const words = 'level=fatal msg="validate service connection: no such file or directory"';
    const env = standIns({ crictl: `echo ${word(WARNING)} >&2; echo ${word(words)} >&2; exit 1` });
    const out = await runScript(LIST, env, shell);
    const { why, says } = whyOf(readWith(LIST, out));
    expect([why, says]).toEqual(['exit', expect.stringContaining('no such file or directory')]);
    expect(says).not.toContain('runtime connect');
    const none = await runScript(LIST, { PATH: '/nonexistent' }, [
      shell[0] === 'sh' ? '/bin/sh' : '/bin/busybox',
      ...shell.slice(1),
    ]);
    expect(whyOf(readWith(LIST, none)).says).toContain('there is no crictl here');
  });

  test.for([
    ['stop', stopSandbox('n', SANDBOX), 'stopp', `Stopped sandbox ${ID}`],
    ['remove', removeSandbox('n', SANDBOX), 'rmp', `Removed sandbox ${ID}`],
  ] as const)('sandbox.sh %s does it to the very one', async ([, command, verb, said]) => {
    const one = PODS.replace(/,\s*\{\s*"id":\s*"cd[\s\S]*$/, ']}');
    const { env, asked } = runtime(one, `echo ${word(said)}`);
    const out = await runScript(command, env, shell);
    expect(out.stderr).toBe('');
    expect(out.stdout).toContain(`said\t${said}\nexit\t0\n`);
    expect(valueOf(readWith(command, out))).toBe('done');
    expect(asked()).toEqual([`--timeout 35s ${verb} ${ID}`]);
  });

  test('sandbox.sh does nothing to one that is gone or belongs to another pod', async () => {
    const command = stopSandbox('n', SANDBOX);
    const gone = runtime('{\n  "items": []\n}', 'exit 64');
    expect(valueOf(readWith(command, await runScript(command, gone.env, shell)))).toBe('gone');
    const other = runtime(PODS.replaceAll(UID, '99999999-9999-4999-8999-999999999999'), 'exit 64');
    const out = await runScript(command, other.env, shell);
    expect(out.stdout).toContain('other\t99999999-9999-4999-8999-999999999999\n');
    expect(valueOf(readWith(command, out))).toBe('other');
    const odd = runtime('what', 'exit 64');
    const unknown = await runScript(command, odd.env, shell);
    expect(whyOf(readWith(command, unknown)).says).toContain('nothing was done');
    expect([gone.asked(), other.asked(), odd.asked()]).toEqual([[], [], []]);
  });

  test('a runtime that cannot is heard, one that hangs is ended by the script', async () => {
    const command = stopSandbox('n', SANDBOX);
    const words =
      'level=fatal msg="stopping the pod sandbox: rpc error: code = Unknown desc = failed to kill: unable to signal init: permission denied"';
    const { env } = runtime(PODS, `echo ${word(words)} >&2; exit 1`);
    const { why, says } = whyOf(readWith(command, await runScript(command, env, shell)));
    expect([why, says]).toEqual([
      'exit',
      expect.stringContaining('unable to signal init: permission denied'),
    ]);
    const killed = runtime(PODS, 'kill -KILL $$');
    expect(whyOf(readWith(command, await runScript(command, killed.env, shell)))).toEqual({
      why: 'timeout',
      says: 'crictl did not end within its limit, and was killed',
    });
    const absent = runtime(PODS, 'echo "rpc error: code = NotFound desc = x" >&2; exit 1');
    expect(valueOf(readWith(command, await runScript(command, absent.env, shell)))).toBe('gone');
  });

  test.for([
    [ID.slice(1), UID],
    [`${ID.slice(1)}g`, UID],
    [ID, ''],
    [ID, `${UID};ls`],
    [ID, '-a'],
    [ID],
    ['-a', UID],
    [ID, UID, '-f'],
  ])('sandbox.sh refuses to stop or remove %j', async (args) => {
    for (const verb of ['stop', 'remove']) expect(await refusal(shell, [verb, ...args])).toBe(64);
  });

  test.for([
    [],
    ['', ID, UID],
    ['kill', ID, UID],
    ['stopp', ID, UID],
    ['stop -a', ID, UID],
    [ID, UID],
  ])('sandbox.sh knows no verb in %j', async (args) => expect(await refusal(shell, args)).toBe(64));
});

test('answers that are none', () => {
  const command = removeSandbox('n', SANDBOX);
  expect(whyOf(readWith(command, exited(records(['said', 'x'])))).why).toBe('unparsable');
  expect(whyOf(readWith(command, exited(records(['exit', 'x'])))).why).toBe('unparsable');
  expect(whyOf(readWith(command, exited(records(['exit', 2])))).says).toBe(
    'crictl ended with exit code 2',
  );
  const running = `pod sandbox "${ID}" is running, please stop it first`;
  expect(whyOf(readWith(command, exited(records(['said', running], ['exit', 1])))).says).toBe(
    running,
  );
});
