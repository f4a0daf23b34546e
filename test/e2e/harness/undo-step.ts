import { rm } from 'node:fs/promises';
import { execa } from 'execa';
import { isRunning, type ProcessIdentity } from './process-identity.ts';
import { until } from './until.ts';

/** One thing the suite made on this machine, said in a way that another process can undo. */
export type UndoStep =
  | { readonly kind: 'process'; readonly process: ProcessIdentity }
  | { readonly kind: 'node'; readonly init: ProcessIdentity }
  | { readonly kind: 'namespace'; readonly name: string }
  | { readonly kind: 'link'; readonly name: string }
  | { readonly kind: 'folder'; readonly path: string };

/** Undoes one step; a thing that is already gone is no error. */
export async function undo(step: UndoStep): Promise<void> {
  switch (step.kind) {
    case 'process':
      return stopProcess(step.process);
    case 'node':
      return stopNode(step.init);
    case 'namespace':
      return ipUnlessGone('netns', 'delete', step.name);
    case 'link':
      return ipUnlessGone('link', 'delete', step.name);
    case 'folder':
      return rm(step.path, { recursive: true, force: true });
  }
}

/** SIGTERM, and SIGKILL after 10 s. */
async function stopProcess(target: ProcessIdentity): Promise<void> {
  await signal(target, 'SIGTERM');
  try {
    await until('end after SIGTERM', { seconds: 10 }, async () => !(await isRunning(target)));
  } catch {
    await kill(target);
  }
}

/** Kills the init of a PID namespace; the kernel then kills every process in it. */
async function stopNode(init: ProcessIdentity): Promise<void> {
  if (!(await isRunning(init))) return;
  // A process waiting for a frozen file system survives SIGKILL, and the namespace with it.
  const thaw = 'for f in /run/node/frozen/*; do [ ! -d "$f" ] || fsfreeze -u "$f" || :; done';
  await execa('nsenter', ['-t', String(init.pid), '-m', 'sh', '-c', thaw], { reject: false });
  await kill(init);
}

async function kill(target: ProcessIdentity): Promise<void> {
  await signal(target, 'SIGKILL');
  await until(`end of ${target.pid}`, { seconds: 20 }, async () => !(await isRunning(target)));
}

async function signal(target: ProcessIdentity, name: NodeJS.Signals): Promise<void> {
  if (!(await isRunning(target))) return;
  try {
    process.kill(target.pid, name);
  } catch (error) {
    // It ended between the look and the signal.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function ipUnlessGone(...args: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await execa('ip', args, { reject: false });
  if (exitCode !== 0 && !/Cannot find device|No such file/.test(stderr)) {
    throw new Error(`ip ${args.join(' ')}: ${stderr}`);
  }
}
