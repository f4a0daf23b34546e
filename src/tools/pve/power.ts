import type { Command, Reading } from '../../runbook/command.ts';
import { unparsable, value } from '../../runbook/command.ts';
import { only } from '../node/head.ts';
import { wholeNumber } from '../node/process-stat.ts';
import { script } from '../node/script.ts';
import type { ScriptRecord } from '../node/script.ts';
import { printable } from '../printable.ts';
import { failed } from '../reading.ts';
import type { Vm } from './vm.ts';

/** What `qm` is told to do: never with `--skiplock` (COMMANDS D.1). */
export type PowerVerb = 'reset' | 'resume' | 'stop' | 'start';

/**
 * `sent`: `qm` ended well, which is no proof of anything (COMMANDS fact 1, fact 2). `other`: the VM of that id has
 * another name or UUID now, and nothing was sent. `absent`: there is none of that id on that host.
 */
export type PowerAnswer = 'sent' | 'other' | 'absent';

/** Seconds for each: a lock is waited for 10 s, a stop ends after up to 70 s (COMMANDS D.1). */
const DEADLINE_SECONDS = { reset: 40, resume: 20, stop: 100, start: 100 } as const;

const KILLED = 137;

function readPower(records: readonly ScriptRecord[], verb: PowerVerb): Reading<PowerAnswer> {
  const has = (kind: string): boolean => records.some((r) => r.kind === kind);
  if (has('absent')) return value('absent');
  if (has('other')) return value('other');
  const code = wholeNumber(only(records, 'exit'));
  if (code === undefined) {
    return unparsable(`expected the exit code of qm ${verb}, and got something else`);
  }
  if (code === 0) return value('sent');
  if (code === KILLED) {
    return failed('timeout', `qm ${verb} was killed at its deadline; what it did is unknown`);
  }
  const said = records.findLast((r) => r.kind === 'said' && r.rest.trim() !== '')?.rest;
  return failed(
    'exit',
    said === undefined
      ? `qm ${verb} failed with exit code ${code} and said nothing`
      : printable(`qm ${verb} refused: ${said}`),
  );
}

/**
 * `qm VERB VMID` on the host that has the VM, which must still have the name and the SMBIOS UUID that were seen: the
 * host compares both immediately before it (COMMANDS D.1, D.2).
 */
export function power(
  vm: Pick<Vm, 'host' | 'vmid' | 'name' | 'uuid'>,
  verb: PowerVerb,
): Command<PowerAnswer> {
  const { host, vmid, name, uuid } = vm;
  return script<PowerAnswer>({
    where: { on: 'pve', host },
    id: `pve.${verb}`,
    about: `${verb} VM ${vmid} (${printable(name, 80)}) on ${host}`,
    script: 'pve/power',
    args: [verb, String(vmid), name, uuid ?? '-'],
    does: 'mutates',
    scope: `vm ${vmid}`,
    deadlineMs: DEADLINE_SECONDS[verb] * 1000,
    read: (records) => readPower(records, verb),
  });
}
