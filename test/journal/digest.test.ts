import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson, digestOf, sha256 } from '../../src/journal/digest.ts';

test('sha256 is the published one', () => {
  expect(sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  expect(sha256(Buffer.from('abc'))).toBe(sha256('abc'));
});

test('canonical JSON sorts the keys at every depth and leaves out what is undefined', () => {
  expect(canonicalJson({ b: [{ d: 1, c: undefined, a: null }], a: 'x' })).toBe(
    '{"a":"x","b":[{"a":null,"d":1}]}',
  );
  expect(canonicalJson(undefined)).toBe('null');
});

test('the digest depends on the content, not on the order of the keys', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (it) => {
      const turned = Object.fromEntries(Object.entries(it).toReversed());
      expect(digestOf(turned)).toBe(digestOf(it));
    }),
  );
  expect(digestOf({ a: 1 })).not.toBe(digestOf({ a: 2 }));
});

test('canonical JSON is JSON of the same value', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (it) => {
      expect(JSON.parse(canonicalJson(it))).toEqual(JSON.parse(JSON.stringify(it)));
    }),
  );
});
