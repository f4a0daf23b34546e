import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { Pty } from '../terminal/term.ts';

const home = mkdtempSync(join(tmpdir(), 'sre-manual-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const sre = new URL('../../bin/sre', import.meta.url).pathname;

test('by hand: each command is printed, and what is pasted goes through the same parser', async () => {
  const inventory = join(home, 'sre.yaml');
  writeFileSync(inventory, 'cluster: { context: homelab }\nnodes: { worker-1: 192.0.2.11 }\n');
  const pty = new Pty(
    sre,
    ['runbook', 'vault-raft-deadlock', '--manual', '--inventory', inventory],
    100,
    { XDG_STATE_HOME: home, HOME: home },
  );
  await pty.sees(/kubectl --context homelab --request-timeout=3s get --raw \/readyz/);
  await paste(pty, 'ok', 1);
  await pty.sees(/list the pods/);
  await paste(pty, '{"kind":"PodList",\r"items":[]}', 2);
  expect(await pty.exited).toBe(3);
  expect(await pty.term.text()).toMatch(/There are no Vault pods where the inventory says/);
});

/** Pastes once the prompt has stood still, ends it with a dot, and leaves the exit status at 0. */
async function paste(pty: Pty, text: string, nth: number): Promise<void> {
  await pty.sees(new RegExp(`(Paste what it printed[^]*){${nth}}`));
  await new Promise((resolve) => {
    setTimeout(resolve, 500);
  });
  pty.send(`${text}\r.\r`);
  await pty.sees(new RegExp(`(exit status \\[0\\] ›[^]*){${nth}}`));
  await new Promise((resolve) => {
    setTimeout(resolve, 500);
  });
  pty.send('\r');
}

test('by hand: Ctrl-C at a paste stops the run, and nothing was changed', async () => {
  const inventory = join(home, 'sre.yaml');
  writeFileSync(inventory, 'cluster: { context: homelab }\nnodes: { worker-1: 192.0.2.11 }\n');
  const pty = new Pty(
    sre,
    ['runbook', 'vault-raft-deadlock', '--manual', '--inventory', inventory],
    100,
    { XDG_STATE_HOME: join(home, 'stopped'), HOME: home },
  );
  await pty.sees(/Paste what it printed/);
  pty.send('\u0003');
  expect(await pty.exited).toBe(130);
});
