import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folder for what takes minutes to make and serves every later run; `SRE_E2E_CACHE` names another one. */
export function cacheRoot(): string {
  const { SRE_E2E_CACHE: own, XDG_CACHE_HOME: xdg } = process.env;
  return own ?? join(xdg ?? join(homedir(), '.cache'), 'sre-e2e');
}
