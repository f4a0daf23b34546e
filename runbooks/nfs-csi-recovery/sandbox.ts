import type { Seen } from '../../src/runbook/observation.ts';
import type { Site } from '../../src/runbook/site.ts';
import type { BlastRadius, Drift, Guard, Judgement, Target } from '../../src/runbook/step.ts';
import { sandboxOrphaned } from '../../src/guards/orphan-sandbox.ts';
import { sameMachine } from '../../src/guards/same-machine.ts';
import { podLogFile } from '../../src/tools/node/pod-log.ts';
import { remains } from '../../src/tools/node/remains.ts';
import { sandboxes } from '../../src/tools/node/sandboxes.ts';
import { removeSandbox, stopSandbox } from '../../src/tools/node/sandbox.ts';
import type { Holder, SandboxRef } from './facts.ts';
import { path } from './judge/pods.ts';
import { nodeGuards } from './remove.ts';

/** The parts of what is done to an orphan's sandbox: its id and the UID that it was seen with prove it, never its name alone. */

/** The first digits of a sandbox's id, as crictl shows it. */
const short = ({ id }: SandboxRef): string => id.slice(0, 12);

/** Its own id and not the pod's name: a StatefulSet has another pod of that name, which is alive. */
const targetSandbox = ({ node, sandbox }: Holder, also: string): Target => ({
  name: short(sandbox),
  kind: 'sandbox',
  proven: [
    `id ${sandbox.id}`,
    `pod uid ${sandbox.podUid} of ${path(sandbox)}, unknown to the API in two lists`,
    `on ${node}${also}`,
  ],
});

/** What proves the orphan; where the driver of its node is repaired by it, the control sample is looked at as well. */
export const sandboxGuards = (site: Site, { node, sandbox }: Holder): readonly Guard[] => [
  sandboxOrphaned(site, node, sandbox),
  sameMachine(site, node),
  ...nodeGuards(site, node),
];

/** The log of every container that the orphan has on the node: it goes with its sandbox. */
const sandboxCapture = ({ node, sandbox, containers }: Holder) => {
  const { namespace, name, podUid } = sandbox;
  return {
    remains: remains(node, podUid),
    logs: Object.fromEntries(
      containers.map((it) => [it, podLogFile(node, { namespace, name, uid: podUid }, it)]),
    ),
  };
};

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
        many: 'running containers of the orphan',
        count: containers.length,
        names: containers.map((c) => c.name),
      },
      ...(left.ok
        ? [
            {
              what: 'process of the orphan',
              many: 'processes of the orphan',
              count: left.value.processes.length,
              names: left.value.processes.map((p) => `${p.comm} (pid ${p.pid})`),
            },
            {
              what: 'mount of the orphan',
              many: 'mounts of the orphan',
              count: left.value.mounts.length,
              names: [],
            },
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

/** A sandbox as crictl lists it now: one that runs is ready, one that the runtime has forgotten is gone. */
interface State {
  readonly is: 'ready' | 'stopped' | 'gone' | 'unread';
  readonly because: string;
}

function stateOf({ node, sandbox }: Holder, { here }: SandboxSeen): State {
  if (!here.ok) return { is: 'unread', because: `crictl on ${node} gave no answer: ${here.says}` };
  const id = short(sandbox);
  const now = here.value.sandboxes.find((s) => s.id === sandbox.id && s.podUid === sandbox.podUid);
  if (now === undefined) return { is: 'gone', because: `crictl lists no sandbox ${id} any more` };
  return now.ready
    ? { is: 'ready', because: `sandbox ${id} runs: crictl lists it as ready` }
    : { is: 'stopped', because: `sandbox ${id} is stopped` };
}

/** What is done to an orphan's sandbox: what it must be before, what it is after, and how. */
const DEEDS = {
  stop: {
    before: 'ready',
    on: ({ process }: Holder) => `: ${process}`,
    after: ['stopped', 'gone'],
    command: stopSandbox,
    proof: 'crictl no longer lists that sandbox as ready, within 60 s',
  },
  remove: {
    before: 'stopped',
    on: () => ', stopped',
    after: ['gone'],
    command: removeSandbox,
    proof: 'crictl no longer lists that sandbox, within 60 s',
  },
} as const;
type Deed = keyof typeof DEEDS;

/** Whether it is stopped, or removed, by what crictl lists afterwards. */
export function judgeDone(deed: Deed, holder: Holder, seen: SandboxSeen): Judgement {
  const { is, because } = stateOf(holder, seen);
  if (is === 'unread') return { effect: 'unknown', because };
  const wanted: readonly State['is'][] = DEEDS[deed].after;
  return { effect: wanted.includes(is) ? 'confirmed' : 'refuted', because };
}

/** Before the stop it runs; before the removal it is stopped. Anything else has changed under our hands. */
export function sandboxStands(deed: Deed, holder: Holder, seen: SandboxSeen): Drift {
  const { is, because } = stateOf(holder, seen);
  if (is === 'unread') return { drift: 'unknown', because };
  return { drift: is === DEEDS[deed].before ? 'same' : 'changed', because };
}

interface Ctx {
  readonly facts: { readonly holder: Holder };
}

const toOrphan = (deed: Deed) => ({
  target: ({ facts: { holder } }: Ctx) => targetSandbox(holder, DEEDS[deed].on(holder)),
  // Before the removal too: one that was found stopped was not looked at before, and its logs go with it.
  capture: ({ facts: { holder } }: Ctx) => sandboxCapture(holder),
  blastRadius: {
    observe: ({ facts: { holder } }: Ctx) => sandboxBlast(holder),
    measure: (seen: Seen<ReturnType<typeof sandboxBlast>>, { facts: { holder } }: Ctx) =>
      measureSandbox(holder, seen),
  },
  drift: {
    freshWithin: '60s' as const,
    observe: ({ facts: { holder } }: Ctx) => sandboxIdentity(holder),
    judge: (seen: SandboxSeen, { facts: { holder } }: Ctx) => sandboxStands(deed, holder, seen),
  },
  commands: ({ facts: { holder } }: Ctx) => [DEEDS[deed].command(holder.node, holder.sandbox)],
  effect: {
    proof: DEEDS[deed].proof,
    every: '5s' as const,
    within: '60s' as const,
    identity: ({ facts: { holder } }: Ctx) => sandboxIdentity(holder),
    judge: (_: SandboxSeen, after: SandboxSeen, { facts: { holder } }: Ctx) =>
      judgeDone(deed, holder, after),
  },
  undo: 'none: nobody asks for that pod any more; its data stays where it is',
});

/** Stops the sandbox of an orphan (COMMANDS C.4, rung 2): all parts of the action but its place in the graph and its guards. */
export const stopOrphan = toOrphan('stop');

/** Removes the stopped sandbox of an orphan; the runtime refuses one that runs (COMMANDS C.4: never by force). */
export const removeOrphan = toOrphan('remove');
