import { guard } from '../runbook/runbook.ts';
import type { Site } from '../runbook/site.ts';
import type { Guard, Verdict } from '../runbook/step.ts';
import { isStatic, orphanOf } from '../tools/csi/orphans.ts';
import { listAllPods } from '../tools/kubectl/pods.ts';
import { apiReady } from '../tools/kubectl/ready.ts';
import { sandboxes } from '../tools/node/sandboxes.ts';
import type { Sandbox } from '../tools/node/sandboxes.ts';

/**
 * Holds where a sandbox is still that of a pod which the API knows under no name and on no node, static pods counted by the
 * hash that the runtime calls them by: without that this would be the way to stop the control plane (COMMANDS C.3, F).
 */
export function sandboxOrphaned(
  site: Site,
  node: string,
  sandbox: Pick<Sandbox, 'id' | 'podUid' | 'namespace' | 'name'>,
): Guard {
  return guard({
    name: 'orphan sandbox',
    observe: {
      ready: apiReady(site.cluster),
      pods: listAllPods(site.cluster),
      here: sandboxes(node),
    },
    judge: ({ ready, pods, here }): Verdict => {
      if (!ready.ok)
        return { verdict: 'unknown', because: `the API server is not ready: ${ready.says}` };
      if (!pods.ok || pods.value.length === 0) {
        const says = pods.ok ? 'the list is empty' : pods.says;
        return { verdict: 'unknown', because: `the pods could not be listed: ${says}` };
      }
      if (!here.ok)
        return { verdict: 'unknown', because: `crictl on ${node} gave no answer: ${here.says}` };
      const id = sandbox.id.slice(0, 12);
      if (isStatic(sandbox.podUid)) {
        return {
          verdict: 'fails',
          because: `${sandbox.podUid} is the hash of a static pod's file, so sandbox ${id} belongs to one: a static pod is never an orphan, whether or not the API shows its mirror pod`,
        };
      }
      if (orphanOf(sandbox.podUid, pods.value) === 'known') {
        return {
          verdict: 'fails',
          because: `the API knows pod ${sandbox.podUid}: sandbox ${id} is no orphan`,
        };
      }
      const now = here.value.sandboxes.find((it) => it.id === sandbox.id);
      if (now !== undefined && now.podUid !== sandbox.podUid) {
        return { verdict: 'fails', because: `sandbox ${id} belongs to pod ${now.podUid} now` };
      }
      return {
        verdict: 'holds',
        because: `pod ${sandbox.podUid} is not among the ${pods.value.length} that the API knows, static ones included`,
      };
    },
  });
}
