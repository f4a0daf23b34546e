import { describe, expect, test } from 'vitest';
import { readMounts } from '../../../runbooks/nfs-csi-recovery/judge/whole.ts';
import { unproven } from '../../../runbooks/nfs-csi-recovery/steps/proof.ts';
import type { MountTry } from '../../../src/tools/nfs/probe.ts';
import { BOOT, no, ok } from './made.ts';

const mounted = ok<MountTry>({
  bootId: BOOT,
  is: 'mounted',
  version: '4.2',
  seconds: 0.4,
  undone: true,
});
const hung = ok<MountTry>({ bootId: BOOT, is: 'hung', seconds: 15 });
const refused = ok<MountTry>({
  bootId: BOOT,
  is: 'failed',
  seconds: 0.2,
  code: 32,
  reason: 'other',
  says: 'mount.nfs: No such file or directory',
});

describe('the last test mounts', () => {
  test.for([
    ['all mounted', { n1: mounted, n2: mounted }, 'mounted'],
    ['none was due', {}, 'mounted'],
    ['one hung: that is its kernel, not the exports', { n1: mounted, n2: hung }, 'hangs'],
    ['a hung one outweighs a refused one', { n1: refused, n2: hung }, 'hangs'],
    ['one was refused', { n1: refused, n2: mounted }, 'refused'],
    ['of one nothing is known', { n1: no('the connection broke'), n2: mounted }, 'again'],
  ] as const)('%s', ([, mounts, is]) => {
    expect(readMounts(mounts).is).toBe(is);
  });

  const begun = { at: 0, ill: ['n1', 'n2'], waiting: [] };
  const repaired = [{ node: 'n1', uid: 'u', mount: 'mounted' as const }];

  test('are due where a node came back by itself', () => {
    expect(unproven(begun, repaired, [])).toEqual(['n2']);
  });

  test('are due on every node whose client was repaired elsewhere, whatever was proven before', () => {
    expect(unproven(begun, repaired, ['n1', 'n3', 'n3'])).toEqual(['n2', 'n1', 'n3']);
  });
});
