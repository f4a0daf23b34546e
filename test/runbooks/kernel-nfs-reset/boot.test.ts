import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { counterexample } from '../../tools/counterexample.ts';
import { judgeBoot } from '../../../runbooks/kernel-nfs-reset/judge/boot.ts';
import type { Boot } from '../../../runbooks/kernel-nfs-reset/judge/boot.ts';
import { aGuest, aNode, blind, NEW_BOOT, OLD_BOOT, saw } from './observed.ts';

const seen = (node: string, guest: string): Boot => ({
  node: saw(aNode({ bootID: node })),
  guest: aGuest(guest),
});

describe('the proof of a reset', () => {
  test("a new boot ID from both sides confirms it; QEMU's PID and start time, which stay the same, are not asked", () => {
    expect(judgeBoot(OLD_BOOT, seen(NEW_BOOT, NEW_BOOT))).toMatchObject({ effect: 'confirmed' });
  });

  test('the old boot on both sides refutes it, whatever qm exited with', () => {
    expect(judgeBoot(OLD_BOOT, seen(OLD_BOOT, OLD_BOOT))).toMatchObject({ effect: 'refuted' });
  });

  test.for([
    ['the API lags behind the guest', seen(OLD_BOOT, NEW_BOOT)],
    [
      'the API names another boot than the guest',
      seen(NEW_BOOT, 'c0ffee00-0000-4000-8000-000000000000'),
    ],
    ['the guest is the old one and the API names another', seen(NEW_BOOT, OLD_BOOT)],
    ['the node object has an empty boot ID', seen('', NEW_BOOT)],
    ['the guest has an empty boot ID', seen(NEW_BOOT, '')],
    ['the node object is gone', { node: saw(undefined), guest: aGuest(NEW_BOOT) }],
    ['the node object cannot be read', { node: blind(), guest: aGuest(NEW_BOOT) }],
    ['the guest cannot be read', { node: saw(aNode({ bootID: NEW_BOOT })), guest: blind() }],
  ] satisfies readonly (readonly [string, Boot])[])('is unknown where %s', ([, boot]) => {
    expect(judgeBoot(OLD_BOOT, boot).effect).toBe('unknown');
  });

  test('is never confirmed unless both say one boot that is not the old one', () => {
    const id = fc.constantFrom('', OLD_BOOT, NEW_BOOT, 'other');
    const node = fc.oneof(
      id.map((bootID): Boot['node'] => saw(aNode({ bootID }))),
      fc.constant<Boot['node']>(saw(undefined)),
      fc.constant<Boot['node']>(blind()),
    );
    const guest = fc.oneof(id.map(aGuest), fc.constant<Boot['guest']>(blind()));
    const property = fc.property(id, node, guest, (old, n, g) => {
      const { effect } = judgeBoot(old, { node: n, guest: g });
      const both = n.ok && g.ok && n.value?.bootID === g.value.bootId && g.value.bootId !== '';
      return effect !== 'confirmed' || (both && g.ok && g.value.bootId !== old && old !== '');
    });
    expect(counterexample(property)).toBeUndefined();
  });
});
