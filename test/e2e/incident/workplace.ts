import { access, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { stringify } from 'yaml';
import type { Event, EventOf, EventType } from '../../../src/engine/events.ts';
import { readJournal } from '../../../src/journal/read.ts';
import { runFolder, runsFolder } from '../../../src/journal/run-folder.ts';
import type { Components } from '../harness/components.ts';
import type { Kubeconfig } from '../harness/kubeconfig.ts';
import { until } from '../harness/until.ts';
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

  /** Runs the product and stops it, as Ctrl-C does, as soon as it has found the nodes. */
  async findsNodes(...args: readonly string[]): Promise<Run> {
    const found = join(this.folder, 'state', 'sre', 'discovery', 'april.json');
    const child = execa(SRE, args, this.#options());
    await until('the nodes are found', { seconds: 30 }, () => exists(found));
    child.kill('SIGINT');
    return outcomeOf(await child);
  }

  /** Runs the product with the output of a shell command on its standard input. */
  srePiped(from: string, ...args: readonly string[]): Promise<Run> {
    return this.#run('sh', ['-c', `${from} | exec "$0" "$@"`, SRE, ...args]);
  }

  async #run(file: string, args: readonly string[]): Promise<Run> {
    return outcomeOf(await execa(file, args, this.#options()));
  }

  #options() {
    const { folder, env } = this;
    const options = { extendEnv: false, reject: false, stdin: 'ignore', timeout: 300_000 } as const;
    return { cwd: folder, env, ...options };
  }

  /** The events of the last run that was made here, read as the product reads them: the chain of digests holds. */
  async journal(): Promise<readonly Event[]> {
    const home = join(this.folder, 'state', 'sre');
    // The id of a run begins with its time.
    const run = (await readdir(runsFolder(home))).toSorted().at(-1) ?? '';
    const read = await readJournal(runFolder(home, run));
    if (!read.ok) throw read.error;
    return read.events;
  }
}

const outcomeOf = ({ exitCode, stdout, stderr }: Ended): Run => ({
  code: exitCode,
  stdout,
  stderr,
});

interface Ended {
  readonly exitCode?: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

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
