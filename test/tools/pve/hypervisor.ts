import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { files, folder } from '../node/fake-proc.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures/tools/pve');

/** What `qm` or `ha-manager` prints, reconstructed from their source. */
export const printed = (name: string): string => readFileSync(join(FIXTURES, name), 'utf8');

/** The lines of a text with some of them replaced, by key; `undefined` takes one out. */
export const changed = (
  text: string,
  how: Readonly<Record<string, string | undefined>>,
): string => {
  const kept = text.split('\n').filter((line) => !Object.hasOwn(how, line.split(':')[0] ?? ''));
  const added = Object.entries(how).flatMap(([k, v]) => (v === undefined ? [] : [`${k}: ${v}`]));
  return [...kept.filter((line) => line !== ''), ...added, ''].join('\n');
};

/** How one command of a stand-in ends: what it prints where, and its exit code; `hangs` sleeps first. */
export interface Answer {
  readonly out?: string;
  readonly err?: string;
  readonly code?: number;
  readonly hangs?: boolean;
}

export interface Row {
  readonly vmid: number;
  readonly name: string;
  readonly status?: 'running' | 'stopped';
}

const rowOf = (...cells: readonly [string, string, string, string, string, string]): string => {
  const [vmid, name, status, memory, disk, pid] = cells;
  return `${vmid.padStart(10)} ${name.padEnd(20)} ${status.padEnd(10)} ${memory.padEnd(10)} ${disk.padStart(12)} ${pid.padEnd(10)}\n`;
};

/** `printf "%10s %-20s %-10s %-10s %12.2f %-10s\n"` over the rows, under a head; nothing at all for none (qm:CLI/qm.pm). */
export function qmList(rows: readonly Row[]): string {
  if (rows.length === 0) return '';
  return [
    rowOf('VMID', 'NAME', 'STATUS', 'MEM(MB)', 'BOOTDISK(GB)', 'PID'),
    ...rows.map(({ vmid, name, status = 'running' }) =>
      rowOf(String(vmid), name, status, '32768', '256.00', status === 'running' ? '2841' : '0'),
    ),
  ].join('');
}

/** A task that failed: the worker's words on standard output, the error in one line on standard error, 255 (COMMANDS D.1). */
export const taskError = (error: string, ...before: readonly string[]): Answer => ({
  out: before.map((line) => `${line}\n`).join(''),
  err: `${error}\n`,
  code: 255,
});

/** What a command says about a VM that another host has (COMMANDS D.1). */
export const noConfig = (vmid: number): Answer => ({
  err: `Configuration file 'nodes/pve/qemu-server/${vmid}.conf' does not exist\n`,
  code: 2,
});

/** VM 202 as it is when nothing is wrong. */
export const HEALTHY: Readonly<Record<string, Answer>> = {
  list: {
    out: qmList([
      { vmid: 200, name: 'k8s-master' },
      { vmid: 202, name: 'k8s-node2' },
      { vmid: 203, name: 'k8s-node3', status: 'stopped' },
    ]),
  },
  'status 202 --verbose': { out: printed('status-202.txt') },
  'config 202 --current': { out: printed('config-202.txt') },
  'pending 202': { out: printed('pending-none.txt') },
  'agent 202 ping': {},
  'reset 202': {},
};

/** The configuration files of the cluster, by `node/VMID`. */
export const CLUSTER_FILES: Readonly<Record<string, string>> = {
  'pve/202': printed('config-202.txt'),
  'pve/203': 'name: k8s-node3\nsmbios1: uuid=00000000-0000-4000-8000-000000000203\n',
  'pve2/209': printed('sections.conf'),
};

const TOOL = `#!/bin/sh
# A stand-in: it answers each of its command lines from files, and keeps a list of them.
dir=$(dirname "$0")
tool=$(basename "$0")
printf '%s %s\\n' "$tool" "$*" >>"$dir/asked"
key="$dir/answers/$tool.$(printf '%s' "$*" | tr ' /' '__')"
if [ ! -d "$key" ]; then echo "400 unknown: $tool $*" >&2; exit 255; fi
if [ -e "$key/hangs" ]; then sleep 600; fi
cat "$key/out"
cat "$key/err" >&2
exit "$(cat "$key/code")"
`;

/** A Proxmox VE host that is not there: an environment for a script, and what was asked of it. */
export interface Hypervisor {
  readonly env: Readonly<Record<string, string>>;
  readonly asked: () => readonly string[];
}

/** Stand-ins for `qm` and `ha-manager` in front of everything else in PATH, and a folder in place of /etc/pve. */
export function hypervisor({
  qm = HEALTHY,
  ha = { out: '' },
  configs = CLUSTER_FILES,
}: {
  readonly qm?: Readonly<Record<string, Answer>>;
  readonly ha?: Answer | 'missing';
  readonly configs?: Readonly<Record<string, string>>;
} = {}): Hypervisor {
  const dir = folder();
  const answers = [
    ...Object.entries(qm).map(([line, answer]) => [`qm.${line}`, answer] as const),
    ...(ha === 'missing' ? [] : [['ha-manager.config', ha] as const]),
  ];
  files(
    dir,
    Object.fromEntries(
      answers.flatMap(([line, { out = '', err = '', code = 0, hangs = false }]) => {
        const key = `answers/${line.replaceAll(/[ /]/g, '_')}`;
        return [
          [`${key}/out`, out],
          [`${key}/err`, err],
          [`${key}/code`, String(code)],
          ...(hangs ? [[`${key}/hangs`, '']] : []),
        ];
      }),
    ),
  );
  files(dir, { qm: TOOL, ...(ha === 'missing' ? {} : { 'ha-manager': TOOL }) });
  for (const tool of ['qm', 'ha-manager']) {
    if (existsSync(join(dir, tool))) chmodSync(join(dir, tool), 0o755);
  }
  files(
    join(dir, 'etc-pve'),
    Object.fromEntries(
      Object.entries(configs).map(([where, text]) => {
        const [node = '', vmid = ''] = where.split('/');
        return [`nodes/${node}/qemu-server/${vmid}.conf`, text];
      }),
    ),
  );
  return {
    env: { PATH: `${dir}:${process.env['PATH'] ?? ''}`, SRE_PVE_ROOT: join(dir, 'etc-pve') },
    asked: () => {
      const log = join(dir, 'asked');
      return existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n') : [];
    },
  };
}
