/** Times that were written already: the same few stand in every list of objects. */
const stamps = new Map<number, string>();
const MOST_STAMPS = 5_000;

/** A time as Kubernetes writes it in objects: whole seconds, UTC. */
export function stamp(at: number): string {
  const known = stamps.get(at);
  if (known !== undefined) return known;
  if (stamps.size >= MOST_STAMPS) stamps.clear();
  const written = `${new Date(at).toISOString().slice(0, 19)}Z`;
  stamps.set(at, written);
  return written;
}

/** A time as Kubernetes writes it in leases and events: microseconds. */
export const microStamp = (at: number): string => new Date(at).toISOString().replace('Z', '000Z');

/** A time as containerd writes it before every log line: nanoseconds. */
export const nanoStamp = (at: number, nanos: number): string =>
  new Date(at).toISOString().replace('Z', `${String(nanos % 1_000_000).padStart(6, '0')}Z`);
