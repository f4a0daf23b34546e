import { expect, test } from 'vitest';
import { distance, nearest } from '../../src/inventory/nearest.ts';

test.for<[string, string, number]>([
  ['', '', 0],
  ['port', 'port', 0],
  ['prot', 'port', 1],
  ['por', 'port', 1],
  ['ports', 'port', 1],
  ['past', 'port', 2],
  ['', 'port', 4],
  ['ca', 'abc', 3],
])("from '%s' to '%s' it is %i", ([from, to, far]) => {
  expect(distance(from, to)).toBe(far);
  expect(distance(to, from)).toBe(far);
});

const keys = ['namespace', 'statefulSet', 'port', 'tokenFile', 'activeService', 'host'];

test.for<[string, string | undefined]>([
  ['prot', 'port'],
  ['stateful-set', 'statefulSet'],
  ['STATEFULSET', 'statefulSet'],
  ['token', 'tokenFile'],
  ['active', 'activeService'],
  ['xyz', undefined],
  ['p', undefined],
  ['', undefined],
])("'%s' means %s", ([text, meant]) => {
  expect(nearest(text, keys)).toBe(meant);
});

test('nothing is near where there is nothing', () => {
  expect(nearest('port', [])).toBeUndefined();
});
