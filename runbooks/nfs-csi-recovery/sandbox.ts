import type { Seen } from '../../src/runbook/observation.ts';
import type { Site } from '../../src/runbook/site.ts';
import type { BlastRadius, Drift, Guard, Judgement, Target } from '../../src/runbook/step.ts';
import { controlStays } from '../../src/guards/control-sample.ts';
import { sandboxOrphaned } from '../../src/guards/orphan-sandbox.ts';
import { sameMachine } from '../../src/guards/same-machine.ts';
import { podLogFile } from '../../src/tools/node/pod-log.ts';
import { remains } from '../../src/tools/node/remains.ts';
import { sandboxes } from '../../src/tools/node/sandboxes.ts';
import { removeSandbox, stopSandbox } from '../../src/tools/node/sandbox.ts';
import type { Holder } from './facts.ts';
import { nodeGuards } from './remove.ts';

/** The parts of what is done to an orphan's sandbox: its id and the UID that it was seen with prove it, never its name alone. */

const targetSandbox = ({ node, sandbox, process }: Holder): Target => ({
  name: sandbox.name,
  kind: 'pod',
  proven: [
    `sandbox ${sandbox.id}`,
    `pod uid ${sandbox.podUid}, unknown to the API in two lists`,
    `on ${node}: ${process}`,
  ],
});

export const sandboxGuards = (
  site: Site,
  control: string | null,
  { node, sandbox }: Holder,
): readonly Guard[] => [
  sandboxOrphaned(site, node, sandbox),
  sameMachine(site, node),
  controlStays(site, control, node),
  ...nodeGuards(site, node),
];

/** The log of every container that the orphan has on the node: it goes with its sandbox. */
const sandboxCapture = ({ node, sandbox, containers }: Holder) => ({
  remains: remains(node, sandbox.podUid),
  logs: Object.fromEntries(
    containers.map((name) => [name, podLogFile(node, { ...sandbox, uid: sandbox.podUid }, name)]),
  ),
});

const sandboxBlast = ({ node, sandbox }: Holder) => ({
  here: sandboxes(node),
  remains: remains(node, sandbox.podUid),
});

function measureSandbox(
  { sandbox }: Holder,
  { here, remains: left }: Seen<ReturnType<typeof sandboxBlast>>,
): BlastRadius {
  const containers = here.ok
    ? here.value.containers.filter((c) => c.sandbox === sandbox.id && c.state === 'running')
    : [];
  return {
    counts: [
      { what: 'pod that the API knows', count: 0, names: [] },
      {
        what: 'running container of the orphan',
        count: containers.length,
        names: containers.map((c) => c.name),
      },
      ...(left.ok
        ? [
            {
              what: 'process of the orphan',
              count: left.value.processes.length,
              names: left.value.processes.map((p) => `${p.comm} (pid ${p.pid})`),
            },
            { what: 'mount of the orphan', count: left.value.mounts.length, names: [] },
          ]
        : []),
    ],
    unknown: [
      ...(here.ok ? [] : [`its containers: ${here.says}`]),
      ...(left.ok ? [] : [`its processes: ${left.says}`]),
    ],
  };
}

const sandboxIdentity = ({ node }: Holder) => ({ here: sandboxes(node) });

type SandboxSeen = Seen<ReturnType<typeof sandboxIdentity>>;

/** `ready` where it runs, `stopped` where it does not, `gone` where the runtime lists it no more. */
function stateOf({ sandbox }: Holder, here: Extract<SandboxSeen['here'], { ok: true }>) {
  const now = here.value.sandboxes.find((s) => s.id === sandbox.id && s.podUid === sandbox.podUid);
  if (now === undefined) return 'gone';
  return now.ready ? 'ready' : 'stopped';
}

export function judgeStopped(holder: Holder, { here }: SandboxSeen): Judgement {
  const id = holder.sandbox.id.slice(0, 12);
  if (!here.ok)
    return { effect: 'unknown', because: `crictl on ${holder.node} gave no answer: ${here.says}` };
  const state = stateOf(holder, here);
  return state === 'ready'
    ? { effect: 'refuted', because: `sandbox ${id} is still ready` }
    : { effect: 'confirmed', because: `sandbox ${id} is ${state}` };
}

export function judgeRemoved(holder: Holder, { here }: SandboxSeen): Judgement {
  const id = holder.sandbox.id.slice(0, 12);
  if (!here.ok)
    return { effect: 'unknown', because: `crictl on ${holder.node} gave no answer: ${here.says}` };
  const state = stateOf(holder, here);
  return state === 'gone'
    ? { effect: 'confirmed', because: `crictl lists no sandbox ${id} any more` }
    : { effect: 'refuted', because: `sandbox ${id} is still listed, ${state}` };
}

/** Before the stop it runs; before the removal it is stopped. Anything else has changed under our hands. */
export function sandboxStands(
  holder: Holder,
  wanted: 'ready' | 'stopped',
  { here }: SandboxSeen,
): Drift {
  const id = holder.sandbox.id.slice(0, 12);
  if (!here.ok)
    return { drift: 'unknown', because: `crictl on ${holder.node} gave no answer: ${here.says}` };
  const state = stateOf(holder, here);
  return state === wanted
    ? { drift: 'same', because: `sandbox ${id} is ${state}, as it was seen` }
    : { drift: 'changed', because: `sandbox ${id} is ${state} now` };
}

interface Ctx {
  readonly facts: { readonly holder: Holder };
}

const parts = (wanted: 'ready' | 'stopped') => ({
  target: ({ facts: { holder } }: Ctx) => targetSandbox(holder),
  blastRadius: {
    observe: ({ facts: { holder } }: Ctx) => sandboxBlast(holder),
    measure: (seen: Seen<ReturnType<typeof sandboxBlast>>, { facts: { holder } }: Ctx) =>
      measureSandbox(holder, seen),
  },
  drift: {
    freshWithin: '60s' as const,
    observe: ({ facts: { holder } }: Ctx) => sandboxIdentity(holder),
    judge: (seen: SandboxSeen, { facts: { holder } }: Ctx) => sandboxStands(holder, wanted, seen),
  },
});

/** Stops the sandbox of an orphan (COMMANDS C.4, rung 2): all parts of the action but its place in the graph and its guards. */
export const stopOrphan = {
  ...parts('ready'),
  capture: ({ facts: { holder } }: Ctx) => sandboxCapture(holder),
  commands: ({ facts: { holder } }: Ctx) => [stopSandbox(holder.node, holder.sandbox)],
  effect: {
    proof: 'crictl no longer lists that sandbox as ready, within 60 s',
    every: '5s' as const,
    within: '60s' as const,
    identity: ({ facts: { holder } }: Ctx) => sandboxIdentity(holder),
    judge: (_: SandboxSeen, after: SandboxSeen, { facts: { holder } }: Ctx) =>
      judgeStopped(holder, after),
  },
  undo: 'none: nobody asks for that pod any more; its data stays where it is',
};

/** Removes the stopped sandbox of an orphan; the runtime refuses one that runs (COMMANDS C.4: never by force). */
export const removeOrphan = {
  ...parts('stopped'),
  commands: ({ facts: { holder } }: Ctx) => [removeSandbox(holder.node, holder.sandbox)],
  effect: {
    proof: 'crictl no longer lists that sandbox, within 60 s',
    every: '5s' as const,
    within: '60s' as const,
    identity: ({ facts: { holder } }: Ctx) => sandboxIdentity(holder),
    judge: (_: SandboxSeen, after: SandboxSeen, { facts: { holder } }: Ctx) =>
      judgeRemoved(holder, after),
  },
  undo: 'none: nobody asks for that pod any more',
};
