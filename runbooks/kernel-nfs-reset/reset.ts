import { notOurAccessPath } from '../../src/guards/access-path.ts';
import { controlPlaneStays } from '../../src/guards/control-plane.ts';
import { lowerRungsSpent } from '../../src/guards/lower-rungs.ts';
import { noForeignMaintenance } from '../../src/guards/maintenance.ts';
import { vaultQuorumWithout } from '../../src/guards/node-quorum.ts';
import { oneNodeAtATime } from '../../src/guards/one-at-a-time.ts';
import { serverAnswers } from '../../src/guards/server-answers.ts';
import { vmIdentity, vmState } from '../../src/guards/vm.ts';
import type { Observation, Seen } from '../../src/runbook/observation.ts';
import type { NodeRef, PodRef } from '../../src/runbook/references.ts';
import type { Site } from '../../src/runbook/site.ts';
import type { BlastRadius, Drift, Guard, Target } from '../../src/runbook/step.ts';
import { getNode } from '../../src/tools/kubectl/nodes.ts';
import { nfsClients } from '../../src/tools/nfs/clients.ts';
import type { NfsClients } from '../../src/tools/nfs/clients.ts';
import type { MountTry, NfsVersion } from '../../src/tools/nfs/probe.ts';
import { identity } from '../../src/tools/node/identity.ts';
import { nfsState } from '../../src/tools/node/nfs-state.ts';
import { tasks } from '../../src/tools/node/tasks.ts';
import { power } from '../../src/tools/pve/power.ts';
import type { PowerVerb } from '../../src/tools/pve/power.ts';
import { RUNG_WORDS } from './facts.ts';
import type { Climbed, Reboot, Verdict, VmRef } from './facts.ts';
import { heardLately, judgeControl, sayTry } from './judge/diagnosis.ts';
import { measureHit } from './judge/hit.ts';
import { nfsHolders, sayHolder } from './judge/stuck.ts';
import type { hit } from './looks.ts';
import { mountOn } from './looks.ts';

/** The parts that the ways of taking a machine down share, kept apart from the graph so that the graph reads as a map. */

/** The VM with what proves it: two facts of the hypervisor's, and the boot that is to end. */
export const targetVm = (vm: VmRef, node: NodeRef): Target => ({
  name: vm.name,
  kind: 'vm',
  proven: [`VM ${vm.vmid} on ${vm.host}`, ...vm.proven, `runs boot ${node.bootId}`],
});

/** Everything that must hold before a machine goes down. */
export const guardsOfReset = (
  site: Site,
  node: NodeRef,
  control: string,
  climbed: readonly Climbed[],
  voters: readonly PodRef[],
  expected: 'running' | 'stopped',
  now: number,
): readonly Guard[] => [
  vmIdentity(site, node.name),
  vmState(site, node.name, expected),
  lowerRungsSpent(RUNG_WORDS, climbed),
  oneNodeAtATime(site, node.name),
  vaultQuorumWithout(site, voters, node.name, now),
  controlPlaneStays(site, node.name),
  serverAnswers(site, control),
  noForeignMaintenance(site),
  notOurAccessPath(site, node.name),
];

/** What the deed hits, in numbers. */
export const measure = (
  node: NodeRef,
  voters: readonly PodRef[],
  seen: Seen<ReturnType<typeof hit>>,
): BlastRadius =>
  measureHit(
    node.name,
    voters.map((it) => it.name),
    seen,
  );

/** What decided for taking the machine down, as facts carry it. */
export interface Sick {
  readonly target: NodeRef;
  readonly control: string;
  readonly verdict: Verdict;
  readonly version: NfsVersion;
}

/**
 * One fresh sample of what decided: the boot that is to end, what cannot end by itself, and a test mount, which says at once that
 * it was not tried while another is stuck; beside it one on the control, since what fails there too is the server's fault.
 */
export const signals = (site: Site, { target, control, verdict, version }: Sick) => ({
  node: getNode(site.cluster, target.name),
  scan: tasks(target.name),
  state: nfsState(target.name),
  clients: nfsClients(site),
  there: mountOn(site, control),
  mount: verdict.is === 'dead-holder' ? undefined : mountOn(site, target.name, version),
});

/** Whether the node still needs it: another boot, a control that does not mount, or a mount that works again voids the yes. */
export function stillSick(
  { target, control, verdict, version }: Sick,
  seen: Seen<ReturnType<typeof signals>>,
): Drift {
  const { node, scan, mount } = seen;
  if (!node.ok) return { drift: 'unknown', because: `the node could not be read: ${node.says}` };
  const boot = node.value?.bootID ?? '';
  if (boot !== target.bootId)
    return { drift: 'changed', because: `${target.name} runs boot ${boot} already` };
  const there = judgeControl(control, seen.there);
  if (there.is !== 'works')
    return { drift: there.is === 'server' ? 'changed' : 'unknown', because: there.because };
  if (!scan.ok)
    return { drift: 'unknown', because: `${target.name} could not be looked at: ${scan.says}` };
  const [holder] = nfsHolders(scan.value.tasks, seen.state);
  if (holder !== undefined) return { drift: 'same', because: `still: ${sayHolder(holder)}` };
  if (verdict.is === 'dead-holder')
    return {
      drift: 'changed',
      because: `nothing dead holds the client of ${target.name} any more`,
    };
  return stillHangs(target, verdict, version, mount, seen.clients);
}

function stillHangs(
  target: NodeRef,
  verdict: Verdict,
  version: NfsVersion,
  mount: Observation<MountTry> | undefined,
  clients: Observation<NfsClients> | undefined,
): Drift {
  const said = sayTry(version, mount);
  if (mount?.ok === false && mount.why === 'withheld')
    return { drift: 'same', because: 'the same boot; a plan mounts nothing' };
  if (mount?.ok !== true) return { drift: 'unknown', because: said };
  switch (mount.value.is) {
    case 'locked':
      return { drift: 'unknown', because: said };
    case 'mounted':
    case 'failed':
      return { drift: 'changed', because: `no mount hangs on ${target.name} any more: ${said}` };
    case 'hung':
    case 'busy': {
      const wedged = verdict.is === 'wedged' || verdict.is === 'stuck';
      return wedged && heardLately(clients, target) === true
        ? {
            drift: 'changed',
            because: `the server has heard its client within the lease, so that is not wedged; ${said}`,
          }
        : { drift: 'same', because: `the same boot; ${said}` };
    }
  }
}

/** The two witnesses of a boot. */
export const witnesses = (site: Site, node: NodeRef) => ({
  node: getNode(site.cluster, node.name),
  guest: identity({ on: 'node', node: node.name }),
});

/** What the operator must know first: a passed-through device may not come back with the guest (COMMANDS D.1). */
export const warning = (vm: VmRef): string | undefined =>
  vm.hostpci.length === 0
    ? undefined
    : `A device of the host is passed through to ${vm.name} (${vm.hostpci.join(', ')}): it may not come back with the guest.`;

/** A second boot of the same node in one run is asked for in words; a reset that was proven to do nothing is no boot. */
export function whyAgain(
  node: NodeRef,
  reboots: readonly Reboot[],
  before: readonly string[],
): string | undefined {
  const mine = [...before, ...reboots.map((it) => it.node)].filter((it) => it === node.name);
  return mine.length === 0
    ? undefined
    : `${node.name} was repaired ${mine.length === 1 ? 'once' : `${mine.length} times`} in this run, and it did not last. Why should another reset help?`;
}

/** Switches the very VM that was proven. */
export const switchVm = ({ host, vmid, name, uuid }: VmRef, verb: PowerVerb) =>
  power({ host, vmid, name, ...(uuid === undefined ? {} : { uuid }) }, verb);
