/** Crockford's base 32: no I, L, O, U, so that an id survives being read out on the phone. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const TIME_CHARS = 10;
const RANDOM_BYTES = 10;
const RANDOM_CHARS = 16;

const base32 = (value: bigint, chars: number): string =>
  Array.from({ length: chars }, (_, i) =>
    ALPHABET.charAt(Number((value >> BigInt(5 * (chars - 1 - i))) & 31n)),
  ).join('');

/**
 * A run's id, a ULID: 26 characters that sort by time. Time and chance are given: nothing here asks a clock.
 *
 * @param nowMs milliseconds since 1970, UTC, below 2^48
 * @param random at least 10 random bytes; the first 10 are used
 */
export function runId(nowMs: number, random: Uint8Array): string {
  if (!Number.isInteger(nowMs) || nowMs < 0 || nowMs >= 2 ** 48) {
    throw new RangeError(`${nowMs} is not a time in milliseconds that a run id can hold`);
  }
  if (random.length < RANDOM_BYTES) {
    throw new RangeError(`a run id needs ${RANDOM_BYTES} random bytes, got ${random.length}`);
  }
  const chance = random
    .subarray(0, RANDOM_BYTES)
    .reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return base32(BigInt(nowMs), TIME_CHARS) + base32(chance, RANDOM_CHARS);
}

/** Whether a text is a run's id: what is not one never becomes part of a path. */
export const isRunId = (text: string): boolean => /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(text);

/** When a run's id was made: milliseconds since 1970, UTC. */
export const timeOf = (id: string): number =>
  Array.from(id.slice(0, TIME_CHARS)).reduce((sum, char) => sum * 32 + ALPHABET.indexOf(char), 0);
