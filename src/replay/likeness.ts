/** How what is decided today is laid beside what was recorded. */

const MARK = /‹redacted:[a-z-]+›/;

/** A text as it may have been before its secrets were taken out. */
function couldBe(recorded: string, today: string): boolean {
  const [first = '', ...rest] = recorded.split(MARK);
  const last = rest.pop() ?? '';
  if (!today.startsWith(first) || !today.endsWith(last)) return false;
  let from = first.length;
  for (const part of rest) {
    const at = today.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return from + last.length <= today.length;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * What was decided today as the journal would have kept it: as JSON, and without the secrets that were taken out of what was
 * recorded in the same place, which nobody has any more.
 */
export function asKept(today: unknown, recorded: unknown): unknown {
  const text = JSON.stringify(today);
  return text === undefined ? undefined : reconciled(JSON.parse(text), recorded);
}

function reconciled(today: unknown, recorded: unknown): unknown {
  if (typeof today === 'string') {
    const same =
      typeof recorded === 'string' &&
      MARK.test(recorded) &&
      couldBe(recorded, today.toWellFormed());
    return same ? recorded : today.toWellFormed();
  }
  if (Array.isArray(today)) {
    const kept: readonly unknown[] = Array.isArray(recorded) ? recorded : [];
    return today.map((it, i) => reconciled(it, kept[i]));
  }
  if (!isObject(today)) return today;
  return Object.fromEntries(
    Object.entries(today).map(([name, it]) => [
      name,
      reconciled(it, isObject(recorded) ? recorded[name] : undefined),
    ]),
  );
}
