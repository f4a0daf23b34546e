import type { Command, Reading } from '../../runbook/command.ts';
import { unparsable, value } from '../../runbook/command.ts';
import { only } from './head.ts';
import { wholeNumber } from './process-stat.ts';
import { script } from './script.ts';
import type { ScriptRecord } from './script.ts';

/** The end of a container's log, as it lies on the node. */
export interface LogFile {
  readonly present: boolean;
  /** When it was last written to: seconds since 1970, UTC, by the node's clock. */
  readonly mtime?: number;
  /** When it was read: seconds since 1970, UTC, by the node's clock. */
  readonly now: number;
  /** Lines in the CRI format, oldest first; the first may be the end of a longer one. */
  readonly lines: readonly string[];
}

/** How much of the end of a log is read: 64 KiB. */
const BYTES = 65_536;

function readLogFile(records: readonly ScriptRecord[]): Reading<LogFile> {
  const now = wholeNumber(only(records, 'now'));
  if (now === undefined)
    return unparsable("expected the node's clock before its log, and there is none");
  if (only(records, 'absent') !== undefined) return value({ present: false, now, lines: [] });
  const file = records.find((r) => r.kind === 'file');
  if (file === undefined)
    return unparsable('expected a file record or an absent record, and got neither');
  const mtime = wholeNumber(file.fields[1]);
  const lines = records.filter((r) => r.kind === 'log').map((r) => r.rest);
  return value({ present: true, ...(mtime === undefined ? {} : { mtime }), now, lines });
}

/**
 * The last 64 KiB of a container's newest log file, read on its node: local disk, past the kubelet, and safe on a node
 * whose NFS mounts hang (COMMANDS A.4, reading logs); 10 s.
 */
export function podLogFile(
  node: string,
  pod: { readonly namespace: string; readonly name: string; readonly uid: string },
  container: string,
): Command<LogFile> {
  return script<LogFile>({
    where: { on: 'node', node },
    id: 'node.pod-log',
    about: `read the log of ${pod.namespace}/${pod.name} (${container}) on ${node}`,
    script: 'node/pod-log',
    args: [pod.namespace, pod.name, pod.uid, container, String(BYTES)],
    deadlineMs: 10_000,
    read: readLogFile,
  });
}
