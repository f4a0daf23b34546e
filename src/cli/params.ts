import { z } from 'zod';
import type { Runbook } from '../runbook/runbook.ts';
import { SreError } from '../runbook/sre-error.ts';
import { nearest } from '../inventory/nearest.ts';

/** Parameters from `--set key=value`, checked by the runbook's schema; every fault is said with what would be right. */
export function paramsFrom(book: Runbook, settings: readonly string[]): unknown {
  const names = namesOf(book);
  const given: Record<string, string> = {};
  for (const setting of settings) {
    const at = setting.indexOf('=');
    if (at < 1) {
      throw usage(`--set ${setting} has no value`, 'Write it as --set key=value.');
    }
    const key = setting.slice(0, at);
    if (!names.includes(key)) {
      const meant = nearest(key, names);
      throw usage(
        `${book.id} has no parameter '${key}'`,
        meant === undefined ? `It has: ${names.join(', ') || 'none'}.` : `Did you mean '${meant}'?`,
      );
    }
    given[key] = setting.slice(at + 1);
  }
  const parsed = book.params.safeParse(given);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => {
    const key = issue.path.map(String).join('.');
    return `parameter ${key === '' ? '' : `'${key}' `}is '${given[key] ?? 'not given'}': ${issue.message}`;
  });
  throw usage(faults.join('\n     '), `Its parameters are: ${names.join(', ')}.`);
}

const usage = (message: string, hint: string): SreError =>
  new SreError('bad-parameter', message, { source: 'operator', hint });

function namesOf(book: Runbook): readonly string[] {
  return book.params instanceof z.ZodObject ? Object.keys(book.params.shape) : [];
}
