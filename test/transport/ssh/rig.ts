import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, vi } from 'vitest';
import type { Invocation, RawOutput } from '../../../src/runbook/command.ts';
import { ssh, type Machine, type Ssh, type SshOptions } from '../../../src/transport/ssh.ts';
import { command, never } from '../commands.ts';
import { FarNode, Home, Wire, type FarNodeOptions } from './far-node.ts';

// The machine that runs the tests may be busy: only what must be slow is measured.
vi.setConfig({ testTimeout: 30_000 });

const toClose: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of toClose.splice(0).toReversed()) await close();
});

export interface Rig {
  readonly home: Home;
  readonly node: FarNode;
  readonly far: Ssh;
  readonly run: (run: Invocation, deadlineMs?: number, signal?: AbortSignal) => Promise<RawOutput>;
}

/** A node that lets the operator in and is known, and a performer for it. */
export async function rig(
  options: Partial<FarNodeOptions> = {},
  more: Partial<SshOptions> = {},
  machine: Partial<Machine> = {},
): Promise<Rig> {
  const home = new Home();
  const node = await started(FarNode.start({ lets: [home.key], ...options }));
  home.knows(node.known);
  const address = { address: '127.0.0.1', port: node.port, user: 'root', ...machine };
  const far = performer(home, () => address, more);
  return { home, node, far, run: runOn(far) };
}

export async function started(node: Promise<FarNode>): Promise<FarNode> {
  const it = await node;
  toClose.push(() => it.stop());
  return it;
}

export async function opened(wire: Promise<Wire>): Promise<Wire> {
  const it = await wire;
  toClose.push(() => it.close());
  return it;
}

export function performer(
  home: Home,
  address: SshOptions['address'],
  more: Partial<SshOptions> = {},
): Ssh {
  const far = ssh({
    address,
    configFile: home.configFile,
    scripts: (name) => Promise.resolve(`echo ${name}; echo "$# $*"`),
    ...more,
  });
  toClose.push(() => far.close());
  return far;
}

export const runOn =
  (far: Ssh): Rig['run'] =>
  (run, deadlineMs = 9000, signal = never()) =>
    far.perform(command({ on: 'node', node: 'n1' }, run, deadlineMs), signal);

/** Waits until what runs on a node has printed this line, and the line has had a moment to arrive. */
export async function printed(node: FarNode, line: string): Promise<void> {
  for (let i = 0; i < 800 && !node.printed.includes(`${line}\n`); i += 1) await sleep(10);
  await sleep(250);
}
