import { isAlias, isMap, isScalar, isSeq, LineCounter } from 'yaml';
import type { Document, Node } from 'yaml';

/** A place in a file, both from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A way into the document, as schemas name it: keys, and numbers of list items. */
export type KeyPath = readonly PropertyKey[];

interface Step {
  readonly key?: Node | undefined;
  readonly value?: Node | undefined;
}

const START: Position = { line: 1, column: 1 };

function follow(doc: Document, node: Node | undefined): Node | undefined {
  return isAlias(node) ? node.resolve(doc) : node;
}

function step(node: Node | undefined, key: PropertyKey): Step | undefined {
  if (isMap<Node, Node | null>(node)) {
    const pair = node.items.find((it) => isScalar(it.key) && String(it.key.value) === String(key));
    return pair === undefined ? undefined : { key: pair.key, value: pair.value ?? undefined };
  }
  if (isSeq<Node>(node)) {
    const value = node.items[Number(key)];
    return value === undefined ? undefined : { value };
  }
  return undefined;
}

const isEmpty = (node: Node | undefined): boolean => isScalar(node) && node.value === null;

/**
 * Where something stands: the value at this path, or its key; where the path leads to nothing, the last thing on the way
 * that is there.
 */
export function positionOf(
  doc: Document,
  lines: LineCounter,
  path: KeyPath,
  of: 'key' | 'value',
): Position {
  let at: Step = { value: doc.contents as Node | undefined };
  let whole = true;
  for (const key of path) {
    const next = step(follow(doc, at.value), key);
    if (next === undefined) {
      // A value that stands for a whole mapping (`worker-1: 192.0.2.11`) is itself the place.
      whole = isScalar(at.value);
      break;
    }
    at = next;
  }
  const byKey = of === 'key' || !whole || isEmpty(at.value);
  const node = byKey ? (at.key ?? at.value) : (at.value ?? at.key);
  const isRoot = node === doc.contents && path.length > 0;
  const offset = node?.range?.[0];
  if (offset === undefined || isRoot) return START;
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}
