/** What the environment and the streams say of the terminal: asked once, at the edge. Pure. */

/** What is known of where words will be shown. */
export interface Surroundings {
  /** Somebody is there to look and to type: both streams are terminals that can redraw, and this is no CI. */
  readonly guided: boolean;
  /** Somebody is there to be asked. */
  readonly canAsk: boolean;
  readonly ascii: boolean;
  readonly columns: number;
  readonly colour: 0 | 1 | 2 | 3;
}

type Environment = Readonly<Record<string, string | undefined>>;

const isSet = (value: string | undefined): boolean => value !== undefined && value !== '';

/** `TERM` of terminals that show no more than ASCII, or cannot move the cursor. */
const POOR = ['linux', 'dumb'];

/** Reads `TERM`, the locale, `CI`, `NO_COLOR` and `FORCE_COLOR` (which wins over `NO_COLOR`, as in Node itself). */
export function surroundings(
  env: Environment,
  input: { readonly isTTY?: boolean },
  output: { readonly isTTY?: boolean; readonly columns?: number },
): Surroundings {
  const term = env['TERM'] ?? '';
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find(isSet) ?? '';
  const canAsk = input.isTTY === true && output.isTTY === true;
  return {
    canAsk,
    guided: canAsk && term !== 'dumb' && !isSet(env['CI']),
    ascii: POOR.includes(term) || !/utf-?8/i.test(locale),
    columns: output.columns ?? 100,
    colour: colourOf(env, output.isTTY === true && term !== 'dumb'),
  };
}

function colourOf(env: Environment, able: boolean): 0 | 1 | 2 | 3 {
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) {
    if (forced === '0' || forced === 'false') return 0;
    return forced === '2' ? 2 : forced === '3' ? 3 : 1;
  }
  if (isSet(env['NO_COLOR'])) return 0;
  return able ? 1 : 0;
}
