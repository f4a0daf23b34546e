import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { type GoModule, programs } from './go-module.ts';

/** Paths of the real components, built from `test/e2e/components/go.mod`. */
export interface Components {
  readonly etcd: string;
  readonly apiserver: string;
  readonly kubectl: string;
}

/** Paths of what brings objects to life: the controllers, the scheduler, and kwok, which plays kubelets. */
export interface WorkloadPrograms {
  readonly controllerManager: string;
  readonly scheduler: string;
  readonly kwok: string;
  /** What kwok's kubelets do. */
  readonly stages: string;
}

/** A tool of the machine that the suite cannot do without, and the way to get it. */
export interface MissingTool {
  readonly what: string;
  readonly how: string;
}

const MODULES = join(import.meta.dirname, '..', 'components');

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
  sudo: 'sudo',
  unshare: 'util-linux',
};

/** What guests need besides: QEMU, and what their image is built with. */
const GUEST_TOOLS: Readonly<Record<string, string>> = {
  busybox: 'busybox-static',
  cpio: 'cpio',
  'dpkg-deb': 'dpkg',
  mke2fs: 'e2fsprogs',
  mmdebstrap: 'mmdebstrap',
  'qemu-img': 'qemu-utils',
  'qemu-system-x86_64': 'qemu-system-x86',
};

/** The minor version of Go 1 that kwok is built with (`components/kwok/go.mod`). */
const GO = 26;

/** The tools that this machine lacks; empty when the suite can run. Looks, installs nothing. */
export function missing(): readonly MissingTool[] {
  const lacking = missingOf(TOOLS);
  const go = goVersion();
  if (go === undefined || go < GO) {
    const found = go === undefined ? 'none was found' : `this is 1.${go}`;
    lacking.push({ what: 'go', how: `Go 1.${GO} or newer, from https://go.dev/dl (${found})` });
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

/** What it lacks for guests of QEMU. */
export function missingForGuests(): readonly MissingTool[] {
  const tun = { what: '/dev/net/tun', how: 'load the module tun, and let the container have it' };
  return [...missingOf(GUEST_TOOLS), ...(existsSync('/dev/net/tun') ? [] : [tun])];
}

const missingOf = (tools: Readonly<Record<string, string>>): MissingTool[] =>
  Object.entries(tools)
    .filter(([tool]) => !inPath(tool))
    .map(([what, debianPackage]) => ({ what, how: `apt-get install ${debianPackage}` }));

/** The real components of a control plane, building into the cache folder what is not there yet (minutes, once). */
export async function components(): Promise<Components> {
  const built = await programs(
    await kubernetes({
      etcd: 'go.etcd.io/etcd/server/v3',
      kubectl: 'k8s.io/kubernetes/cmd/kubectl',
      'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
    }),
  );
  return { etcd: built.etcd, apiserver: built['kube-apiserver'], kubectl: built.kubectl };
}

/** The programs that bring its objects to life, built like that. */
export async function workloadPrograms(): Promise<WorkloadPrograms> {
  const built = await programs(
    await kubernetes({
      'kube-controller-manager': 'k8s.io/kubernetes/cmd/kube-controller-manager',
      'kube-scheduler': 'k8s.io/kubernetes/cmd/kube-scheduler',
    }),
  );
  const { kwok } = await programs(KWOK);
  return {
    controllerManager: built['kube-controller-manager'],
    scheduler: built['kube-scheduler'],
    kwok,
    stages: join(KWOK.folder, 'stages.yaml'),
  };
}

/** What answers `kubectl exec` in a kubelet's place, with the kubelet's own library, built like that. */
export async function kubeletExec(): Promise<string> {
  return (await programs(KUBELET_EXEC))['kubelet-exec'];
}

/** A real Vault, built like that: the version of the incident, with integrated storage and the key-value engine. */
export async function vault(): Promise<string> {
  return (await programs(VAULT)).vault;
}

async function kubernetes<Name extends string>(
  packages: Readonly<Record<Name, string>>,
): Promise<GoModule<Name>> {
  return { folder: MODULES, packages, linkerFlags: await versionFlags(MODULES), tags: [] };
}

const KWOK: GoModule<'kwok'> = {
  folder: join(MODULES, 'kwok'),
  packages: { kwok: 'sigs.k8s.io/kwok/cmd/kwok' },
  linkerFlags: [],
  tags: [],
};

const KUBELET_EXEC: GoModule<'kubelet-exec'> = {
  folder: MODULES,
  packages: { 'kubelet-exec': './kubelet-exec' },
  linkerFlags: [],
  tags: [],
  sources: ['kubelet-exec/main.go'],
};

/** `minimal` leaves out the plugins and the storage of clouds: a third of the packages (helper/builtinplugins/registry_min.go). */
const VAULT: GoModule<'vault'> = {
  folder: join(MODULES, 'vault'),
  packages: { vault: 'github.com/hashicorp/vault' },
  linkerFlags: [],
  tags: ['minimal'],
};

/** Without these, kubectl and the API server call themselves `v0.0.0-master+$Format:%H$`. */
async function versionFlags(folder: string): Promise<readonly string[]> {
  const goMod = await readFile(join(folder, 'go.mod'), 'utf8');
  const [, version, major, minor] = /k8s\.io\/kubernetes (v(\d+)\.(\d+)\.\d+)/.exec(goMod) ?? [];
  if (version === undefined || major === undefined || minor === undefined) {
    throw new Error(`no k8s.io/kubernetes version in ${folder}/go.mod`);
  }
  const values = { gitVersion: version, gitMajor: major, gitMinor: minor };
  return ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((path) =>
    Object.entries(values).map(([name, value]) => `-X ${path}.${name}=${value}`),
  );
}

/** The minor version of the Go 1 that is in PATH; none of one that says no version, as a build of its own does not. */
function goVersion(): number | undefined {
  if (!inPath('go')) return undefined;
  const said = spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8', timeout: 10_000 });
  const minor = /^go1\.(\d+)/.exec(said.stdout ?? '')?.[1];
  return minor === undefined ? undefined : Number(minor);
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
