import type { Seen } from '../runbook/observation.ts';
import type { NodeRef } from '../runbook/references.ts';
import type { Site } from '../runbook/site.ts';
import type { Judgement, Target } from '../runbook/step.ts';
import { setUnschedulable } from '../tools/kubectl/cordon.ts';
import { getNode } from '../tools/kubectl/nodes.ts';

interface Ctx {
  readonly site: Site;
}

const itself = (site: Site, node: NodeRef) => ({ node: getNode(site.cluster, node.name) });

/** The name of the follow-up that a cordon leaves, so that its uncordon can settle it. */
export const cordonOf = (node: string): string => `cordon ${node}`;

/** A node proven by its object's UID and by its boot. */
export const targetNode = (node: NodeRef): Target => ({
  name: node.name,
  kind: 'node',
  proven: [`uid ${node.uid}`, `boot ID ${node.bootId}`],
});

function judgeRead(
  node: NodeRef,
  unschedulable: boolean,
  { node: seen }: Seen<ReturnType<typeof itself>>,
): Judgement {
  if (!seen.ok) return { effect: 'unknown', because: `the node could not be read: ${seen.says}` };
  if (seen.value === undefined)
    return { effect: 'unknown', because: `the API server knows no node ${node.name} any more` };
  const says = seen.value.unschedulable ? 'unschedulable' : 'schedulable';
  return {
    effect: seen.value.unschedulable === unschedulable ? 'confirmed' : 'refuted',
    because: `${node.name} reads back as ${says}`,
  };
}

/**
 * Cordons or uncordons one node, pinned to its UID, and proves it by reading it back, since kubectl's exit code does not
 * (COMMANDS fact 8): the target, the command and the effect of the action.
 */
export const setSchedulable = <C extends Ctx>(
  of: (ctx: C) => NodeRef,
  wanted: 'schedulable' | 'unschedulable',
) => {
  const unschedulable = wanted === 'unschedulable';
  return {
    target: (ctx: C): Target => targetNode(of(ctx)),
    commands: (ctx: C) => [setUnschedulable(ctx.site.cluster, of(ctx), unschedulable)],
    effect: {
      proof: `spec.unschedulable reads back ${unschedulable}, within 10 s`,
      every: '2s' as const,
      within: '10s' as const,
      identity: (ctx: C) => itself(ctx.site, of(ctx)),
      judge: (_: unknown, after: Seen<ReturnType<typeof itself>>, ctx: C) =>
        judgeRead(of(ctx), unschedulable, after),
    },
  };
};
