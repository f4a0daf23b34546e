import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';

/** Paths of the real components, built from `test/e2e/components/go.mod`. */
export interface Components {
  readonly etcd: string;
  readonly apiserver: string;
  readonly kubectl: string;
}

/** A tool of the machine that the suite cannot do without, and the way to get it. */
export interface MissingTool {
  readonly what: string;
  readonly how: string;
}

const MODULE = join(import.meta.dirname, '..', 'components');
const BUILD_DEADLINE_MS = 40 * 60_000;
const ETCD = 'go.etcd.io/etcd/server/v3';
const PACKAGES = [ETCD, 'k8s.io/kubernetes/cmd/kubectl', 'k8s.io/kubernetes/cmd/kube-apiserver'];

const TOOLS: Readonly<Record<string, string>> = {
  curl: 'curl',
  flock: 'util-linux',
  fsfreeze: 'util-linux',
  ip: 'iproute2',
  'mkfs.ext4': 'e2fsprogs',
  nsenter: 'util-linux',
  openssl: 'openssl',
  perl: 'perl',
  ss: 'iproute2',
  ssh: 'openssh-client',
  'ssh-keygen': 'openssh-client',
  sshd: 'openssh-server',
  unshare: 'util-linux',
};

/** The tools that this machine lacks; empty when the suite can run. Looks, installs nothing. */
export function missing(): readonly MissingTool[] {
  const lacking: MissingTool[] = Object.entries(TOOLS)
    .filter(([tool]) => !inPath(tool))
    .map(([what, debianPackage]) => ({ what, how: `apt-get install ${debianPackage}` }));
  if (!inPath('go')) {
    lacking.push({ what: 'go', how: 'Go 1.24 or newer, from https://go.dev/dl' });
  }
  if (!works('unshare', '--net', '--pid', '--mount', '--uts', '--ipc', '--fork', 'true')) {
    lacking.push({ what: 'namespaces', how: 'run as root, in a container that is privileged' });
  }
  if (inPath('perl') && !works('perl', '-Mthreads', '-e', '1')) {
    lacking.push({ what: 'threads of perl', how: 'apt-get install perl' });
  }
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    lacking.push({ what: 'Linux on x86-64', how: 'the fake processes use system calls by number' });
  }
  return lacking;
}

/** The real components, building into the cache folder what is not there yet (minutes, once). */
export async function components(): Promise<Components> {
  const folder = join(cacheRoot(), await cacheKey());
  const built = {
    etcd: join(folder, 'etcd'),
    apiserver: join(folder, 'kube-apiserver'),
    kubectl: join(folder, 'kubectl'),
  };
  const present = await Promise.all(Object.values(built).map(isExecutable));
  if (present.includes(false)) {
    await build(folder);
  }
  return built;
}

async function build(folder: string): Promise<void> {
  await mkdir(cacheRoot(), { recursive: true });
  const staging = await mkdtemp(join(cacheRoot(), 'building-'));
  const started = Date.now();
  let packages = 0;
  const say = (text: string): void => {
    const seconds = Math.round((Date.now() - started) / 1000);
    process.stderr.write(`sre-e2e: ${text} (${packages} packages, ${seconds} s)\n`);
  };
  say('building etcd, kube-apiserver and kubectl, once for this go.sum and Go version');
  const progress = setInterval(() => say('still building'), 30_000);
  try {
    // One build at a time per machine: a second caller waits here and then only links.
    const lock = ['--no-fork', join(cacheRoot(), 'lock')];
    const go = ['nice', 'go', 'build', '-v', '-trimpath', '-ldflags', await linkerFlags()];
    const child = execa('flock', [...lock, ...go, '-o', `${staging}/`, ...PACKAGES], {
      cwd: MODULE,
      env: { CGO_ENABLED: '0', GOFLAGS: '-mod=readonly -buildvcs=false' },
      timeout: BUILD_DEADLINE_MS,
      stdin: 'ignore',
    });
    createInterface({ input: child.stderr }).on('line', () => (packages += 1));
    await child;
    await rename(join(staging, 'server'), join(staging, 'etcd'));
    await mkdir(folder, { recursive: true });
    for (const name of await readdir(staging)) {
      await rename(join(staging, name), join(folder, name));
    }
    say('built');
  } finally {
    clearInterval(progress);
    await rm(staging, { recursive: true, force: true });
  }
}

function cacheRoot(): string {
  const { SRE_E2E_CACHE: own, XDG_CACHE_HOME: xdg } = process.env;
  return own ?? join(xdg ?? join(homedir(), '.cache'), 'sre-e2e');
}

async function cacheKey(): Promise<string> {
  const { stdout: goVersion } = await execa('go', ['version']);
  const hash = createHash('sha256')
    .update(goVersion)
    .update(await linkerFlags());
  for (const name of ['go.mod', 'go.sum']) {
    hash.update(await readFile(join(MODULE, name)));
  }
  return hash.digest('hex').slice(0, 16);
}

/** Without these, kubectl and the API server call themselves `v0.0.0-master+$Format:%H$`. */
async function linkerFlags(): Promise<string> {
  const goMod = await readFile(join(MODULE, 'go.mod'), 'utf8');
  const [, version, major, minor] = /k8s\.io\/kubernetes (v(\d+)\.(\d+)\.\d+)/.exec(goMod) ?? [];
  if (version === undefined || major === undefined || minor === undefined) {
    throw new Error(`no k8s.io/kubernetes version in ${MODULE}/go.mod`);
  }
  const values = { gitVersion: version, gitMajor: major, gitMinor: minor };
  const flags = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((path) =>
    Object.entries(values).map(([name, value]) => `-X ${path}.${name}=${value}`),
  );
  return ['-s', '-w', ...flags].join(' ');
}

function inPath(tool: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, tool), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function works(file: string, ...args: readonly string[]): boolean {
  return spawnSync(file, args, { stdio: 'ignore', timeout: 10_000 }).status === 0;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
