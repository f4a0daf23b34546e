import type { Pod } from '../kubectl/pod-object.ts';

/** A port that a container of a CSI driver listens on for its health, on the node itself. */
export interface HealthPort {
  readonly container: string;
  readonly port: number;
}

const OPTION = /^--?(?:http-endpoint|health-port)(?:=(.*))?$/;

const toPort = (text: string): number | undefined => {
  const digits = /(?:^|:)(\d{1,5})$/.exec(text.trim())?.[1];
  const port = Number(digits);
  return digits !== undefined && port > 0 && port <= 65_535 ? port : undefined;
};

/**
 * The ports that the containers of a pod are told to listen on, from the arguments of the live pod: `--http-endpoint`
 * (`localhost:29653`) and, in older images, `--health-port`. The chart's numbers are never assumed (COMMANDS C.1).
 */
export function portsOf(pod: Pick<Pod, 'containers'>): readonly HealthPort[] {
  return pod.containers.flatMap(({ name, args }) =>
    args.flatMap((arg, i) => {
      const match = OPTION.exec(arg);
      const port = match === null ? undefined : toPort(match[1] ?? args[i + 1] ?? '');
      return port === undefined ? [] : [{ container: name, port }];
    }),
  );
}

/** Go's own words, and memberlist's in front of them (COMMANDS C.2, C.4). */
const IN_USE = /listen (?:tcp|udp)[46]? \S*?:(\d{1,5}): bind: address already in use/g;
const MEMBERLIST = /failed to start (?:TCP|UDP) listener on "[^"]*" port (\d{1,5})(?![\d:]| *:)/gi;

/** The port that a text says is taken, the last of several. */
function takenIn(text: string): number | undefined {
  const found = [...text.matchAll(IN_USE), ...text.matchAll(MEMBERLIST)];
  const last = found.toSorted((a, b) => a.index - b.index).at(-1)?.[1];
  return last === undefined ? undefined : toPort(last);
}

/** A port that another process holds, and where that was read. */
export interface ContestedPort {
  readonly port: number;
  readonly from: 'termination message' | 'log';
}

/**
 * The port that a crashing pod could not take: from what a container wrote when it last ended, else from the newest log
 * line that says so; `undefined` where nothing says so.
 */
export function contestedPort(
  pod: Pick<Pod, 'containers'>,
  log: readonly string[] = [],
): ContestedPort | undefined {
  for (const { lastTermination } of pod.containers) {
    const port = takenIn(lastTermination?.message ?? '');
    if (port !== undefined) return { port, from: 'termination message' };
  }
  const line = log.findLast((it) => takenIn(it) !== undefined);
  const port = line === undefined ? undefined : takenIn(line);
  return port === undefined ? undefined : { port, from: 'log' };
}
