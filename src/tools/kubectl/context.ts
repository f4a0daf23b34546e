import type { Command } from '../../runbook/command.ts';
import { value } from '../../runbook/command.ts';
import type { Cluster } from '../../runbook/site.ts';

/**
 * Whether the kubeconfig has the context of the inventory. Reads a local file alone, so a cluster that is down does not
 * look like a configuration that is wrong (kubectl: `config get-contexts NAME`, exit 1 where it is missing).
 */
export function contextExists(cluster: Cluster): Command<boolean> {
  const { kubeconfig, context } = cluster;
  return {
    kind: 'command',
    id: 'kubectl.context',
    about: `look for the context ${context} in the kubeconfig`,
    where: { on: 'local' },
    does: 'reads',
    run: {
      kind: 'argv',
      argv: [
        'kubectl',
        ...(kubeconfig === undefined ? [] : ['--kubeconfig', kubeconfig]),
        'config',
        'get-contexts',
        context,
        '-o',
        'name',
      ],
    },
    deadlineMs: 10_000,
    read: (out) => {
      if (out.ending.how === 'exited' && out.ending.code === 0) return value(true);
      if (/context .* not found/.test(out.stderr)) return value(false);
      return {
        ok: false,
        why: 'exit',
        says: `kubectl could not read the kubeconfig: ${out.stderr.trim().split('\n').at(-1) ?? ''}`,
      };
    },
  };
}
