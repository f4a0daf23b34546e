import type { LockWord } from '../engine/ports.ts';
import type { Standing } from './decide.ts';
import type { Doubtful, Turn } from './one-lock.ts';
import { held, lost, refused, unknown } from './words.ts';

/**
 * What a write came to whose answer never came, by a look after it: this run's, where the look says so; and another run's is
 * another run's, however the write ended. `undefined`: the look failed as well.
 */
export function readBack(
  it: Pick<LockWord, 'lock' | 'where'>,
  { number, tookOver, says, otherwise }: Doubtful,
  seen: { readonly standing: Standing; readonly beat: number } | undefined,
): Turn {
  const unsure: Turn = { word: unknown(it, 'written', says), hold: otherwise };
  if (seen === undefined) return unsure;
  const { standing, beat } = seen;
  if (standing.is === 'mine' && standing.number === (number ?? standing.number)) {
    return standing.expired
      ? unsure
      : {
          word: held(it, 'verified', standing.number, beat, tookOver),
          hold: {
            is: 'held',
            number: standing.number,
            ...(tookOver === undefined ? {} : { tookOver }),
          },
        };
  }
  if (otherwise.is === 'held') {
    const word = lost(it, otherwise.number, standing);
    return { word, hold: { is: 'lost', word } };
  }
  return standing.is === 'theirs'
    ? { word: refused(it, standing.holder), hold: otherwise }
    : unsure;
}
