import { createHash } from 'node:crypto';
import { access, constants, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { cacheRoot } from './cache.ts';

/** Programs that are built from one Go module, whose go.mod and go.sum pin everything in them. */
export interface GoModule<Name extends string> {
  /** The folder of its go.mod. */
  readonly folder: string;
  /** The package of each program. */
  readonly packages: Readonly<Record<Name, string>>;
  readonly linkerFlags: readonly string[];
  /** Build constraints that hold. */
  readonly tags: readonly string[];
  /** Files of the module that are the suite's own. */
  readonly sources?: readonly string[];
}

const BUILD_DEADLINE_MS = 40 * 60_000;

/** The paths of a module's programs, building into the cache folder what is not there yet (minutes, once per version). */
export async function programs<Name extends string>(
  module: GoModule<Name>,
): Promise<Readonly<Record<Name, string>>> {
  const folder = join(cacheRoot(), await keyOf(module));
  const names = Object.keys(module.packages) as Name[];
  const paths = names.map((name) => [name, join(folder, name)] as const);
  const present = await Promise.all(paths.map(([, path]) => isExecutable(path)));
  const lacking = names.filter((_, i) => present[i] !== true);
  if (lacking.length > 0) await build(module, lacking, folder);
  return Object.fromEntries(paths) as Record<Name, string>;
}

async function build<Name extends string>(
  module: GoModule<Name>,
  names: readonly Name[],
  folder: string,
): Promise<void> {
  await mkdir(cacheRoot(), { recursive: true });
  const staging = await mkdtemp(join(cacheRoot(), 'building-'));
  const what = names.join(', ');
  const started = Date.now();
  let packages = 0;
  const say = (text: string): void => {
    const seconds = Math.round((Date.now() - started) / 1000);
    process.stderr.write(`sre-e2e: ${text} (${packages} packages, ${seconds} s)\n`);
  };
  say(`building ${what}, once for this go.sum and Go version`);
  const progress = setInterval(() => say(`still building ${what}`), 30_000);
  try {
    for (const name of names) {
      const child = goBuild(module, module.packages[name], join(staging, name));
      createInterface({ input: child.stderr }).on('line', () => (packages += 1));
      // oxlint-disable-next-line no-await-in-loop -- each has all cores, and finds what the one before compiled
      await child;
    }
    await mkdir(folder, { recursive: true });
    await Promise.all(names.map((name) => rename(join(staging, name), join(folder, name))));
    say(`built ${what}`);
  } finally {
    clearInterval(progress);
    await rm(staging, { recursive: true, force: true });
  }
}

/** One build at a time per machine: a second caller waits here and then only links. */
function goBuild(module: GoModule<string>, from: string, to: string) {
  const lock = ['--no-fork', join(cacheRoot(), 'lock')];
  const flags = ['-v', '-trimpath', '-ldflags', ldflagsOf(module), '-tags', module.tags.join()];
  return execa('flock', [...lock, 'nice', 'go', 'build', ...flags, '-o', to, from], {
    cwd: module.folder,
    env: { CGO_ENABLED: '0', GOFLAGS: '-mod=readonly -buildvcs=false' },
    timeout: BUILD_DEADLINE_MS,
    stdin: 'ignore',
  });
}

const ldflagsOf = ({ linkerFlags }: GoModule<string>): string =>
  ['-s', '-w', ...linkerFlags].join(' ');

async function keyOf(module: GoModule<string>): Promise<string> {
  const { stdout: goVersion } = await execa('go', ['version']);
  const hash = createHash('sha256')
    .update(goVersion)
    .update(ldflagsOf(module))
    .update(module.tags.join());
  for (const name of ['go.mod', 'go.sum', ...(module.sources ?? [])]) {
    // oxlint-disable-next-line no-await-in-loop -- a few small files
    hash.update(await readFile(join(module.folder, name)));
  }
  return hash.digest('hex').slice(0, 16);
}

const isExecutable = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
