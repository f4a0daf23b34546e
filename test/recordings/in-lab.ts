import { findScenario } from '../../src/lab/index.ts';
import type { World } from '../../src/lab/index.ts';
import type { AnswerId } from '../../src/lab/marks/answers.ts';
import type { Command, RawOutput } from '../../src/runbook/command.ts';
import { listNodes } from '../../src/tools/kubectl/nodes.ts';
import { readRunLease } from '../../src/tools/kubectl/run-lease.ts';
import { type Bench, bench } from '../lab/bench.ts';
import type { Case, InLab, Subject } from './case.ts';

/** What the lab said to a question. */
export interface LabAnswer {
  readonly command: Command<unknown>;
  readonly out: RawOutput;
  /** The behaviour that answered. */
  readonly by: AnswerId;
}

const SEED = 1;
const MOST_TRIES = 60;

/** Asks the lab what was asked of the real component, in a state like that one's. */
export async function askLab(it: Case, lab: InLab): Promise<LabAnswer> {
  const scenario = findScenario(lab.scenario);
  if (scenario === undefined) throw new Error(`no scenario ${lab.scenario}`);
  const made = scenario.make(SEED);
  let by: AnswerId = 'lab/unknown';
  const on = bench(lab.scenario, SEED, lab.world?.(made) ?? made, (heard) => {
    by = heard;
  });
  await lab.before?.(on, await subjectIn(on));
  const command = it.asks(await subjectIn(on));
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    // oxlint-disable-next-line no-await-in-loop -- the lab has one clock
    const out = await on.perform(command);
    if (lab.until === undefined || lab.until.test(out.stderr)) return { command, out, by };
    // oxlint-disable-next-line no-await-in-loop
    await on.sleep(1);
  }
  throw new Error(`the lab never said ${String(lab.until)}`);
}

/** Whom the questions are about in a lab: where a process is dead or stuck, that one. */
async function subjectIn(on: Bench): Promise<Subject> {
  const { site, world } = on.lab;
  const nodes = await on.ask(listNodes(site.cluster));
  const lease = await on.ask(readRunLease(site.cluster, 'kube-system'));
  const pod = (name: string): World['pods'][number] | undefined =>
    world.pods.find((found) => found.namespace === 'vault' && found.name === name);
  return {
    site,
    pod: (name) => {
      const { uid = '', ip = '' } = pod(name) ?? {};
      return { namespace: 'vault', name, uid, address: ip };
    },
    node: (name) => ({
      name,
      uid: (nodes.ok ? nodes.value : []).find((found) => found.name === name)?.uid ?? '',
    }),
    leaseVersion: lease.ok ? (lease.value?.resourceVersion ?? '') : '',
    lockNumber: world.runLock?.number ?? 0,
    task: taskIn(world),
    podUid: pod('vault-2')?.uid ?? '',
    volume: volumeOf(world, pod('vault-2')?.uid),
  };
}

const volumeOf = ({ nodes }: World, uid: string | undefined): string =>
  nodes.flatMap(({ mounts }) => mounts).find(({ podUid }) => podUid === uid)?.volume ?? '';

function taskIn({ nodes }: World): Subject['task'] {
  const all = nodes.flatMap((node) => node.processes.map((it) => ({ node: node.name, ...it })));
  const found =
    all.find(({ stuck, killAt }) => stuck !== undefined && killAt !== undefined) ??
    all.find(({ comm, mounting }) => comm === 'mount.nfs' && mounting !== undefined);
  return found ?? { node: 'k8s-node2', pid: 1, startTicks: 1, comm: 'init' };
}
