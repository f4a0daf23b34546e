import type { Seen } from '../runbook/observation.ts';
import type { Site } from '../runbook/site.ts';
import type { BlastRadius, Drift, Judgement, Target } from '../runbook/step.ts';
import { nodeLease } from '../tools/kubectl/leases.ts';
import { getNode } from '../tools/kubectl/nodes.ts';
import { podsOnNode } from '../tools/kubectl/pods.ts';
import { kubelet } from '../tools/node/kubelet.ts';
import { restartUnit } from '../tools/node/restart-unit.ts';
import { unit } from '../tools/node/unit.ts';
import type { UnitName } from '../tools/node/unit.ts';

interface Ctx {
  readonly site: Site;
}

/** The service that is to go: its node, the boot, and the main PID that systemd names (0 where it names none). */
export interface RunningService {
  readonly node: string;
  readonly bootId: string;
  readonly mainPid: number;
}

const around = (site: Site, node: string) => ({ pods: podsOnNode(site.cluster, node) });

type Count = BlastRadius['counts'][number];

/** Containers go on running beside both; with containerd the streams into them break (COMMANDS F). */
function measure(
  name: UnitName,
  node: string,
  carries: readonly string[] | undefined,
  { pods }: Seen<ReturnType<typeof around>>,
): BlastRadius {
  const hit = {
    kubelet: {
      what: 'pod whose probes pause; its containers go on',
      many: 'pods whose probes pause; their containers go on',
    },
    containerd: {
      what: 'pod that loses its exec and log streams, and may start again',
      many: 'pods that lose their exec and log streams, and may start again',
    },
  }[name];
  const pressing: readonly Count[] =
    carries === undefined
      ? []
      : [
          {
            what: 'thing on it that others depend on',
            many: 'things on it that others depend on',
            count: carries.length,
            names: carries,
          },
        ];
  return {
    counts: [
      { what: 'node that may be NotReady for 40 s or more', count: 1, names: [node] },
      ...(pods.ok ? [{ ...hit, count: pods.value.length, names: [] }] : []),
      ...pressing,
    ],
    unknown: pods.ok ? [] : [`pods on ${node}: ${pods.says}`],
  };
}

const itself = (name: UnitName, node: string) => ({ unit: unit(node, name) });

/** The main process is the one that was seen. */
export function stillRuns(
  name: UnitName,
  { mainPid }: RunningService,
  { unit: seen }: Seen<ReturnType<typeof itself>>,
): Drift {
  if (!seen.ok)
    return { drift: 'unknown', because: `${name} could not be looked at: ${seen.says}` };
  const now = seen.value.mainPid ?? 0;
  return now === mainPid
    ? { drift: 'same', because: `${name} has ${sayPid(mainPid)} and is ${seen.value.active}` }
    : { drift: 'changed', because: `${name} has ${sayPid(now)} now: it was restarted already` };
}

const sayPid = (pid: number): string => (pid === 0 ? 'no main process' : `main pid ${pid}`);

const whole = (site: Site, name: UnitName, node: string) => ({
  ...itself(name, node),
  kubelet: kubelet(node),
  node: getNode(site.cluster, node),
  lease: nodeLease(site.cluster, node),
});

/** A service, its node's kubelet, and what the API server heard of that. */
export type ServiceSeen = Seen<ReturnType<typeof whole>>;

/** A clock that is read to the second, in milliseconds. */
const CLOCK_MS = 1000;

/** Another main process is active, the kubelet answers, the node's heartbeat is younger than it, and the node is Ready (COMMANDS F). */
export function judgeRestarted(
  name: UnitName,
  it: RunningService,
  before: ServiceSeen,
  after: ServiceSeen,
): Judgement {
  if (!after.unit.ok)
    return { effect: 'unknown', because: `${name} could not be looked at: ${after.unit.says}` };
  const was = before.unit.ok ? before.unit.value : undefined;
  const now = after.unit.value;
  if (now.bootId !== it.bootId)
    return { effect: 'unknown', because: 'the node has booted anew in between' };
  const pid = now.mainPid ?? 0;
  if (pid === it.mainPid && (was === undefined || was.startedUs === now.startedUs))
    return { effect: 'refuted', because: `${name} still has ${sayPid(pid)}` };
  if (now.active !== 'active' || pid === 0)
    return { effect: 'refuted', because: `${name} is ${now.active} (${now.sub})` };
  const said = `${name} has ${sayPid(pid)} now, and had ${sayPid(it.mainPid)} before`;
  if (!after.kubelet.ok || !after.node.ok || !after.lease.ok) {
    const unread = [after.kubelet, after.node, after.lease].flatMap((one) =>
      one.ok ? [] : [one.says],
    );
    return { effect: 'unknown', because: `${said}; ${unread.join('; ')}` };
  }
  const { healthz } = after.kubelet.value;
  if (healthz.is !== 'status' || healthz.status !== 200)
    return { effect: 'refuted', because: `${said}; the kubelet's health endpoint: ${healthz.is}` };
  if (now.startedAt === undefined)
    return { effect: 'unknown', because: `${said}; the node does not say when that was` };
  const renewed = Date.parse(after.lease.value?.renewTime ?? '');
  // Both by the node's clock. The one before it went on renewing while the question was open.
  if (!(renewed > now.startedAt + CLOCK_MS))
    return { effect: 'refuted', because: `${said}; the node's heartbeat has not moved since` };
  const ready = after.node.value?.ready ?? 'Unknown';
  return ready === 'True'
    ? {
        effect: 'confirmed',
        because: `${said}; the kubelet answers, its heartbeat goes on, and the node is Ready`,
      }
    : { effect: 'refuted', because: `${said}; the node is Ready=${ready}` };
}

/**
 * Restarts the kubelet or containerd of one node, pinned to the main PID that was seen (COMMANDS C.4, F): all parts of the action
 * but its place in the graph and its guards. `carries` names what others depend on there, where that was looked at.
 */
export const restartService = <C extends Ctx>(
  name: UnitName,
  of: (ctx: C) => RunningService,
  carries?: (ctx: C) => readonly string[],
) => ({
  target: (ctx: C): Target => {
    const { node, bootId, mainPid } = of(ctx);
    return {
      name: node,
      kind: 'node',
      proven: [`boot ID ${bootId}`, `${name} with ${sayPid(mainPid)}`],
    };
  },
  blastRadius: {
    observe: (ctx: C) => around(ctx.site, of(ctx).node),
    measure: (seen: Seen<ReturnType<typeof around>>, ctx: C) =>
      measure(name, of(ctx).node, carries?.(ctx), seen),
  },
  drift: {
    freshWithin: '60s' as const,
    observe: (ctx: C) => itself(name, of(ctx).node),
    judge: (seen: Seen<ReturnType<typeof itself>>, ctx: C) => stillRuns(name, of(ctx), seen),
  },
  commands: (ctx: C) => {
    const { node, mainPid } = of(ctx);
    return [restartUnit(node, name, mainPid)];
  },
  effect: {
    proof: `another main pid of ${name}, the kubelet answers 200, a heartbeat since, and the node is Ready, within 120 s`,
    every: '5s' as const,
    within: '120s' as const,
    identity: (ctx: C) => whole(ctx.site, name, of(ctx).node),
    judge: (before: ServiceSeen, after: ServiceSeen, ctx: C) =>
      judgeRestarted(name, of(ctx), before, after),
  },
  undo: 'none: a restart is over when it is done; containers go on meanwhile',
});
