import type { Observation, Seen } from '../runbook/observation.ts';
import type { Site } from '../runbook/site.ts';
import type { BlastRadius, Drift, Judgement, Target } from '../runbook/step.ts';
import { podsOnNode } from '../tools/kubectl/pods.ts';
import { kubelet } from '../tools/node/kubelet.ts';
import type { Kubelet } from '../tools/node/kubelet.ts';
import { restartUnit } from '../tools/node/restart-unit.ts';
import { unit } from '../tools/node/unit.ts';

interface Ctx {
  readonly site: Site;
}

/** The kubelet that is to go: the node, its boot, and the main PID that systemd names (0 where it names none). */
export interface RunningKubelet {
  readonly node: string;
  readonly bootId: string;
  readonly mainPid: number;
}

/** Whether a kubelet says of itself that it is well. */
export const kubeletWell = (it: Observation<Kubelet>): boolean =>
  it.ok && it.value.healthz.is === 'status' && it.value.healthz.status === 200;

const around = (site: Site, node: string) => ({ pods: podsOnNode(site.cluster, node) });

const measure = ({ pods }: Seen<ReturnType<typeof around>>): BlastRadius => ({
  counts: [
    { what: 'container that is restarted', count: 0, names: [] },
    ...(pods.ok
      ? [
          {
            what: 'pod whose probes pause',
            many: 'pods whose probes pause',
            count: pods.value.length,
            names: [],
          },
        ]
      : []),
  ],
  unknown: pods.ok ? [] : [`pods on the node: ${pods.says}`],
});

const service = (node: string) => ({ unit: unit(node, 'kubelet') });

function stillRuns(it: RunningKubelet, { unit: seen }: Seen<ReturnType<typeof service>>): Drift {
  if (!seen.ok) return { drift: 'unknown', because: `its unit could not be read: ${seen.says}` };
  const now = seen.value.mainPid ?? 0;
  return now === it.mainPid
    ? { drift: 'same', because: `main pid ${it.mainPid}, ${seen.value.active}` }
    : { drift: 'changed', because: `its main pid is ${now} now: it was restarted already` };
}

const whole = (node: string) => ({ ...service(node), kubelet: kubelet(node) });

function judgeRestarted(it: RunningKubelet, after: Seen<ReturnType<typeof whole>>): Judgement {
  if (!after.unit.ok)
    return { effect: 'unknown', because: `its unit could not be read: ${after.unit.says}` };
  const { active, sub, mainPid = 0 } = after.unit.value;
  if (mainPid === it.mainPid || mainPid === 0)
    return { effect: 'refuted', because: `its main pid is ${mainPid}, ${active}/${sub}` };
  return kubeletWell(after.kubelet)
    ? { effect: 'confirmed', because: `main pid ${mainPid}, and it answers 200` }
    : { effect: 'refuted', because: `main pid ${mainPid}, and it does not answer yet` };
}

/**
 * Restarts the kubelet of one node, pinned to the main PID that was seen (COMMANDS F): all parts of the action but its place in
 * the graph and its guards.
 */
export const restartKubelet = <C extends Ctx>(of: (ctx: C) => RunningKubelet) => ({
  target: (ctx: C): Target => {
    const it = of(ctx);
    return {
      name: it.node,
      kind: 'node',
      proven: [`boot ID ${it.bootId}`, `kubelet's main pid ${it.mainPid}`],
    };
  },
  blastRadius: {
    observe: (ctx: C) => around(ctx.site, of(ctx).node),
    measure,
  },
  drift: {
    freshWithin: '60s' as const,
    observe: (ctx: C) => service(of(ctx).node),
    judge: (seen: Seen<ReturnType<typeof service>>, ctx: C) => stillRuns(of(ctx), seen),
  },
  commands: (ctx: C) => {
    const { node, mainPid } = of(ctx);
    return [restartUnit(node, 'kubelet', mainPid)];
  },
  effect: {
    proof: 'another main pid, and its health endpoint answers 200, within 120 s',
    every: '5s' as const,
    within: '120s' as const,
    identity: (ctx: C) => whole(of(ctx).node),
    judge: (_: unknown, after: Seen<ReturnType<typeof whole>>, ctx: C) =>
      judgeRestarted(of(ctx), after),
  },
  undo: 'none: containers keep running meanwhile',
});
