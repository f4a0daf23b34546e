import type { Observation } from '../../../src/runbook/observation.ts';
import type { Judgement } from '../../../src/runbook/step.ts';
import type { Node } from '../../../src/tools/kubectl/nodes.ts';
import type { Identity } from '../../../src/tools/node/identity.ts';

/** The two witnesses of a boot: the node object, and the guest itself (COMMANDS D.3). */
export interface Boot {
  readonly node: Observation<Node | undefined>;
  readonly guest: Observation<Identity>;
}

/**
 * The one proof of a reset: the boot ID, as the API and as the guest know it, is another one than before, and both say the
 * same. Exit status, QEMU's PID and the hypervisor's uptime count for nothing (COMMANDS facts 1 and 2). What is empty or
 * cannot be read is unknown, never confirmed.
 */
export function judgeBoot(old: string, after: Boot): Judgement {
  const { node, guest } = after;
  if (!guest.ok) {
    return { effect: 'unknown', because: `the guest does not tell its boot ID: ${guest.says}` };
  }
  if (!node.ok) {
    return { effect: 'unknown', because: `the node object could not be read: ${node.says}` };
  }
  const [told, known] = [guest.value.bootId, node.value?.bootID ?? ''];
  if (told === '' || known === '' || old === '') {
    return { effect: 'unknown', because: 'a boot ID is empty' };
  }
  if (told === old && known === old) {
    return { effect: 'refuted', because: `the guest still runs boot ${old}: nothing was reset` };
  }
  if (told === known) {
    return {
      effect: 'confirmed',
      because: `boot ID ${known}, in the API and in the guest; before it was ${old}`,
    };
  }
  return {
    effect: 'unknown',
    because:
      known === old
        ? `the guest runs boot ${told}, and the API still knows ${old}`
        : `the guest runs boot ${told}, and the API knows ${known}`,
  };
}
