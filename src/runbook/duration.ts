/** A length of time as an author writes it: `'250ms'`, `'90s'`, `'20m'`, `'1.5h'`. */
export type Duration = `${number}${'ms' | 's' | 'm' | 'h'}`;

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a duration, or `undefined` where the text is not one: at the edge, unknown input becomes an error there. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text.trim());
  if (match === null) return undefined;
  return Number(match[1]) * (UNIT_MS[match[2] ?? ''] ?? Number.NaN);
}

/** Milliseconds of a duration that the type already vouches for. */
export function toMs(duration: Duration): number {
  const ms = parseDuration(duration);
  if (ms === undefined) throw new TypeError(`'${duration}' is not a duration such as '90s'`);
  return ms;
}

/** A length of time for people: `0.4 s`, `60.4 s`, `5 min`, `2 h 5 min`. Always with its unit. */
export function formatMs(ms: number): string {
  if (ms < 120_000) {
    const seconds = ms / 1000;
    return `${Number.isInteger(seconds) ? seconds : seconds.toFixed(1)} s`;
  }
  const minutes = Math.round(ms / 60_000);
  if (minutes < 120) return `${minutes} min`;
  const rest = minutes % 60;
  return rest === 0 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 60)} h ${rest} min`;
}
