import type { Command } from '../../runbook/command.ts';
import { unparsable, value } from '../../runbook/command.ts';
import type { Cluster } from '../../runbook/site.ts';
import { classify, kubectl, segment } from './kubectl.ts';
import type { PodName } from './pods.ts';

/** The lines of a text, without the empty one after a last line feed. */
const linesOf = (text: string): readonly string[] => {
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
};

/**
 * The last lines of a container's log, each with the container runtime's timestamp in front. It goes through the
 * node's kubelet, so it fails or hangs where that is sick (COMMANDS fact 9): 8 s, and `podLogFile` reads the same on
 * the node itself.
 */
export function podLogs(
  cluster: Cluster,
  { namespace, name }: PodName,
  container: string,
  tailLines: number,
): Command<readonly string[]> {
  const query = `container=${encodeURIComponent(container)}&tailLines=${tailLines}&timestamps=true`;
  return kubectl<readonly string[]>({
    cluster,
    id: 'kubectl.pod-logs',
    about: `read the last ${tailLines} log lines of ${namespace}/${name} (${container})`,
    args: [
      'get',
      '--raw',
      `/api/v1/namespaces/${segment(namespace)}/pods/${segment(name)}/log?${query}`,
    ],
    timeoutMs: 8000,
    read: (out) => {
      const refusal = classify(out);
      if (refusal !== undefined) return refusal.reading;
      return out.truncated
        ? unparsable(`expected at most ${tailLines} log lines, and they were longer than is kept`)
        : value(linesOf(out.stdout));
    },
  });
}
