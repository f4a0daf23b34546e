/**
 * Text that came from a cluster, made fit for one sentence: control characters and runs of white space become one
 * space, and what is longer than `limit` characters (code units) ends in `…`. What a person reads never carries an
 * escape sequence (DESIGN: two ways to look at it).
 */
export function printable(text: string, limit = 300): string {
  const line = text
    .replaceAll(/\u001B\[[0-9;?]*[ -/]*[@-~]/g, '')
    .replaceAll(/[\s\p{Cc}\p{Cf}]+/gu, ' ')
    .trim();
  return line.length <= limit ? line : `${line.slice(0, limit - 1)}…`;
}
