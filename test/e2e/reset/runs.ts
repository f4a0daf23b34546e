import { expect } from 'vitest';
import type { Components } from '../harness/components.ts';
import { USERS } from '../harness/control-plane.ts';
import type { KubeObject } from '../harness/kube-object.ts';
import { Person } from '../incident/person.ts';
import { processesOf } from '../incident/processes.ts';
import { conclusionOf, endOf, expectNothingMutated } from '../incident/proofs.ts';
import { ofType, Workplace } from '../incident/workplace.ts';
import type { Stage } from './stage.ts';

/** The arguments of a run for one node; patience and soak are short. */
export const runbook = (node: string, soak = '30s'): readonly string[] => {
  const settings = [`node=${node}`, `soak=${soak}`, 'patience=5s'];
  return ['runbook', 'kernel-nfs-reset', ...settings.flatMap((it) => ['--set', it])];
};

/** What of a stage it takes to run the product on it. */
export type Playable = Pick<Stage, 'plane' | 'hypervisor' | 'inventory'> & {
  readonly lab: Pick<Stage['lab'], 'ssh'>;
};

/** Runs of the product on one stage. */
export class Runs {
  readonly stage: Playable;
  readonly #components: Components;
  readonly #below: string;

  /** `below` is a folder that goes with the suite. */
  constructor(stage: Playable, components: Components, below: string) {
    this.stage = stage;
    this.#components = components;
    this.#below = below;
  }

  /** A place of its own for one run. */
  workplace(): Promise<Workplace> {
    const { plane, lab, inventory } = this.stage;
    return Workplace.create({
      components: this.#components,
      below: this.#below,
      kubeconfig: plane.operator,
      sshConfig: lab.ssh.config,
      inventory,
    });
  }
}

/** How a run ends that asks for nothing: by itself, as unsafe, and with nothing changed anywhere. */
export async function refusalOf(
  runs: Runs,
  node: string,
): Promise<{ readonly end: string; readonly because: string }> {
  const { plane, hypervisor } = runs.stage;
  const mark = await plane.audit.mark();
  const place = await runs.workplace();
  const person = new Person(place, runbook(node));
  try {
    expect(await person.exited).toBe(3);
  } finally {
    person.leaves();
  }
  const events = await place.journal();
  expectNothingMutated(events);
  expect(endOf(events)).toMatchObject({ result: 'unsafe', exitCode: 3 });
  expect(await plane.audit.mutations(mark, USERS.operator)).toEqual([]);
  expect(await hypervisor.powerCalls()).toEqual([]);
  const end = ofType(events, 'step.entered').at(-1)?.step ?? '';
  return { end, because: conclusionOf(events, 'machine').because };
}

/** The processes of all nodes but one: what is done to that one must leave them alone. */
export const neighboursOf = async (stage: Stage, name: string) =>
  (await Promise.all(stage.nodes.filter((it) => it.name !== name).map(processesOf))).flat();

/** The SMBIOS UUID of a node, as the API has it. */
export async function uuidOf(stage: Pick<Stage, 'plane'>, node: string): Promise<string> {
  const { status } = await stage.plane.api.call<KubeObject>(`/api/v1/nodes/${node}`);
  const { nodeInfo } = status as { readonly nodeInfo: { readonly systemUUID: string } };
  return nodeInfo.systemUUID;
}
