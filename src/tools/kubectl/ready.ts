import type { Command } from '../../runbook/command.ts';
import { unparsable, value } from '../../runbook/command.ts';
import type { Cluster } from '../../runbook/site.ts';
import { classify, kubectl } from './kubectl.ts';

/**
 * Whether the API server answers at all, within 3 s: GET /readyz, which needs no discovery (COMMANDS E, traps).
 * Anything but the body `ok` is not ready.
 */
export function apiReady(cluster: Cluster): Command<'ready'> {
  return kubectl<'ready'>({
    cluster,
    id: 'kubectl.ready',
    about: 'ask the API server whether it is ready',
    args: ['get', '--raw', '/readyz'],
    timeoutMs: 3000,
    read: (out) => {
      const refusal = classify(out);
      if (refusal !== undefined) return refusal.reading;
      return out.stdout.trim() === 'ok'
        ? value('ready')
        : unparsable(
            'expected the API server to answer /readyz with ok, and it said something else',
          );
    },
  });
}
