import type { Seen } from '../../src/runbook/observation.ts';
import type { Site } from '../../src/runbook/site.ts';
import type { BlastRadius, Drift, Guard, Judgement, Target } from '../../src/runbook/step.ts';
import { controlStays } from '../../src/guards/control-sample.ts';
import { nothingStuck } from '../../src/guards/nothing-stuck.ts';
import { sameMachine } from '../../src/guards/same-machine.ts';
import { nodeLease } from '../../src/tools/kubectl/leases.ts';
import { getNode } from '../../src/tools/kubectl/nodes.ts';
import { podsOnNode } from '../../src/tools/kubectl/pods.ts';
import { kubelet } from '../../src/tools/node/kubelet.ts';
import { restartUnit } from '../../src/tools/node/restart-unit.ts';
import { unit } from '../../src/tools/node/unit.ts';
import type { UnitName } from '../../src/tools/node/unit.ts';
import type { Contest, Patient, Service } from './facts.ts';
import { readPort } from './judge/port.ts';
import type { PortLook } from './judge/port.ts';
import { portLook } from './looks.ts';
import { nodeGuards } from './remove.ts';

/** The parts of restarting a node's services: the main process and its start prove what happened, never an exit code. */

const targetUnit = (name: UnitName, { node, mainPid }: Service): Target => ({
  name: node,
  kind: 'node',
  proven: [`${name} with main pid ${mainPid ?? 'none'}`, `on ${node}: the same boot ID as the API`],
});

export const unitGuards = (
  site: Site,
  control: string | null,
  { node }: Service,
): readonly Guard[] => [
  nothingStuck(node),
  sameMachine(site, node),
  controlStays(site, control, node),
  ...nodeGuards(site, node),
];

/** Why a yes alone is not enough on this node: the operator says why it goes on (DOMAIN 2.1, A3). */
export const unitReason = (name: UnitName, { node, carries }: Patient): string | undefined =>
  carries.length === 0
    ? undefined
    : `${node} carries ${carries.join(', ')}. Why may ${name} be restarted there now?`;

/** What a second person would ask about first. */
export const unitWarning = ({ node, soleControlPlane }: Patient): string | undefined =>
  soleControlPlane
    ? `${node} is the only control plane: if its services do not come back, the cluster has no API.`
    : undefined;

const unitBlast = (site: Site, { node }: Service) => ({
  pods: podsOnNode(site.cluster, node),
});

/** Containers go on running; on 17 May the DaemonSets around bounced (DOMAIN 2.1, A3). */
function measureUnit(
  name: UnitName,
  { carries }: Patient,
  { node }: Service,
  { pods }: Seen<ReturnType<typeof unitBlast>>,
): BlastRadius {
  return {
    counts: [
      {
        what: 'node that may be NotReady for 40 s or more',
        count: 1,
        names: [node],
      },
      ...(pods.ok
        ? [
            {
              what:
                name === 'kubelet'
                  ? 'pod whose probes pause; its containers go on'
                  : 'pod that loses its exec and log streams, and may start again',
              count: pods.value.length,
              names: [],
            },
          ]
        : []),
      { what: 'thing on it that others depend on', count: carries.length, names: [...carries] },
    ],
    unknown: pods.ok ? [] : [`pods on ${node}: ${pods.says}`],
  };
}

const unitIdentity = (site: Site, name: UnitName, { node }: Service) => ({
  unit: unit(node, name),
  kubelet: kubelet(node),
  node: getNode(site.cluster, node),
  lease: nodeLease(site.cluster, node),
});

type UnitSeen = Seen<ReturnType<typeof unitIdentity>>;

/** Another main process is active, the kubelet answers, its heartbeat has moved, and the node is Ready (COMMANDS F). */
export function judgeUnit(name: UnitName, before: UnitSeen, after: UnitSeen): Judgement {
  if (!after.unit.ok)
    return { effect: 'unknown', because: `${name} could not be looked at: ${after.unit.says}` };
  const was = before.unit.ok ? before.unit.value : undefined;
  const now = after.unit.value;
  if (was?.bootId !== now.bootId)
    return { effect: 'unknown', because: 'the node has booted anew in between' };
  if (was.mainPid === now.mainPid && was.startedUs === now.startedUs) {
    return { effect: 'refuted', because: `${name} still has main pid ${now.mainPid ?? 'none'}` };
  }
  if (now.active !== 'active' || now.mainPid === undefined)
    return { effect: 'refuted', because: `${name} is ${now.active} (${now.sub})` };
  const said = `${name} has main pid ${now.mainPid} instead of ${was.mainPid ?? 'none'}`;
  if (!after.kubelet.ok || !after.node.ok || !after.lease.ok) {
    const unread = [after.kubelet, after.node, after.lease].flatMap((it) =>
      it.ok ? [] : [it.says],
    );
    return { effect: 'unknown', because: `${said}; ${unread.join('; ')}` };
  }
  const { healthz } = after.kubelet.value;
  if (healthz.is !== 'status' || healthz.status !== 200)
    return { effect: 'refuted', because: `${said}; the kubelet's health endpoint: ${healthz.is}` };
  const renewed = after.lease.value?.renewTime;
  if (renewed === undefined || (before.lease.ok && renewed === before.lease.value?.renewTime))
    return { effect: 'refuted', because: `${said}; the node's heartbeat has not moved yet` };
  const ready = after.node.value?.ready ?? 'Unknown';
  return ready === 'True'
    ? { effect: 'confirmed', because: `${said}, its kubelet answers, and the node is Ready` }
    : { effect: 'refuted', because: `${said}; the node is Ready=${ready}` };
}

/** The service is the one that was seen, and the port is still not free. */
const unitSignals = (
  site: Site,
  name: UnitName,
  patient: Patient,
  contest: Contest,
  { node }: Service,
) => ({ unit: unit(node, name), ...portLook(site, patient, contest) });

export function unitStands(
  name: UnitName,
  patient: Patient,
  contest: Contest,
  { mainPid }: Service,
  seen: PortLook & Pick<UnitSeen, 'unit'>,
): Drift {
  if (!seen.unit.ok)
    return { drift: 'unknown', because: `${name} could not be looked at: ${seen.unit.says}` };
  const now = seen.unit.value.mainPid ?? null;
  if (now !== mainPid)
    return { drift: 'changed', because: `${name} has main pid ${now ?? 'none'} now` };
  const held = readPort(patient, contest, seen);
  switch (held.is) {
    case 'orphan':
    case 'stray':
      return { drift: 'same', because: held.because };
    case 'unknown':
      return { drift: 'unknown', because: held.because };
    case 'free':
    case 'leaving':
    case 'live':
    case 'dead-holder':
    case 'host-service':
      return { drift: 'changed', because: held.because };
  }
}

interface Ctx {
  readonly site: Site;
  readonly facts: {
    readonly patient: Patient;
    readonly contest: Contest;
    readonly service: Service;
  };
}

/** Restarts a service of a node (COMMANDS C.4, rungs 3 and 4; F): all parts of the action but its place and its guards. */
export const restartService = (name: UnitName) => ({
  target: ({ facts: { service } }: Ctx) => targetUnit(name, service),
  blastRadius: {
    observe: ({ site, facts: { service } }: Ctx) => unitBlast(site, service),
    measure: (seen: Seen<ReturnType<typeof unitBlast>>, { facts: { patient, service } }: Ctx) =>
      measureUnit(name, patient, service, seen),
  },
  drift: {
    freshWithin: '60s' as const,
    observe: ({ site, facts: { patient, contest, service } }: Ctx) =>
      unitSignals(site, name, patient, contest, service),
    judge: (
      seen: Seen<ReturnType<typeof unitSignals>>,
      { facts: { patient, contest, service } }: Ctx,
    ) => unitStands(name, patient, contest, service, seen),
  },
  warn: ({ facts: { patient } }: Ctx) => unitWarning(patient),
  reason: ({ facts: { patient } }: Ctx) => unitReason(name, patient),
  commands: ({ facts: { service } }: Ctx) => [
    restartUnit(service.node, name, service.mainPid ?? undefined),
  ],
  effect: {
    proof: `another main process of ${name}, the kubelet answers, a new heartbeat, and the node is Ready, within 120 s`,
    every: '5s' as const,
    within: '120s' as const,
    identity: ({ site, facts: { service } }: Ctx) => unitIdentity(site, name, service),
    judge: (before: UnitSeen, after: UnitSeen) => judgeUnit(name, before, after),
  },
  undo: 'none: a restart is over when it is done',
});
