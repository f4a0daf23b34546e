const POD =
  /pod([0-9a-f]{8}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12}|[0-9a-f]{32})(?![0-9a-f])/;

/**
 * The UID of the pod that a control group belongs to, with dashes; `undefined` where it names none. The systemd driver
 * writes underscores; 32 digits without either are the config hash of a static pod, which is not the UID its mirror pod
 * shows (COMMANDS C.3).
 */
export function podUidOf(controlGroup: string): string | undefined {
  return POD.exec(controlGroup)?.[1]?.replaceAll('_', '-');
}

/** The id of the container that a control group belongs to; `undefined` where it names none (COMMANDS C.3). */
export function containerIdOf(controlGroup: string): string | undefined {
  return /(?:cri-containerd-|\/)([0-9a-f]{64})(?![0-9a-f])/.exec(controlGroup)?.[1];
}
