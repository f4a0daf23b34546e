import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { stringify } from 'yaml';
import type { Event, EventOf, EventType } from '../../../src/engine/events.ts';
import type { Components } from '../harness/components.ts';
import type { Kubeconfig } from '../harness/kubeconfig.ts';
import { NFS_SERVER } from './objects.ts';

/** The product, as a person starts it. */
export const SRE = join(import.meta.dirname, '..', '..', '..', 'bin', 'sre');

/** Where and as whom somebody works. */
export interface WorkplaceOptions {
  readonly components: Components;
  /** The folder in which the workplace gets one of its own. */
  readonly below: string;
  readonly kubeconfig: Kubeconfig;
  /** An OpenSSH client configuration. */
  readonly sshConfig: string;
  /** Further keys of sre.yaml; those of `vault` are added to its own. */
  readonly inventory?: Readonly<Record<string, unknown>> & { readonly vault?: object };
}

/** A run that is over. */
export interface Run {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder with an inventory in it, and a home and a state folder of its own: nothing of the machine's is used. */
export class Workplace {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;

  private constructor(folder: string, kubectl: string) {
    this.folder = folder;
    this.env = {
      PATH: `${dirname(kubectl)}:${process.env['PATH'] ?? ''}`,
      HOME: folder,
      XDG_STATE_HOME: join(folder, 'state'),
      XDG_CONFIG_HOME: join(folder, 'config'),
      LANG: 'C.UTF-8',
    };
  }

  static async create(options: WorkplaceOptions): Promise<Workplace> {
    const { components, below, kubeconfig, sshConfig, inventory = {} } = options;
    const place = new Workplace(await mkdtemp(join(below, 'work-')), components.kubectl);
    const unseal = { by: 'sidecar', container: 'auto-unseal', secret: 'vault-unseal-key' };
    const settings = {
      cluster: { context: kubeconfig.context, name: 'april', kubeconfig: './kubeconfig' },
      ssh: { config: sshConfig },
      nfs: { server: NFS_SERVER },
      maintenance: { kured: {} },
      ...inventory,
      vault: { unseal, ...inventory.vault },
    };
    await writeFile(join(place.folder, 'sre.yaml'), stringify(settings));
    await place.setKubeconfig(await readFile(kubeconfig.path, 'utf8'));
    return place;
  }

  async setKubeconfig(text: string): Promise<void> {
    await writeFile(join(this.folder, 'kubeconfig'), text, { mode: 0o600 });
  }

  /** Runs the product with nothing to read from. */
  sre(...args: readonly string[]): Promise<Run> {
    return this.#run(SRE, args);
  }

  /** Runs the product with the output of a shell command on its standard input. */
  srePiped(from: string, ...args: readonly string[]): Promise<Run> {
    return this.#run('sh', ['-c', `${from} | exec "$0" "$@"`, SRE, ...args]);
  }

  async #run(file: string, args: readonly string[]): Promise<Run> {
    const options = { cwd: this.folder, env: this.env, extendEnv: false, reject: false } as const;
    const done = await execa(file, args, { ...options, stdin: 'ignore', timeout: 300_000 });
    return { code: done.exitCode, stdout: done.stdout, stderr: done.stderr };
  }

  /** The events of the one run that was made here. */
  async journal(): Promise<readonly Event[]> {
    const runs = join(this.folder, 'state', 'sre', 'runs');
    const [run, ...more] = await readdir(runs);
    if (run === undefined || more.length > 0) throw new Error(`${runs} has not one run`);
    const [, ...lines] = (await readFile(join(runs, run, 'events.jsonl'), 'utf8')).split('\n');
    return eventsOf(lines.join('\n'));
  }
}

/** Events as lines of JSON. */
export const eventsOf = (text: string): readonly Event[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Event);

/** The events of one type, in order. */
export const ofType = <T extends EventType>(
  events: readonly Event[],
  type: T,
): readonly EventOf<T>[] => events.filter((event): event is EventOf<T> => event.type === type);
