import { guard } from '../runbook/runbook.ts';
import type { Site } from '../runbook/site.ts';
import type { Guard, Verdict } from '../runbook/step.ts';
import { registration } from '../tools/csi/registered.ts';
import { getCsiNode } from '../tools/kubectl/csi-nodes.ts';
import { listPods } from '../tools/kubectl/pods.ts';

/**
 * Holds where the healthy node that is kept as a control sample is another one, and the driver still serves it: in March the
 * master was the only healthy node, and what is compared with must not be repaired (DOMAIN 2.1, traps). Where it falls ill
 * too, something breaks nodes faster than they are repaired.
 */
export function controlStays(site: Site, control: string | null, target: string): Guard {
  const { cluster, csi } = site;
  return guard({
    name: 'control sample stays',
    observe:
      control === null
        ? {}
        : {
            csiNode: getCsiNode(cluster, control),
            drivers: listPods(cluster, csi.namespace, csi.nodeSelector),
          },
    judge: ({ csiNode, drivers }): Verdict => {
      if (control === null || csiNode === undefined || drivers === undefined)
        return { verdict: 'holds', because: 'no node was healthy when the run began' };
      if (control === target)
        return { verdict: 'fails', because: `${target} is the control sample: it is left alone` };
      if (!csiNode.ok || !drivers.ok) {
        const says = csiNode.ok ? (drivers.ok ? '' : drivers.says) : csiNode.says;
        return { verdict: 'unknown', because: `${control} could not be read: ${says}` };
      }
      const pod = drivers.value.find(
        (it) => it.node === control && it.deletionTimestamp === undefined,
      );
      const word = registration(csi.driver, csiNode.value, pod);
      return word.is === 'registered'
        ? { verdict: 'holds', because: `${control} stays as it is, and is registered` }
        : { verdict: 'fails', because: `${control} has fallen ill itself: ${word.why}` };
    },
  });
}
