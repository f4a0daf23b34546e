/** How many letters must be put in, left out, changed or swapped with their neighbour to make one text of the other. */
export function distance(from: string, to: string): number {
  const rows: number[][] = [Array.from({ length: to.length + 1 }, (_, i) => i)];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? Infinity;
  for (let i = 1; i <= from.length; i += 1) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= to.length; j += 1) {
      const same = from[i - 1] === to[j - 1];
      const swapped = from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      row.push(
        Math.min(
          at(i - 1, j) + 1,
          at(i, j - 1) + 1,
          at(i - 1, j - 1) + (same ? 0 : 1),
          swapped ? at(i - 2, j - 2) + 1 : Infinity,
        ),
      );
    }
  }
  return at(from.length, to.length);
}

const bare = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9]/g, '');

/** The candidate that was probably meant; `undefined` where none is near. Case, `-` and `_` do not count. */
export function nearest(text: string, candidates: readonly string[]): string | undefined {
  const wanted = bare(text);
  const ranked = candidates
    .map((it) => ({ it, far: distance(wanted, bare(it)) }))
    .toSorted((a, b) => a.far - b.far);
  const [best] = ranked;
  if (best !== undefined && best.far <= Math.max(1, Math.floor(wanted.length / 3))) return best.it;
  const longer = ranked.filter(({ it }) => wanted.length >= 3 && bare(it).startsWith(wanted));
  return longer.length === 1 ? longer[0]?.it : undefined;
}
