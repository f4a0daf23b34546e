import type { Command } from '../../runbook/command.ts';
import type { Cluster } from '../../runbook/site.ts';
import { parseJson } from '../json.ts';
import { andThen, failed } from '../reading.ts';
import { classify, kubectl } from './kubectl.ts';
import { readNode } from './nodes.ts';
import type { Node } from './nodes.ts';

/**
 * Cordons or uncordons the very node that was seen, by a test of its UID, and reads back what it is now. `kubectl
 * cordon` exits 0 when the patch is forbidden, so the patch itself is sent (COMMANDS fact 8, D.4).
 */
export function setUnschedulable(
  cluster: Cluster,
  { name, uid }: { readonly name: string; readonly uid: string },
  unschedulable: boolean,
): Command<Node> {
  const patch = [
    { op: 'test', path: '/metadata/uid', value: uid },
    { op: 'add', path: '/spec/unschedulable', value: unschedulable },
  ];
  return kubectl<Node>({
    cluster,
    id: unschedulable ? 'kubectl.cordon' : 'kubectl.uncordon',
    about: `${unschedulable ? 'cordon' : 'uncordon'} node ${name}`,
    args: ['patch', 'node', name, '--type=json', '-p', JSON.stringify(patch), '-o', 'json'],
    does: 'mutates',
    scope: `node ${name}`,
    read: (out) => {
      const refusal = classify(out);
      if (refusal?.reason === 'Invalid') {
        return failed(
          'exit',
          `node ${name} was not changed: it has another UID than the one seen, or the API server does not take the patch`,
        );
      }
      if (refusal !== undefined) return refusal.reading;
      return andThen(parseJson(out, `node ${name}`), (json) => readNode(json, name));
    },
  });
}
