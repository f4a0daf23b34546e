import { resolve } from 'node:path';
import { SreError } from '../runbook/sre-error.ts';
import type { Inventory } from './inventory.ts';

/** What paths in an inventory are relative to. */
export interface PathBase {
  /** The folder of the inventory's file. */
  readonly folder: string;
  /** What `~` stands for; `undefined`: nothing, and its use is an error. */
  readonly home: string | undefined;
}

/** A path as it is opened: `~/…` below the home folder, others relative to the inventory's folder. */
export function resolvePath(path: string, { folder, home }: PathBase): string {
  if (path !== '~' && !path.startsWith('~/')) return resolve(folder, path);
  if (home === undefined) {
    throw new SreError('no-home', `the inventory names ${path}, and HOME is not set`, {
      source: 'operator',
      hint: 'set HOME, or write the path from / on',
    });
  }
  return resolve(home, `.${path.slice(1)}`);
}

/** The inventory with every path of this machine resolved. Paths on other machines stay. */
export function withPaths(inventory: Inventory, base: PathBase): Inventory {
  const { site, ssh, tokenFile, redact } = inventory;
  const { kubeconfig } = site.cluster;
  const on = (path: string): string => resolvePath(path, base);
  return {
    ...inventory,
    site: {
      ...site,
      cluster: {
        ...site.cluster,
        ...(kubeconfig === undefined ? {} : { kubeconfig: on(kubeconfig) }),
      },
    },
    ssh: { ...ssh, ...(ssh.config === undefined ? {} : { config: on(ssh.config) }) },
    ...(tokenFile === undefined ? {} : { tokenFile: on(tokenFile) }),
    redact: { ...redact, files: redact.files.map(on) },
  };
}
