import type { Command, Reading } from '../../runbook/command.ts';
import { unparsable, value } from '../../runbook/command.ts';
import { headOf } from './head.ts';
import { parseProcess } from './process-record.ts';
import type { Process } from './process-record.ts';
import { wholeNumber } from './process-stat.ts';
import { script } from './script.ts';
import type { ScriptRecord } from './script.ts';

/** The kubelet of a node, from three sides. */
export interface Kubelet {
  readonly bootId: string;
  readonly root: boolean;
  /** What systemd says of the unit; absent where it does not. `deactivating` and `final-sigkill`: it cannot be killed. */
  readonly unit?: { readonly active: string; readonly sub: string; readonly mainPid?: number };
  /**
   * The health endpoint on 127.0.0.1:10248. `silent`: it took the connection and said nothing in 3 s, as a zombie that
   * still holds its port does (COMMANDS B.3). `unknown`: there is no curl, or it failed in another way.
   */
  readonly healthz:
    | { readonly is: 'status'; readonly status: number }
    | { readonly is: 'refused' }
    | { readonly is: 'silent' }
    | { readonly is: 'unknown' };
  /** Processes named kubelet; `Z` with more than one thread is one that cannot be reaped. */
  readonly processes: readonly Process[];
}

function toHealthz(status: string | undefined, code: string | undefined): Kubelet['healthz'] {
  if (status !== undefined && /^[1-9]\d\d$/.test(status)) {
    return { is: 'status', status: Number(status) };
  }
  if (code === '7') return { is: 'refused' };
  return code === '28' ? { is: 'silent' } : { is: 'unknown' };
}

function toUnit(fields: readonly string[]): Pick<Kubelet, 'unit'> {
  const [active = '-', sub = '-', main] = fields;
  if (active === '-') return {};
  const mainPid = wholeNumber(main) ?? 0;
  return { unit: { active, sub, ...(mainPid === 0 ? {} : { mainPid }) } };
}

function readKubelet(records: readonly ScriptRecord[]): Reading<Kubelet> {
  const head = headOf(records);
  const unit = records.find((r) => r.kind === 'unit');
  const healthz = records.find((r) => r.kind === 'healthz');
  if (head === undefined || unit === undefined || healthz === undefined) {
    return unparsable(
      'expected the boot id, the unit and the health of the kubelet, and one is missing',
    );
  }
  const processes: Process[] = [];
  for (const record of records.filter((r) => r.kind === 'proc')) {
    const process = parseProcess(record);
    if (process === undefined)
      return unparsable('expected a process with its start and state, and got something else');
    processes.push(process);
  }
  return value({
    ...head,
    ...toUnit(unit.fields),
    healthz: toHealthz(healthz.fields[0], healthz.fields[1]),
    processes,
  });
}

/** The kubelet's unit, health endpoint and processes; 15 s. */
export function kubelet(node: string): Command<Kubelet> {
  return script<Kubelet>({
    where: { on: 'node', node },
    id: 'node.kubelet',
    about: `look at the kubelet of ${node}`,
    script: 'node/kubelet',
    args: [],
    deadlineMs: 15_000,
    read: readKubelet,
  });
}
