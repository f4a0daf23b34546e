import { restartService, stillRuns } from '../../src/deeds/restart-service.ts';
import type { Seen } from '../../src/runbook/observation.ts';
import type { Site } from '../../src/runbook/site.ts';
import type { Drift, Guard } from '../../src/runbook/step.ts';
import { controlStays } from '../../src/guards/control-sample.ts';
import { nothingStuck } from '../../src/guards/nothing-stuck.ts';
import { sameMachine } from '../../src/guards/same-machine.ts';
import { unit } from '../../src/tools/node/unit.ts';
import type { UnitName } from '../../src/tools/node/unit.ts';
import type { Contest, Patient, Service } from './facts.ts';
import { readPort } from './judge/port.ts';
import { portLook } from './looks.ts';
import { nodeGuards } from './remove.ts';

/** The parts of restarting a node's service, which is done here to free a port, and only while that is still held. */

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
    : `${node} carries ${carries.join(', ')}. Why may ${name === 'kubelet' ? 'the kubelet' : name} be restarted there now?`;

/** What a second person would ask about first. */
export const unitWarning = ({ node, soleControlPlane }: Patient): string | undefined =>
  soleControlPlane
    ? `${node} is the only control plane: if its services do not come back, the cluster has no API.`
    : undefined;

const unitSignals = (
  site: Site,
  name: UnitName,
  patient: Patient,
  contest: Contest,
  { node }: Service,
) => ({ unit: unit(node, name), ...portLook(site, patient, contest) });

/** It is the service that was seen, and the port is still not free. */
export function unitStands(
  name: UnitName,
  patient: Patient,
  contest: Contest,
  service: Service,
  seen: Seen<ReturnType<typeof unitSignals>>,
): Drift {
  const runs = stillRuns(name, service, seen);
  if (runs.drift !== 'same') return runs;
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

/** Restarts a service of a node (COMMANDS C.4, rungs 3 and 4): all parts of the action but its place and its guards. */
export const freeByRestart = (name: UnitName) => ({
  ...restartService(
    name,
    ({ facts }: Ctx) => facts.service,
    ({ facts }) => facts.patient.carries,
  ),
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
});
