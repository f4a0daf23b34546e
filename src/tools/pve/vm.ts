import type { Command, Reading } from '../../runbook/command.ts';
import { unparsable, value } from '../../runbook/command.ts';
import { headOf, only } from '../node/head.ts';
import { wholeNumber } from '../node/process-stat.ts';
import { script } from '../node/script.ts';
import type { ScriptRecord } from '../node/script.ts';
import { printable } from '../printable.ts';
import type { BootOrder } from './boot.ts';
import { readConfig } from './config.ts';

/** A virtual machine of Proxmox VE, as its configuration and `qm` show it. */
export interface Vm {
  /** The inventory's name of the host that was asked. */
  readonly host: string;
  /** The name the host gives itself. */
  readonly hypervisor: string;
  readonly vmid: number;
  readonly name: string;
  /** By `qm list`, where a paused machine is running (COMMANDS D.1). */
  readonly status: 'running' | 'stopped';
  /**
   * `running`, `paused`, `prelaunch`, `io-error`, … or `unknown`. Where QEMU does not answer, `qm` repeats `status`
   * here, so `running` is no proof that the guest runs.
   */
  readonly qmpStatus: string;
  /** A backup, a migration, a snapshot or a clone is under way. */
  readonly lock?: string;
  /** The SMBIOS UUID of the configuration, in lower case. */
  readonly uuid?: string;
  /** In lower case. */
  readonly macs: readonly string[];
  /** The fixed addresses of its cloud-init settings. */
  readonly addresses: readonly string[];
  /** Its drives with their settings, by device: `scsi0`. */
  readonly disks: Readonly<Record<string, string>>;
  readonly boot: BootOrder;
  /** The `hostpciN` lines. */
  readonly hostpci: readonly string[];
  /** The changes that the next start applies and a reset does not, as `qm pending` says them: `new memory: 16384`. */
  readonly pending: readonly string[];
  /** Whether the HA manager has it: then a stop or a start is a request to it, and a reset goes past it (COMMANDS D.1). */
  readonly ha: 'none' | 'managed' | 'unknown';
  /** Other VMIDs of the cluster with its name or its UUID: with any of them neither of the two identifies it. */
  readonly twins: readonly number[];
  /** Whether the guest agent answered; `undefined`: it is not known. */
  readonly agent: boolean | undefined;
  /** It is a template, which never runs. */
  readonly template?: true;
}

const HA = { none: 'none', managed: 'managed', unknown: 'unknown' } as const;

const restsOf = (records: readonly ScriptRecord[], kind: string): readonly string[] =>
  records.filter((r) => r.kind === kind).map((r) => r.rest);

/** `new` and `del` lines; the `cur` ones are what holds already. `undefined` where a line is none of the three. */
function pendingOf(lines: readonly string[]): readonly string[] | undefined {
  if (lines.some((line) => !/^(?:cur|new|del) \S+:/.test(line))) return undefined;
  return lines.filter((line) => !line.startsWith('cur ')).map((line) => printable(line));
}

function agentOf(word: string | undefined): boolean | undefined {
  if (word === 'yes') return true;
  return word === 'no' ? false : undefined;
}

function readVm(
  records: readonly ScriptRecord[],
  host: string,
  vmid: number,
): Reading<Vm | undefined> {
  const hypervisor = only(records, 'host');
  if (headOf(records) === undefined || !hypervisor) {
    return unparsable('expected the boot id, the user id and the name of the hypervisor first');
  }
  const list = records.find((r) => r.kind === 'list');
  if (list === undefined) {
    return only(records, 'absent') === undefined
      ? unparsable(`expected to hear whether VM ${vmid} is on ${host}, and it was not said`)
      : value(undefined);
  }
  const [status, listed = ''] = list.fields;
  const config = readConfig(restsOf(records, 'config'));
  const pending = pendingOf(restsOf(records, 'pending'));
  const ha = Object.entries(HA).find(([word]) => word === only(records, 'ha'))?.[1];
  const twins = restsOf(records, 'twin').map(wholeNumber);
  const name = config?.name ?? listed;
  if (status !== 'running' && status !== 'stopped') {
    return unparsable(`expected VM ${vmid} to be running or stopped by qm list, and it is neither`);
  }
  if (config === undefined || !records.some((r) => r.kind === 'config') || name === '') {
    return unparsable(`expected the configuration of VM ${vmid} as key: value lines`);
  }
  if (pending === undefined || ha === undefined || twins.includes(undefined)) {
    return unparsable(
      `expected the pending changes, the HA state and the twins of VM ${vmid}, and one is not understood`,
    );
  }
  const states = new Map(
    records.filter((r) => r.kind === 'status').map((r) => [r.fields[0] ?? '', r.fields[1] ?? '']),
  );
  const lock = config.lock ?? states.get('lock');
  return value({
    host,
    hypervisor,
    vmid,
    name,
    status,
    qmpStatus: states.get('qmpstatus') || 'unknown',
    ...(lock ? { lock } : {}),
    ...(config.uuid === undefined ? {} : { uuid: config.uuid }),
    macs: config.macs,
    addresses: config.addresses,
    disks: config.disks,
    boot: config.boot,
    hostpci: config.hostpci,
    pending,
    ha,
    twins: twins.filter((it) => it !== undefined),
    agent: agentOf(only(records, 'agent')),
    ...(config.template ? { template: true } : {}),
  });
}

/** One VM as a Proxmox VE host knows it; `undefined` where it is not on that host; 50 s. */
export function vmOn(host: string, vmid: number): Command<Vm | undefined> {
  return script<Vm | undefined>({
    where: { on: 'pve', host },
    id: 'pve.vm',
    about: `read VM ${vmid} on ${host}`,
    script: 'pve/vm',
    args: [String(vmid)],
    deadlineMs: 50_000,
    read: (records) => readVm(records, host, vmid),
  });
}
