import type { Command, Reading } from '../../runbook/command.ts';
import { unparsable, value } from '../../runbook/command.ts';
import { headOf } from './head.ts';
import { parseMount } from './mountinfo.ts';
import { script } from './script.ts';
import type { ScriptRecord } from './script.ts';

/** An NFS mount of a node, from its mount table. */
export interface NfsMount {
  readonly path: string;
  /** `192.168.1.127:/srv/nfs/vault`. */
  readonly source: string;
  /** The server as the source names it, without brackets. */
  readonly server: string;
  /** `4.2`, `4.1`, `4.0`, `3`: what was negotiated, also where the options say `nfsvers=4` (COMMANDS B.4). */
  readonly version: string;
  /** The pod whose directory it is in. */
  readonly podUid?: string;
  /** `0:61`: the superblock, which several mounts of one export share. */
  readonly device: string;
}

/** The NFS side of a node, from tables that never hang (COMMANDS B.1). */
export interface NfsState {
  readonly bootId: string;
  readonly root: boolean;
  readonly mounts: readonly NfsMount[];
  /**
   * Devices of the kernel's NFS volumes that no mount table has: what a lazy unmount left behind. They are gone from
   * sight and not from the kernel (COMMANDS B.4). Without root the tables of others are not seen, and there are none.
   */
  readonly ghosts: readonly string[];
}

const POD = /\/pods\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32})\//;

/** `10.0.0.10:/export`, `[fd00::1]:/export`. */
const serverOf = (source: string): string | undefined =>
  /^\[([^\]]+)\]:\//.exec(source)?.[1] ?? /^([^:/]+):\//.exec(source)?.[1];

/** Field 3 of mountinfo, and `vers=` of the super options, which stand after type and source (proc(5)). */
function toMount(line: string): NfsMount | undefined {
  const mount = parseMount(line);
  const device = /^\d+ \d+ (\d+:\d+) /.exec(line)?.[1];
  const version = / - nfs4? \S+ (?:\S*,)?vers=([0-9.]+)(?:,|$)/.exec(line)?.[1];
  const server = mount === undefined ? undefined : serverOf(mount.source);
  if (mount === undefined || device === undefined) return undefined;
  if (version === undefined || server === undefined) return undefined;
  const podUid = POD.exec(mount.path)?.[1];
  return {
    path: mount.path,
    source: mount.source,
    server,
    version,
    ...(podUid === undefined ? {} : { podUid }),
    device,
  };
}

/** The device of a line of `/proc/fs/nfsfs/volumes`: `v4 7f000001  801 0:29  0:0  no` (lab 04). */
const deviceOf = (line: string): string | undefined =>
  /^v\d +[0-9a-f]+ +[0-9a-f]+ +(\d+:\d+)(?: |$)/.exec(line)?.[1];

function readNfsState(records: readonly ScriptRecord[]): Reading<NfsState> {
  const head = headOf(records);
  if (head === undefined)
    return unparsable('expected the boot id and the user id of the node first');
  const mounts: NfsMount[] = [];
  const volumes = new Set<string>();
  const elsewhere = new Set<string>();
  for (const { kind, rest } of records) {
    if (kind === 'mount') {
      const mount = toMount(rest);
      if (mount === undefined)
        return unparsable('expected an NFS line of mountinfo with its version, and got another');
      mounts.push(mount);
    }
    if (kind === 'volume' && !rest.startsWith('NV ')) {
      const device = deviceOf(rest);
      if (device === undefined)
        return unparsable('expected a line of /proc/fs/nfsfs/volumes, and got something else');
      volumes.add(device);
    }
    if (kind === 'elsewhere') elsewhere.add(rest);
  }
  const mounted = new Set([...mounts.map(({ device }) => device), ...elsewhere]);
  const ghosts = head.root ? [...volumes].filter((device) => !mounted.has(device)) : [];
  return value({ ...head, mounts, ghosts });
}

/** The NFS mounts of a node with their versions, and what lazy unmounts left behind; 15 s. */
export function nfsState(node: string): Command<NfsState> {
  return script<NfsState>({
    where: { on: 'node', node },
    id: 'node.nfs-state',
    about: `read the NFS mounts of ${node} from its tables`,
    script: 'node/nfs-state',
    args: [],
    deadlineMs: 15_000,
    read: readNfsState,
  });
}
