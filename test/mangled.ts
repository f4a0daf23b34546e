/**
 * The same value with other text in every string, but for the fields named `kept`, which say what kind of a thing it is, or
 * when. A text that is JSON itself is changed inside, so that whoever parses it finds the other text there.
 */
export function mangled(
  value: unknown,
  text: string,
  kept: ReadonlySet<string>,
  key = '',
): unknown {
  if (typeof value === 'string') return kept.has(key) ? value : within(value, text, kept);
  if (Array.isArray(value)) return value.map((item) => mangled(item, text, kept, key));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, mangled(item, text, kept, name)]),
  );
}

function within(value: string, text: string, kept: ReadonlySet<string>): string {
  if (!value.startsWith('{')) return text;
  try {
    return JSON.stringify(mangled(JSON.parse(value), text, kept));
  } catch {
    return text;
  }
}
