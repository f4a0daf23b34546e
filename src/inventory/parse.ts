import type { z } from 'zod';
import { redact } from '../journal/redact.ts';
import { inventoryOf } from './inventory.ts';
import type { Inventory } from './inventory.ts';
import { allKeys, keysAt } from './known-keys.ts';
import { nearest } from './nearest.ts';
import { positionOf } from './positions.ts';
import type { KeyPath, Position } from './positions.ts';
import { pathInWords } from './problem.ts';
import type { Problem } from './problem.ts';
import { badReferences } from './references.ts';
import { inventorySchema } from './schema.ts';
import { parseYaml } from './syntax.ts';

/** An inventory, or everything that is wrong with its text, from top to bottom. */
export type ParsedInventory =
  | { readonly ok: true; readonly inventory: Inventory }
  | { readonly ok: false; readonly problems: readonly Problem[] };

interface Finding {
  readonly path: KeyPath;
  readonly at: 'key' | 'value';
  readonly says: string;
}

/** Reads an inventory. Paths in it stay as they are written. */
export function parseInventory(text: string, fileName: string): ParsedInventory {
  const { doc, lines, content, faults } = parseYaml(text);
  const problem = (position: Position, says: string): Problem => ({
    file: fileName,
    line: position.line,
    column: position.column,
    says,
  });
  const syntax = faults.map((it) => problem(it, it.says));
  if (faults.some((it) => it.fatal)) return { ok: false, problems: syntax.toSorted(byPlace) };
  const parsed = inventorySchema.safeParse(content ?? {});
  const findings = [
    ...(parsed.error?.issues.flatMap((it) => findingsOf(it, content)) ?? []),
    ...badReferences(content).map((it): Finding => ({
      at: 'value',
      ...it,
      says: `${pathInWords(it.path)}: ${it.says}`,
    })),
  ];
  const problems = [
    ...syntax,
    ...findings.map(({ path, at, says }) => problem(positionOf(doc, lines, path, at), says)),
  ];
  return parsed.success && problems.length === 0
    ? { ok: true, inventory: inventoryOf(parsed.data, fileName) }
    : { ok: false, problems: problems.toSorted(byPlace) };
}

const byPlace = (a: Problem, b: Problem): number => a.line - b.line || a.column - b.column;

function findingsOf(issue: z.core.$ZodIssue, content: unknown): readonly Finding[] {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') return issue.keys.map((it) => unknownKey([...path, it]));
  if (issue.code === 'invalid_key') {
    const [section, key] = [pathInWords(path.slice(0, -1)), String(path.at(-1))];
    const says = `${section} has the key '${key}', expected ${issue.issues[0]?.message}`;
    return [{ path, at: 'key', says }];
  }
  const where = path.length === 0 ? 'the file' : pathInWords(path);
  const found = inWords(valueAt(content, path), path);
  return [{ path, at: 'value', says: `${where} is ${found}, expected ${issue.message}` }];
}

function unknownKey(path: KeyPath): Finding {
  const section = path.slice(0, -1);
  const key = String(path.at(-1));
  const here = keysAt(inventorySchema, section);
  if (here.includes(key)) {
    const says = `${pathInWords(path)} does not go with the rest of ${pathInWords(section)}`;
    return { path, at: 'key', says };
  }
  const near = nearest(key, here);
  const elsewhere = allKeys(inventorySchema).filter((it) => it.split('.').at(-1) === key);
  const meant = near === undefined ? elsewhere : [pathInWords([...section, near])];
  const advice =
    meant.length === 0
      ? `expected one of: ${here.join(', ')}`
      : `did you mean ${meant.join(' or ')}?`;
  const says = `${pathInWords(path)} is not a key that sre knows; ${advice}`;
  return { path, at: 'key', says };
}

/** What stands at a path; where a value stands for a whole mapping (`worker-1: 192.0.2.11`), that value. */
function valueAt(content: unknown, path: KeyPath): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return content;
  if (content === null) return undefined;
  if (typeof content !== 'object') return content;
  return valueAt((content as Readonly<Record<PropertyKey, unknown>>)[key], rest);
}

/** What was found, in a few words; a secret is never among them. */
function inWords(found: unknown, path: KeyPath): string {
  if (found === undefined) return 'missing';
  if (found === null) return 'empty';
  if (Array.isArray(found)) return 'a list';
  if (typeof found === 'object') return 'a mapping';
  if (typeof found !== 'string') return path[0] === 'redact' ? 'no text' : JSON.stringify(found);
  if (path[0] === 'redact') return `a text of ${found.length} characters`;
  const text = redact(found, []);
  return `'${text.length > 60 ? `${text.slice(0, 59)}…` : text}'`;
}
