import type { Observation } from '../../../src/runbook/observation.ts';
import { contestedPort } from '../../../src/tools/csi/ports.ts';
import type { Pod } from '../../../src/tools/kubectl/pods.ts';
import type { LogFile } from '../../../src/tools/node/pod-log.ts';
import type { Contest, Patient } from '../facts.ts';

/** What a pod's last words say about why it does not come up. */
export interface Crash {
  readonly is: 'contested' | 'unsaid';
  readonly contest: Contest;
  readonly because: string;
  /** Something that may name the port could not be read: worth another look, before it counts as unsaid. */
  readonly unread: boolean;
}

/** A pod or a log that cannot be read is asked for again for so long, in milliseconds; then what is known must do. */
export const PATIENCE_MS = 20_000;

/** Calico is missing: the API service's address has no route (DOMAIN 2.1, decisions). */
const NO_ROUTE = /dial tcp [^\s"]*: (?:connect: )?no route to host/;

/** The words of a pod that found no route to the API server; `undefined` where it says nothing of it. */
export const noRoute = (text: string): string | undefined => NO_ROUTE.exec(text)?.[0];

/**
 * The contested port, from the termination message or from the log on the node; where neither names one, every port of the
 * pod's arguments is looked at. Nothing is assumed about numbers: the cluster's own documents had them wrong (COMMANDS C.1).
 */
export function readCrash(
  patient: Patient,
  pod: Observation<Pod | undefined>,
  logs: Readonly<Record<string, Observation<LogFile>>>,
): Crash {
  const lines = Object.values(logs).flatMap((it) => (it.ok ? it.value.lines : []));
  const unread = [
    ...(pod.ok ? [] : [`the pod could not be read (${pod.says})`]),
    ...Object.entries(logs).flatMap(([name, it]) =>
      it.ok ? [] : [`the log of ${name} could not be read (${it.says})`],
    ),
  ];
  const own = contestedPort((pod.ok ? pod.value : undefined) ?? { containers: [] }, lines);
  const port = own?.port ?? patient.contested ?? undefined;
  const others = patient.ports.filter((it) => it !== port);
  if (port !== undefined) {
    const where = own?.from === 'log' ? 'log' : 'termination message';
    const from =
      others.length === 0
        ? `from its ${where}`
        : `${port} from its ${where}, ${others.join(', ')} from its arguments`;
    return {
      is: 'contested',
      contest: { ports: [port, ...others], from },
      because: `${patient.pod.name} could not bind port ${port}, as its ${where} says`,
      unread: false,
    };
  }
  // The network pod was looked at before: where it is ready now, these words are from before that.
  const route = lines.map(noRoute).findLast((it) => it !== undefined);
  const words = [
    ...(route === undefined ? [] : [`it had no route to the API server (${route})`]),
    ...unread,
  ].join('; ');
  const said = `its last words name no contested port${words === '' ? '' : `: ${words}`}`;
  return {
    is: 'unsaid',
    unread: unread.length > 0,
    contest: { ports: patient.ports, from: ['from its arguments', ...unread].join('; ') },
    because:
      patient.ports.length === 0
        ? `${said}, and neither do its arguments`
        : `${said}; every port of its arguments is looked at (${patient.ports.join(', ')})`,
  };
}
