import { randomBytes } from 'node:crypto';
import type { Performer } from '../engine/ports.ts';
import type { Command, Ending, RawOutput, Where } from '../runbook/command.ts';
import { KEPT_BYTES } from './bounded.ts';
import {
  farInput,
  farLine,
  farSeconds,
  hasEndLine,
  unwrap,
  unwrapLong,
  type Load,
} from './envelope.ts';
import { endingOfThrown, nothing, refusal } from './not-begun.ts';
import { keptScripts, type Scripts } from './scripts.ts';
import { inputOf, noSecrets, type Secrets } from './secrets.ts';
import type { Connection, Keepalive } from './ssh/connection.ts';
import { inWords } from './ssh/dialling.ts';
import { Pool } from './ssh/pool.ts';
import { runSession, type SessionEnd } from './ssh/session.ts';
import { endingOf } from './verdict.ts';
import { before, watch } from './watch.ts';

/** A place that is not here. */
export type Far = Exclude<Where, { on: 'local' }>;

/** How a far machine is reached, as the inventory knows it. */
export interface Machine {
  /** An address, or a name that `~/.ssh/config` knows; `Host` and `Match` blocks there apply to it. */
  readonly address: string;
  /** Instead of what `~/.ssh/config` says. */
  readonly user?: string | undefined;
  readonly port?: number | undefined;
  /** Whether commands go through `sudo -n`; they do unless the login is root. */
  readonly sudo?: boolean | undefined;
}

/** What SSH is given. */
export interface SshOptions {
  /** The machine behind a place; `undefined` where the inventory has none. */
  readonly address: (where: Far) => Machine | undefined;
  readonly secrets?: Secrets;
  readonly scripts?: Scripts;
  /** Instead of the operator's own configuration, as `ssh -F`. */
  readonly configFile?: string | undefined;
  /** The agent's socket where the configuration names none: `SSH_AUTH_SOCK`. */
  readonly agent?: string | undefined;
  /** The program that resolves the configuration: `ssh`. */
  readonly sshProgram?: string;
  /** How much of stdout and of stderr is kept. */
  readonly maxBytes?: number;
  readonly keepalive?: Keepalive;
  /** Commands at a time on one machine. */
  readonly channels?: number;
  /** How long this side waits after the far side's own limit. */
  readonly graceMs?: number;
}

/** A performer that keeps connections; close it when the run ends. */
export interface Ssh extends Performer {
  readonly close: () => Promise<void>;
}

/** Runs commands on cluster nodes and Proxmox hosts over SSH, in the envelope (DESIGN: "Commands on the far side"). */
export function ssh(options: SshOptions): Ssh {
  const { secrets = noSecrets, scripts = keptScripts, maxBytes = KEPT_BYTES } = options;
  const { graceMs = 1000 } = options;
  const pool = new Pool({
    configFile: options.configFile,
    agent: options.agent ?? process.env['SSH_AUTH_SOCK'],
    sshProgram: options.sshProgram,
    keepalive: options.keepalive ?? { everyMs: 2000, count: 2 },
    channels: options.channels ?? 8,
  });

  async function run(command: Command<unknown>, signal: AbortSignal): Promise<RawOutput> {
    const { where, deadlineMs } = command;
    if (where.on === 'local') throw refusal('unreachable', `${command.id} runs here, not over SSH`);
    const machine = options.address(where);
    if (machine === undefined) throw refusal('unreachable', `the inventory has no ${named(where)}`);
    // Two limits from one start: nothing begins after the deadline, and what has begun is waited for a little longer,
    // because the far side ends it at the deadline and says so.
    using beginning = watch(deadlineMs, signal);
    using ending = watch(farSeconds(deadlineMs) * 1000 + graceMs, signal);
    const late = (): string => `its script or secret was not read within ${deadlineMs / 1000} s`;
    const load = await before(loadOf(command, secrets, scripts), beginning, late);
    const nonce = randomBytes(16).toString('hex');
    const login = { alias: machine.address, user: machine.user, port: machine.port };
    const lineFor = (user: string): string =>
      farLine(load, { deadlineMs, sudo: machine.sudo ?? user !== 'root' });
    const patience = { until: beginning, ms: deadlineMs };
    const { connection, channel, release } = await pool.start(login, lineFor, patience);
    try {
      const input = farInput(load, nonce);
      const hasEnded = (tail: string): boolean => hasEndLine(tail, nonce);
      const end = await runSession(channel, { input, maxBytes, hasEnded }, ending);
      return outputOf(end, { nonce, deadlineMs, connection, name: named(where) });
    } finally {
      release();
    }
  }

  return {
    perform: async (command, signal) => {
      try {
        return await run(command, signal);
      } catch (thrown) {
        return nothing(endingOfThrown(thrown, `${command.id} could not be sent`));
      }
    },
    close: () => pool.close(),
  };
}

async function loadOf(
  { run }: Command<unknown>,
  secrets: Secrets,
  scripts: Scripts,
): Promise<Load> {
  return run.kind === 'script'
    ? { kind: 'script', text: await scripts(run.script), args: run.args }
    : { kind: 'argv', argv: run.argv, input: await inputOf(run, secrets) };
}

const named = (where: Far): string =>
  where.on === 'node' ? `node ${where.node}` : `host ${where.host}`;

interface About {
  readonly nonce: string;
  readonly deadlineMs: number;
  readonly connection: Connection;
  readonly name: string;
}

function outputOf(end: SessionEnd, about: About): RawOutput {
  const { stdout, stderr } = end;
  const text = stdout.text();
  const out = stdout.truncated
    ? unwrapLong(text, stdout.tail(), about.nonce)
    : unwrap(text, about.nonce);
  const { place } = about.connection;
  const ran = {
    out,
    stderr: stderr.text(),
    exit: end.exit,
    elapsedMs: end.elapsedMs,
    deadlineMs: about.deadlineMs,
    machine: `${about.name} (${inWords(place)})`,
    user: place.user,
    broke: about.connection.broke(),
  };
  const ending: Ending =
    end.over === undefined || out.state === 'ended' ? endingOf(ran) : { how: end.over };
  return {
    ending,
    stdout: out.state === 'not-begun' ? out.before : out.body,
    stderr: ran.stderr,
    truncated: stdout.truncated || stderr.truncated,
  };
}
