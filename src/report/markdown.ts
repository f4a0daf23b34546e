import { sanitise } from '../terminal/sanitise.ts';

/**
 * Markdown out of text that anybody may have written: an operator, a kernel, a pod. A row `| P0 | … | Alert | … | TODO |` that
 * is pushed starts automation which changes the cluster, and a pipe inside a cell breaks the parser of it (DOMAIN 5): no text
 * can make a row, a cell more, or that status.
 */

const LONGEST = 600;

/** Text on one line that means nothing to Markdown or HTML. */
export function plain(text: string, max = LONGEST): string {
  return sanitise(text, { max })
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replaceAll('|', '¦')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('`', "'")
    .replaceAll(/[\\*_[\]#~]/g, String.raw`\$&`)
    .replaceAll(/todo/gi, 'to-do');
}

/** Text as it was printed, for a block of code: without what would end the block or look like a row. */
export const code = (text: string): string =>
  sanitise(text, { max: LONGEST })
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replaceAll('|', '¦')
    .replaceAll('`', "'")
    .replaceAll('<', '‹')
    .replaceAll('>', '›')
    .replaceAll(/todo/gi, 'to-do');

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** A table whose cells are {@link plain} already; none where there is nothing in it. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  return rows.length === 0
    ? []
    : [row(head), row(head.map(() => '---')), ...rows.map((cells) => row(cells)), ''];
}

/** What a person has to write, since the run cannot know it. */
export const toFill = (what: string): string => `_to be filled in: ${what}_`;

/** A section: its heading, and something below it. */
export const section = (
  level: 2 | 3,
  title: string,
  ...lines: readonly string[]
): readonly string[] => [
  `${'#'.repeat(level)} ${title}`,
  '',
  ...lines,
  ...(lines.at(-1) === '' ? [] : ['']),
];

/** A list of {@link plain} sentences. */
export const bullets = (items: readonly string[]): readonly string[] =>
  items.length === 0 ? [] : [...items.map((it) => `- ${it}`), ''];

/** Something long that is folded away. */
export const details = (summary: string, ...lines: readonly string[]): readonly string[] => [
  '<details>',
  `<summary>${summary}</summary>`,
  '',
  ...lines,
  '</details>',
  '',
];
