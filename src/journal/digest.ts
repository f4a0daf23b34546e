import { hash } from 'node:crypto';

/** The SHA-256 of a text (as UTF-8) or of bytes, in lower-case hexadecimal. */
export const sha256 = (content: string | Uint8Array): string => hash('sha256', content, 'hex');

const sortKeys = (_key: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    : value;

/** JSON that depends on the content alone: the same for any order of keys; what JSON cannot say is left out. */
export const canonicalJson = (value: unknown): string => JSON.stringify(value, sortKeys) ?? 'null';

/** The SHA-256 of a value's canonical JSON: equal content, equal digest. */
export const digestOf = (value: unknown): string => sha256(canonicalJson(value));
