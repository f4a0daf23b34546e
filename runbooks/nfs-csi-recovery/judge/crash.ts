import type { Observation } from '../../../src/runbook/observation.ts';
import { contestedPort } from '../../../src/tools/csi/ports.ts';
import type { Pod } from '../../../src/tools/kubectl/pods.ts';
import type { LogFile } from '../../../src/tools/node/pod-log.ts';
import type { Contest, Patient } from '../facts.ts';

/** What a pod's last words say about why it does not come up. */
export type Crash =
  | { readonly is: 'contested' | 'unsaid'; readonly contest: Contest; readonly because: string }
  | { readonly is: 'no-route'; readonly because: string };

/** Calico is missing: the API service's address has no route (DOMAIN 2.1, decisions). */
const NO_ROUTE = /dial tcp [^\s"]*: (?:connect: )?no route to host/;

/**
 * The contested port, from the termination message or from the log on the node; where neither names one, every port of the
 * pod's arguments is looked at. Nothing is assumed about numbers: the cluster's own documents had them wrong (COMMANDS C.1).
 */
export function readCrash(
  patient: Patient,
  pod: Pod | undefined,
  logs: Readonly<Record<string, Observation<LogFile>>>,
): Crash {
  const lines = Object.values(logs).flatMap((it) => (it.ok ? it.value.lines : []));
  const unread = Object.entries(logs).flatMap(([name, it]) =>
    it.ok ? [] : [`the log of ${name} could not be read (${it.says})`],
  );
  const own = pod === undefined ? undefined : contestedPort(pod, lines);
  const port = own?.port ?? patient.contested ?? undefined;
  if (port !== undefined) {
    const from = own?.from === 'log' ? 'named by its log' : 'named by its termination message';
    return {
      is: 'contested',
      contest: { ports: [port], from },
      because: `${patient.pod.name} could not bind port ${port}, ${from}`,
    };
  }
  const route = lines.findLast((line) => NO_ROUTE.test(line));
  if (route !== undefined) {
    return {
      is: 'no-route',
      because: `${patient.pod.name} cannot reach the API: ${NO_ROUTE.exec(route)?.[0] ?? 'no route to host'}`,
    };
  }
  const from = ['from its arguments', ...unread].join('; ');
  return {
    is: 'unsaid',
    contest: { ports: patient.ports, from },
    because:
      patient.ports.length === 0
        ? `neither its last words nor its arguments name a port; ${unread.join('; ')}`
        : `its last words name no contested port: every port of its arguments is looked at (${patient.ports.join(', ')})`,
  };
}
