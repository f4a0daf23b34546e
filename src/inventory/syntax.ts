import { isAlias, LineCounter, parseDocument, visit } from 'yaml';
import type { Document } from 'yaml';
import type { Position } from './positions.ts';

/** A YAML document, its lines, its content as plain data, and what is wrong with it as YAML. */
export interface Parsed {
  readonly doc: Document;
  readonly lines: LineCounter;
  readonly content: unknown;
  readonly faults: readonly Fault[];
}

/** A fault of YAML. `fatal`: what else the document says cannot be told. */
export interface Fault extends Position {
  readonly says: string;
  readonly fatal: boolean;
}

/** Plainer words for what people run into. */
const WORDS: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'indentation by tabs; YAML takes spaces only',
  DUPLICATE_KEY: 'this key stands here a second time',
  MULTIPLE_DOCS: 'a second document begins here; expected one',
  BAD_DIRECTIVE: 'a directive that is not understood',
  TAG_RESOLVE_FAILED: 'a tag that is not understood; expected plain YAML',
};

const asSentence = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

/** Reads a text as YAML. Never throws. */
export function parseYaml(text: string): Parsed {
  const lines = new LineCounter();
  const doc = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const faults = [...doc.errors, ...doc.warnings].map(({ code, message, pos }): Fault => ({
    ...at(pos[0]),
    says: WORDS[code] ?? `this is not YAML: ${asSentence(message)}`,
    fatal: code !== 'DUPLICATE_KEY',
  }));
  visit(doc, {
    Alias: (_, node) => {
      if (isAlias(node) && node.resolve(doc) === undefined) {
        const says = `no &${node.source} comes before this *${node.source}`;
        faults.push({ ...at(node.range?.[0] ?? 0), says, fatal: true });
      }
    },
  });
  if (faults.some((it) => it.fatal)) return { doc, lines, content: undefined, faults };
  const { content, fault } = contentOf(doc);
  return { doc, lines, content, faults: fault === undefined ? faults : [...faults, fault] };
}

/** Plain data; a document of references that multiply into millions of values is refused. */
function contentOf(doc: Document): { readonly content?: unknown; readonly fault?: Fault } {
  try {
    return { content: doc.toJS() as unknown };
  } catch (error) {
    const says = `this is not YAML that can be read: ${error instanceof Error ? error.message : String(error)}`;
    return { fault: { line: 1, column: 1, says, fatal: true } };
  }
}
