import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, test } from 'vitest';
import { Pty } from '../terminal/term.ts';

const home = mkdtempSync(join(tmpdir(), 'sre-guided-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const sre = new URL('../../bin/sre', import.meta.url).pathname;
const begin = (columns: number, runbook: string, soak: string, scenario = runbook): Pty =>
  new Pty(sre, ['runbook', runbook, '--lab', scenario, '--set', `soak=${soak}`], columns, {
    XDG_STATE_HOME: home,
    HOME: home,
    USER: 'operator',
  });
const start = (columns: number): Pty => begin(columns, 'vault-raft-deadlock', '2m');

/** What differs from run to run: its id, its folder, who runs the tests. The rest is the lab's, and the same each time. */
const settled = (screen: string): string =>
  screen
    .replaceAll(home, '/home/operator')
    .replaceAll(/\b[0-7][0-9A-HJKMNP-TV-Z]{25}\b/g, '01K9XXXXXXXXXXXXXXXXXXXXXX')
    .replaceAll(/(confirmed|declined) by \S+/g, '$1 by operator');

describe.concurrent.each([80, 120])('at %i columns, in a real terminal', (columns) => {
  test('a person is led through the incident', async ({ expect }) => {
    const pty = start(columns);
    await pty.sees(/Type vault-2 to go ahead/);
    await pty.type('vault-2');
    expect(await pty.exited).toBe(0);
    const screen = await pty.term.text();
    for (const line of screen.split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
    await expect(settled(screen)).toMatchFileSnapshot(`golden/guided-${columns}.txt`);
  });
});

describe.concurrent.each([80, 120])('a reset at %i columns, in a real terminal', (columns) => {
  test('is asked for with its target, its proof and what it hits, and a person types the name each time', async ({
    expect,
  }) => {
    const pty = begin(columns, 'kernel-nfs-reset', '1m');
    for (const action of ['Cordon', 'Evict', 'Reset the VM', 'Uncordon']) {
      await pty.sees(new RegExp(`● ! ${action}[^]*Type k8s-node2 to go ahead[^]*› *$`, 'm'));
      await pty.type('k8s-node2');
    }
    expect(await pty.exited).toBe(0);
    const screen = await pty.term.text();
    for (const line of screen.split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
    await expect(settled(screen)).toMatchFileSnapshot(`golden/reset-${columns}.txt`);
  });
});

describe.concurrent.each([80, 120])('an orphan at %i columns, in a real terminal', (columns) => {
  test('is stopped by the id of its sandbox, with its proof and what ends with it', async ({
    expect,
  }) => {
    const pty = begin(columns, 'nfs-csi-recovery', '1m', 'orphan-sandbox');
    for (const [action, target] of [
      ['Stop the orphan', '[0-9a-f]{12}'],
      ['Remove the stopped', '[0-9a-f]{12}'],
      ['Delete the pod', 'csi-nfs-node-[a-z0-9]{5}'],
    ] as const) {
      const prompt = new RegExp(`● ! ${action}[^]*Type ${target} to go ahead[^]*› *$`, 'm');
      const name = /Type (\S+) to go ahead[^]*$/.exec(await pty.sees(prompt))?.[1] ?? '';
      await pty.type(name);
    }
    expect(await pty.exited).toBe(0);
    const screen = await pty.term.text();
    for (const line of screen.split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
    await expect(settled(screen)).toMatchFileSnapshot(`golden/orphan-${columns}.txt`);
  });
});

test.concurrent('declined, the run says what is left and ends with exit code 3', async ({
  expect,
}) => {
  const pty = start(80);
  await pty.sees(/Type vault-2 to go ahead/);
  await pty.type('n');
  expect(await pty.exited).toBe(3);
  await expect(settled(await pty.term.text())).toMatchFileSnapshot('golden/declined-80.txt');
});

test.concurrent('Ctrl-C at the prompt ends the run, and nothing was issued', async ({ expect }) => {
  const pty = start(80);
  await pty.sees(/Type vault-2 to go ahead/);
  pty.send('\u0003');
  expect(await pty.exited).toBe(130);
  expect(await pty.term.text()).not.toMatch(/sent at/);
});
