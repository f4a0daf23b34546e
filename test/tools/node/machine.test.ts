import { mkdirSync, symlinkSync, utimesSync } from 'node:fs';
import { hostname, release } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { identity } from '../../../src/tools/node/identity.ts';
import { podLogFile } from '../../../src/tools/node/pod-log.ts';
import { exited, readWith, records, valueOf, whyOf } from '../output.ts';
import { BOOT, UID } from '../site.ts';
import { files, folder } from './fake-proc.ts';
import { runScript, SHELLS } from './run-script.ts';

const IDENTITY = identity({ on: 'node', node: 'n' });
const LOG = podLogFile('n', { namespace: 'vault', name: 'vault-2', uid: UID }, 'vault');
const DIR = `vault_vault-2_${UID}/vault`;

describe.for(SHELLS)('in %s', (shell) => {
  test('identity.sh knows this machine', async () => {
    const out = await runScript(IDENTITY, {}, shell);
    expect(out.stderr).toBe('');
    const it = valueOf(readWith(IDENTITY, out));
    expect(it).toMatchObject({
      host: hostname(),
      kernel: release(),
      root: process.getuid?.() === 0,
    });
    expect(Math.abs(it.now - Date.now() / 1000)).toBeLessThan(10);
    expect(it.bootId).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('pod-log.sh reads the last restart, and keeps every line as it is', async () => {
    const lines = [
      '2026-04-22T09:14:00.5Z stderr F a\ttab, a back\\slash, \u001B[31mcolour\u001B[0m and ünïcode',
      '2026-04-22T09:14:01.5Z stderr F   leading space, trailing space ',
      '2026-04-22T09:14:02.5Z stderr F cut o',
    ];
    const root = files(folder(), {
      [`${DIR}/0.log`]: 'old\n',
      [`${DIR}/10.log`]: lines.join('\n'),
      [`${DIR}/9.log`]: 'older\n',
      [`${DIR}/10.log.20260422-091400`]: 'rotated\n',
    });
    utimesSync(join(root, DIR, '10.log'), 1_776_849_243, 1_776_849_243);
    const out = await runScript(LOG, { SRE_LOG_ROOT: root }, shell);
    expect(out.stderr).toBe('');
    const it = valueOf(readWith(LOG, out));
    expect(it).toMatchObject({ present: true, mtime: 1_776_849_243, lines });
    expect(Math.abs(it.now - Date.now() / 1000)).toBeLessThan(10);
  });

  test('pod-log.sh reads 64 KiB from the end, and the first line may be the end of one', async () => {
    const line = `2026-04-22T09:14:00.5Z stderr F ${'x'.repeat(99)}`;
    const root = files(folder(), { [`${DIR}/0.log`]: `${line}\n`.repeat(1000) });
    const { lines } = valueOf(readWith(LOG, await runScript(LOG, { SRE_LOG_ROOT: root }, shell)));
    expect(lines).toHaveLength(Math.ceil(65_536 / (line.length + 1)));
    expect(lines.at(-1)).toBe(line);
    expect(line.endsWith(lines[0] ?? '?')).toBe(true);
  });

  test('pod-log.sh fails where the log cannot be read: that is no log without lines', async () => {
    const root = folder();
    mkdirSync(join(root, DIR, '0.log'), { recursive: true });
    const out = await runScript(LOG, { SRE_LOG_ROOT: root }, shell);
    expect(out.ending).toEqual({ how: 'exited', code: 1 });
    expect(whyOf(readWith(LOG, out)).why).toBe('exit');
  });

  test('pod-log.sh fails where the reading itself fails', async () => {
    const root = folder();
    mkdirSync(join(root, DIR), { recursive: true });
    symlinkSync('/proc/self/mem', join(root, DIR, '0.log'));
    const out = await runScript(LOG, { SRE_LOG_ROOT: root }, shell);
    expect(whyOf(readWith(LOG, out))).toMatchObject({
      why: 'exit',
      says: expect.stringContaining('could not be read (tail ended with 1)') as string,
    });
  });

  test('pod-log.sh reads an empty log as one without lines', async () => {
    const root = files(folder(), { [`${DIR}/0.log`]: '' });
    const out = await runScript(LOG, { SRE_LOG_ROOT: root }, shell);
    expect(valueOf(readWith(LOG, out))).toMatchObject({ present: true, lines: [] });
  });

  test('pod-log.sh says when there is no log', async () => {
    const root = folder();
    const read = async () =>
      valueOf(readWith(LOG, await runScript(LOG, { SRE_LOG_ROOT: root }, shell)));
    expect(await read()).toMatchObject({ present: false, lines: [] });
    mkdirSync(join(root, DIR), { recursive: true });
    expect(await read()).toMatchObject({ present: false, lines: [] });
  });

  test.for([
    ['vault', '../../etc', UID, 'vault', '65536'],
    ['vault', 'vault-2', UID, '..', '65536'],
    ['vault', 'vault-2', '', 'vault', '65536'],
    ['vault', 'vault-2', UID, 'vault', 'all'],
  ])('pod-log.sh refuses %j', async (args) => {
    const out = await runScript(
      { run: { kind: 'script', script: 'node/pod-log', args } },
      {},
      shell,
    );
    expect(out.ending).toEqual({ how: 'exited', code: 64 });
  });
});

describe('reading', () => {
  const head = [
    ['boot', BOOT],
    ['uid', 0],
    ['kernel', '6.1.0-56-cloud-amd64'],
    ['now', 1_776_849_243],
    ['host', 'k8s-node3'],
  ] as const;

  test('the UUID of a VM, in lower case; none', () => {
    const uuid = ['uuid', '4C4C4544-0031-4B10-8052-C7C04F563032'];
    expect(valueOf(readWith(IDENTITY, exited(records(...head, uuid))))).toEqual({
      bootId: BOOT,
      root: true,
      kernel: '6.1.0-56-cloud-amd64',
      now: 1_776_849_243,
      host: 'k8s-node3',
      productUuid: '4c4c4544-0031-4b10-8052-c7c04f563032',
    });
    const none = valueOf(readWith(IDENTITY, exited(records(...head, ['uuid', '-']))));
    expect('productUuid' in none).toBe(false);
  });

  test('a machine that says too little, and a log without its file', () => {
    expect(whyOf(readWith(IDENTITY, exited(records(...head.slice(1))))).why).toBe('unparsable');
    expect(whyOf(readWith(IDENTITY, exited(records(['boot', 'x'], ...head.slice(1))))).why).toBe(
      'unparsable',
    );
    expect(whyOf(readWith(LOG, exited(records(['now', 5])))).why).toBe('unparsable');
    expect(whyOf(readWith(LOG, exited(records(['log', 'x'])))).why).toBe('unparsable');
    expect(
      whyOf(readWith(LOG, { ...exited(records(['now', 5], ['absent', '/x'])), truncated: true }))
        .why,
    ).toBe('unparsable');
  });
});
