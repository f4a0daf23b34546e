/** A time as Kubernetes writes it in objects: whole seconds, UTC. */
export const stamp = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

/** A time as Kubernetes writes it in leases and events: microseconds. */
export const microStamp = (at: number): string => new Date(at).toISOString().replace('Z', '000Z');

/** A time as containerd writes it before every log line: nanoseconds. */
export const nanoStamp = (at: number, nanos: number): string =>
  new Date(at).toISOString().replace('Z', `${String(nanos % 1_000_000).padStart(6, '0')}Z`);
