import type { Command } from '../../runbook/command.ts';
import { unparsable, value } from '../../runbook/command.ts';
import type { Cluster } from '../../runbook/site.ts';
import { classify, kubectl } from './kubectl.ts';

/**
 * Whether a secret exists. `-o name` prints its name and nothing of its content; the content crosses the wire to
 * kubectl and goes no further.
 */
export function secretExists(cluster: Cluster, namespace: string, name: string): Command<boolean> {
  return kubectl<boolean>({
    cluster,
    id: 'kubectl.secret-exists',
    about: `see whether secret ${namespace}/${name} exists`,
    args: ['-n', namespace, 'get', 'secret', name, '-o', 'name'],
    read: (out) => {
      const refusal = classify(out);
      if (refusal === undefined) {
        return out.stdout.trim() === `secret/${name}`
          ? value(true)
          : unparsable(`expected kubectl to print secret/${name}, and it printed something else`);
      }
      return refusal.is === 'not-found' ? value(false) : refusal.reading;
    },
  });
}
