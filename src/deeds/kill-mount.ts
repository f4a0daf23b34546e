import type { Seen } from '../runbook/observation.ts';
import type { StuckTask } from '../runbook/references.ts';
import type { Site } from '../runbook/site.ts';
import type { BlastRadius, Drift, Judgement, Target } from '../runbook/step.ts';
import { podsOnNode } from '../tools/kubectl/pods.ts';
import { killTask } from '../tools/node/kill-task.ts';
import { task } from '../tools/node/task.ts';
import { tasks } from '../tools/node/tasks.ts';

interface Ctx {
  readonly site: Site;
}

const around = (site: Site, it: StuckTask) => ({
  scan: tasks(it.node),
  pods: podsOnNode(site.cluster, it.node),
});

function measure(it: StuckTask, { scan, pods }: Seen<ReturnType<typeof around>>): BlastRadius {
  const waiting = scan.ok
    ? scan.value.tasks.filter((one) => one.state === 'D' && one.pid !== it.pid)
    : [];
  return {
    counts: [
      { what: 'mount that kubelet will try again', count: 1, names: [] },
      ...(scan.ok
        ? [
            {
              what: 'other blocked task on the node, which may go on',
              many: 'other blocked tasks on the node, which may go on',
              count: waiting.length,
              names: waiting.map((one) => `${one.comm}:${one.pid}`),
            },
          ]
        : []),
    ],
    unknown: [
      ...(scan.ok ? [] : [`waiting tasks: ${scan.says}`]),
      ...(pods.ok ? [] : [`pods on the node: ${pods.says}`]),
    ],
  };
}

const itself = (it: StuckTask) => ({ task: task(it.node, it.pid) });

function stillStuck(it: StuckTask, { task: seen }: Seen<ReturnType<typeof itself>>): Drift {
  if (!seen.ok)
    return { drift: 'unknown', because: `pid ${it.pid} could not be read: ${seen.says}` };
  const same = seen.value?.startTicks === it.startTicks && seen.value.comm === it.comm;
  if (!same) return { drift: 'changed', because: `pid ${it.pid} is not that ${it.comm} any more` };
  return seen.value?.state === 'D'
    ? {
        drift: 'same',
        because: `${it.comm} (pid ${it.pid}) is still in D state, same start time`,
      }
    : {
        drift: 'changed',
        because: `${it.comm} (pid ${it.pid}) is in state ${seen.value?.state ?? 'unknown'} now`,
      };
}

/** A zombie of it has given up its mount; its parent reaps it when it can. */
function judgeGone(it: StuckTask, { task: seen }: Seen<ReturnType<typeof itself>>): Judgement {
  if (!seen.ok)
    return { effect: 'unknown', because: `pid ${it.pid} could not be read: ${seen.says}` };
  return seen.value?.startTicks === it.startTicks && seen.value.state !== 'Z'
    ? { effect: 'refuted', because: `pid ${it.pid} is still there, in state ${seen.value.state}` }
    : { effect: 'confirmed', because: `pid ${it.pid} with start tick ${it.startTicks} is gone` };
}

/**
 * Sends SIGKILL to one stuck `mount.nfs`, pinned by PID and start time (COMMANDS F): all parts of the action but its place in
 * the graph and its guards. `of` picks the task, `also` adds what else proves it.
 */
export const killStuckMount = <C extends Ctx>(
  of: (ctx: C) => StuckTask,
  also: (ctx: C) => readonly string[] = () => [],
) => ({
  target: (ctx: C): Target => {
    const it = of(ctx);
    return {
      name: `${it.comm}:${it.pid}`,
      kind: 'process',
      proven: [
        `pid ${it.pid} on ${it.node}`,
        `started at tick ${it.startTicks}`,
        `in ${it.wchan} for ${it.ageSeconds} s`,
        ...also(ctx),
      ],
    };
  },
  blastRadius: {
    observe: (ctx: C) => around(ctx.site, of(ctx)),
    measure: (seen: Seen<ReturnType<typeof around>>, ctx: C) => measure(of(ctx), seen),
  },
  drift: {
    freshWithin: '60s' as const,
    observe: (ctx: C) => itself(of(ctx)),
    judge: (seen: Seen<ReturnType<typeof itself>>, ctx: C) => stillStuck(of(ctx), seen),
  },
  commands: (ctx: C) => [killTask(of(ctx).node, of(ctx))],
  effect: {
    proof: 'no process has that pid and start time any more, within 15 s',
    every: '3s' as const,
    within: '15s' as const,
    identity: (ctx: C) => itself(of(ctx)),
    judge: (_: unknown, after: Seen<ReturnType<typeof itself>>, ctx: C) =>
      judgeGone(of(ctx), after),
  },
  undo: 'none: kubelet mounts again by itself',
});
