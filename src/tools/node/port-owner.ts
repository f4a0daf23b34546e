import type { Command, Reading } from '../../runbook/command.ts';
import { unparsable, value } from '../../runbook/command.ts';
import { headOf } from './head.ts';
import { containerIdOf, podUidOf } from './pod-uid.ts';
import type { ProcessIdentity } from './process-record.ts';
import { wholeNumber } from './process-stat.ts';
import { script } from './script.ts';
import type { ScriptRecord } from './script.ts';

/** A socket that listens on the port. */
export interface PortListener {
  readonly protocol: 'tcp' | 'udp';
  /** As `ss` prints it, without the port: `127.0.0.1`, `[::1]`, `*`. */
  readonly address: string;
  readonly inode: number;
}

/** A process that holds such a socket. */
export interface PortHolder extends ProcessIdentity {
  readonly protocol: 'tcp' | 'udp';
  /** The thread whose descriptors hold it; the process itself where its leader lives. */
  readonly tid: number;
  /** Of the process: one letter, as in proc(5). */
  readonly state: string;
  readonly threads: number;
  /** The pod whose control group it is in; absent for a service of the host. */
  readonly podUid?: string;
  readonly containerId?: string;
  /** `ss` names it. False: only a thread's descriptors show it, as with a zombie whose thread is in D (COMMANDS C.3; lab 07). */
  readonly shown: boolean;
}

/**
 * Who listens on a port of a node, TCP and UDP. No listener: the port is free now. A listener without a holder, asked
 * by root: a socket of the kernel, or the process went while it was looked at.
 */
export interface PortOwner {
  readonly bootId: string;
  /** Without root the holders are never shown, and none of them is none known. */
  readonly root: boolean;
  readonly listeners: readonly PortListener[];
  readonly holders: readonly PortHolder[];
}

const protocolOf = (word: string | undefined): PortListener['protocol'] | undefined =>
  word === 'tcp' || word === 'udp' ? word : undefined;

function toListener({ fields }: ScriptRecord): PortListener | undefined {
  const [protocol, inode] = [protocolOf(fields[0]), wholeNumber(fields[2])];
  const address = fields[1]?.replace(/:\d+$/, '');
  if (protocol === undefined || inode === undefined || !address) return undefined;
  return { protocol, address, inode };
}

function toHolder({ fields }: ScriptRecord): PortHolder | undefined {
  const protocol = protocolOf(fields[0]);
  const [pid, tid, startTicks, threads] = [fields[1], fields[2], fields[3], fields[5]].map(
    wholeNumber,
  );
  const [state, shown, group] = [fields[4] ?? '', fields[6], fields[7]];
  if (protocol === undefined || group === undefined || !/^[A-Za-z]$/.test(state)) return undefined;
  if (pid === undefined || tid === undefined || startTicks === undefined) return undefined;
  if (threads === undefined || (shown !== 'yes' && shown !== 'no')) return undefined;
  const [podUid, containerId] = [podUidOf(group), containerIdOf(group)];
  return {
    protocol,
    pid,
    tid,
    startTicks,
    comm: fields.slice(8).join('\t'),
    state,
    threads,
    ...(podUid === undefined ? {} : { podUid }),
    ...(containerId === undefined ? {} : { containerId }),
    shown: shown === 'yes',
  };
}

function readPortOwner(records: readonly ScriptRecord[]): Reading<PortOwner> {
  const head = headOf(records);
  if (head === undefined)
    return unparsable('expected the boot id and the user id of the node first');
  const listeners: PortListener[] = [];
  const holders: PortHolder[] = [];
  for (const record of records) {
    if (record.kind === 'listen') {
      const listener = toListener(record);
      if (listener === undefined)
        return unparsable('expected a listening socket with its inode, and got something else');
      listeners.push(listener);
    }
    if (record.kind === 'holder') {
      const holder = toHolder(record);
      if (holder === undefined)
        return unparsable('expected a holder of the port with its start, and got something else');
      holders.push(holder);
    }
  }
  return value({ ...head, listeners, holders });
}

/** Who listens on a port of a node, also where `ss` shows no owner; nothing outside /proc is looked at; 20 s. */
export function portOwner(node: string, port: number): Command<PortOwner> {
  return script<PortOwner>({
    where: { on: 'node', node },
    id: 'node.port-owner',
    about: `look for who holds port ${port} on ${node}`,
    script: 'node/port-owner',
    args: [String(port)],
    deadlineMs: 20_000,
    read: readPortOwner,
  });
}
