import { isAbsolute, join } from 'node:path';
import { SreError } from '../runbook/sre-error.ts';

/** The environment, as `process.env` has it. */
export type Env = Readonly<Record<string, string | undefined>>;

/** The operator's home folder, where the environment names one. */
export function homeOf(env: Env): string | undefined {
  const home = env['HOME'];
  return home !== undefined && isAbsolute(home) ? home : undefined;
}

/** A relative path in these variables is to be ignored: the specification says so. */
function xdg(env: Env, name: string, fallback: string): string {
  const given = env[name];
  if (given !== undefined && isAbsolute(given)) return join(given, 'sre');
  const home = homeOf(env);
  if (home !== undefined) return join(home, fallback, 'sre');
  throw new SreError('no-home', `neither ${name} nor HOME is set to an absolute path`, {
    source: 'operator',
    hint: `set one of them, such as ${name}=/home/you/${fallback}`,
  });
}

/** Where the inventory is looked for: `$XDG_CONFIG_HOME/sre`, else `~/.config/sre`. */
export const configHome = (env: Env): string => xdg(env, 'XDG_CONFIG_HOME', '.config');

/** Where runs and the last good discovery are kept: `$XDG_STATE_HOME/sre`, else `~/.local/state/sre`. */
export const stateHome = (env: Env): string => xdg(env, 'XDG_STATE_HOME', '.local/state');
