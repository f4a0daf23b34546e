import type { Position } from './positions.ts';

/** One thing wrong with an inventory, with its place. */
export interface Problem extends Position {
  readonly file: string;
  /** What is wrong and what would be right: `vault.port is 'eight', expected a number from 1 to 65535`. */
  readonly says: string;
}

/** A problem as editors and people read it: `sre.yaml:7:12: vault.port is …` */
export const problemLine = ({ file, line, column, says }: Problem): string =>
  `${file}:${line}:${column}: ${says}`;

/** A path in words: `nodes.worker-1.address`, `redact.values[2]`. */
export const pathInWords = (path: readonly PropertyKey[]): string =>
  path
    .map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i === 0 ? '' : '.'}${String(key)}`))
    .join('');
