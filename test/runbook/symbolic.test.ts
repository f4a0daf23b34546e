import { describe, expect, test } from 'vitest';
import { NOWHERE, symbolic, symbolicContext } from '../../src/runbook/symbolic.ts';

interface Pod {
  readonly name: string;
  readonly node: { readonly name: string };
  readonly count: number;
}
const pod = symbolic('pod') as Pod;
const pods = symbolic('pods') as readonly Pod[];
/** What stands where text is wanted. */
const text = (it: unknown): string => String(it);

describe('a fact that is not known yet', () => {
  test('reads as its name between angles, in every kind of text', () => {
    expect(text(pod.name)).toBe('‹pod.name›');
    expect(text(pod.node.name)).toBe('‹pod.node.name›');
    expect(pod.name + '/x').toBe('‹pod.name›/x');
    expect(JSON.stringify({ name: pod.name })).toBe('{"name":"‹pod.name›"}');
  });

  test('is no number, so no comparison holds', () => {
    expect(pod.count > 1).toBe(false);
    expect(pod.count <= 1).toBe(false);
    expect(pod.count * 2).toBeNaN();
  });

  test('keeps its name through what is done to text', () => {
    expect(text(pod.name.trim().toLowerCase().slice(0, 8))).toBe('‹pod.name›');
  });

  test('can be called, and has every property', () => {
    expect(String((symbolic('f') as () => unknown)())).toBe('‹f()›');
    expect('anything' in pod).toBe(true);
  });

  test('is one element long as a list', () => {
    expect(pods).toHaveLength(1);
    expect([...pods].map((it) => text(it.name))).toEqual(['‹pods[i].name›']);
    expect(pods.map((it) => text(it.name))).toEqual(['‹pods[i].name›']);
    expect(pods.filter((it) => it.count > 3).map((it) => text(it.name))).toEqual([
      '‹pods[i].name›',
    ]);
    expect(pods.flatMap((it) => [text(it.name), 'x'])).toEqual(['‹pods[i].name›', 'x']);
    expect(text(pods.find((it) => it.count > 3)?.name ?? '')).toBe('‹pods[i].name›');
    expect(text(pods.at(-1)?.name ?? '')).toBe('‹pods[i].name›');
    expect(pods.some((it) => it.count > 3)).toBe(true);
  });

  test('gives pairs where a list of pairs is made of it', () => {
    expect(pods.map((it) => [text(it.name), 1])).toEqual([['‹pods[i].name›', 1]]);
    expect(Object.fromEntries(pods.map((it) => [it.name, 1] as const))).toEqual({
      '‹pods[i].name›': 1,
    });
  });
});

describe('a context for looking at a runbook', () => {
  test('has what is known as it is, and the rest by name', () => {
    const { facts, params, site } = symbolicContext(
      ['leader', 'node'],
      { leader: 'vault-2' },
      { namespace: 'vault' },
      NOWHERE,
    );
    expect(facts['leader']).toBe('vault-2');
    expect(String(facts['node'])).toBe('‹node›');
    expect(params).toEqual({ namespace: 'vault' });
    expect(site.cluster.name).toBe('‹cluster›');
  });

  test('has no fact that the step does not declare', () => {
    expect(symbolicContext(['leader'], { node: 1 }, {}, NOWHERE).facts).not.toHaveProperty('node');
  });
});
