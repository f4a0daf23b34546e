/**
 * Chance without a clock and without state: every draw is a function of the seed and of what it is for, so the same
 * world always goes the same way, in whatever order it is asked.
 */

/** A 32-bit hash of a text (FNV-1a with a final mix). */
export function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) {
    h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  }
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A whole number from `low` to `high`, both included. */
export const between = (
  low: number,
  high: number,
  ...about: readonly (string | number)[]
): number => low + (hash(about.join('\u0000')) % (high - low + 1));

/** Draws that were made already: objects are shown again and again, and their ids never change. */
const drawn = new Map<string, string>();
const MOST_DRAWN = 20_000;

/** So many hexadecimal digits. */
export function hex(digits: number, ...about: readonly (string | number)[]): string {
  const subject = about.join('\u0000');
  const key = `${digits} ${subject}`;
  const known = drawn.get(key);
  if (known !== undefined) return known;
  let text = '';
  for (let i = 0; text.length < digits; i += 1) {
    text += hash(`${subject}\u0000${i}`).toString(16).padStart(8, '0');
  }
  if (drawn.size >= MOST_DRAWN) drawn.clear();
  const hexadecimal = text.slice(0, digits);
  drawn.set(key, hexadecimal);
  return hexadecimal;
}

/** A random UUID, version 4, as Kubernetes and the kernel make them. */
export function uuid(...about: readonly (string | number)[]): string {
  const h = hex(32, ...about);
  const variant = ((Number.parseInt(h[16] ?? '0', 16) % 4) + 8).toString(16);
  return [
    h.slice(0, 8),
    h.slice(8, 12),
    `4${h.slice(13, 16)}`,
    `${variant}${h.slice(17, 20)}`,
    h.slice(20),
  ].join('-');
}
