/** `--name=value` for each entry, in order. */
export function commandLineFlags(values: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(values).map(([name, value]) => `--${name}=${value}`);
}
