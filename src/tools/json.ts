import type { z } from 'zod';
import { unparsable, value } from '../runbook/command.ts';
import type { RawOutput, Reading } from '../runbook/command.ts';
import { printable } from './printable.ts';

const placeOf = (path: readonly PropertyKey[]): string =>
  path
    .map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i === 0 ? '' : '.'}${String(key)}`))
    .join('');

/**
 * Checks JSON from a tool against what is needed of it. Fields the schema does not name are ignored; a needed one that
 * is missing or of another type is `unparsable`, with a sentence that names `what` was expected and where it broke.
 */
export function readAs<T>(json: unknown, what: string, schema: z.ZodType<T>): Reading<T> {
  const result = schema.safeParse(json);
  if (result.success) return value(result.data);
  const [issue] = result.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? '' : ` at ${placeOf(issue.path)}`;
  const why = issue === undefined ? 'it does not fit' : issue.message;
  return unparsable(printable(`expected ${what} as JSON, but${where}: ${why}`));
}

/** The JSON on standard output; cut off, empty or broken JSON is `unparsable`, with a sentence that names `what`. */
export function parseJson(out: RawOutput, what: string): Reading<unknown> {
  if (out.truncated) return unparsable(`expected ${what} as JSON, but it was longer than is kept`);
  if (out.stdout.trim() === '') return unparsable(`expected ${what} as JSON, but nothing came`);
  try {
    return value(JSON.parse(out.stdout) as unknown);
  } catch {
    return unparsable(
      printable(`expected ${what} as JSON, but got: ${out.stdout.trim().slice(0, 80)}`),
    );
  }
}
