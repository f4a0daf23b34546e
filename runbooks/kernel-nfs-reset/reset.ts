import type { Seen } from '../../src/runbook/observation.ts';
import type { NodeRef, PodRef } from '../../src/runbook/references.ts';
import type { Site } from '../../src/runbook/site.ts';
import type { BlastRadius, Drift, Guard, Target } from '../../src/runbook/step.ts';
import { notOurAccessPath } from '../../src/guards/access-path.ts';
import { controlPlaneStays } from '../../src/guards/control-plane.ts';
import { lowerRungsSpent } from '../../src/guards/lower-rungs.ts';
import { noForeignMaintenance } from '../../src/guards/maintenance.ts';
import { vaultQuorumWithout } from '../../src/guards/node-quorum.ts';
import { oneNodeAtATime } from '../../src/guards/one-at-a-time.ts';
import { sameMachine } from '../../src/guards/same-machine.ts';
import { serverAnswers } from '../../src/guards/server-answers.ts';
import { vmIdentity, vmState } from '../../src/guards/vm.ts';
import { getNode } from '../../src/tools/kubectl/nodes.ts';
import { identity } from '../../src/tools/node/identity.ts';
import { holdsDead } from '../../src/tools/node/poisoner.ts';
import { tasks } from '../../src/tools/node/tasks.ts';
import { power } from '../../src/tools/pve/power.ts';
import type { PowerVerb } from '../../src/tools/pve/power.ts';
import { RUNG_WORDS } from './facts.ts';
import type { Climbed, Reboot, Verdict, VmRef } from './facts.ts';
import { measureHit } from './judge/hit.ts';
import { sayTry } from './judge/diagnosis.ts';
import { sayTask } from './judge/survey.ts';
import { hit, mountOn } from './looks.ts';

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

/** While the guest runs, the machine that SSH reaches must be the one that the API means. */
export const guestIsTheNode = (site: Site, node: NodeRef): Guard => sameMachine(site, node.name);

/** What the deed hits, in numbers. */
export const blast = (site: Site) => hit(site);

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

/**
 * One fresh sample of what decided: the boot that is to end, and what cannot end by itself. Where nothing dead holds the client, a
 * test mount decides; it says at once that it was not tried while a mount is stuck.
 */
export const signals = (site: Site, node: NodeRef, verdict: Verdict) => ({
  node: getNode(site.cluster, node.name),
  scan: tasks(node.name),
  mount: verdict.is === 'dead-holder' ? undefined : mountOn(site, node.name),
});

/** Whether the node still needs it: another boot, or a mount that works again, voids the confirmation. */
export function stillSick(
  node: NodeRef,
  verdict: Verdict,
  seen: Seen<ReturnType<typeof signals>>,
): Drift {
  if (!seen.node.ok)
    return { drift: 'unknown', because: `the node could not be read: ${seen.node.says}` };
  const boot = seen.node.value?.bootID ?? '';
  if (boot !== node.bootId)
    return { drift: 'changed', because: `${node.name} runs boot ${boot} already` };
  if (!seen.scan.ok)
    return { drift: 'unknown', because: `${node.name} could not be looked at: ${seen.scan.says}` };
  const holders = seen.scan.value.tasks.filter(holdsDead);
  if (holders.length > 0)
    return { drift: 'same', because: `still: ${holders.map(sayTask).join(', ')}` };
  if (verdict.is === 'dead-holder')
    return { drift: 'changed', because: `nothing dead holds the client of ${node.name} any more` };
  const said = sayTry('default', seen.mount);
  if (seen.mount?.ok !== true || seen.mount.value.is === 'locked')
    return { drift: 'unknown', because: said };
  // With a kubelet that is at fault a mount works, and the last rung below this one has not helped.
  return seen.mount.value.is === 'mounted' && verdict.is !== 'kubelet'
    ? { drift: 'changed', because: `${node.name} mounts again: ${said}` }
    : { drift: 'same', because: `the same boot; ${said}` };
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
export function whyAgain(node: NodeRef, reboots: readonly Reboot[]): string | undefined {
  const mine = reboots.filter((it) => it.node === node.name);
  return mine.length === 0
    ? undefined
    : `${node.name} was reset ${mine.length === 1 ? 'once' : `${mine.length} times`} in this run, and it did not last. Why should another reset help?`;
}

/** Switches the very VM that was proven. */
export const switchVm = ({ host, vmid, name, uuid }: VmRef, verb: PowerVerb) =>
  power({ host, vmid, name, ...(uuid === undefined ? {} : { uuid }) }, verb);
