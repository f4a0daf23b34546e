import { describe, expect, test } from 'vitest';
import book from '../../../runbooks/nfs-csi-recovery/runbook.ts';
import { NOWHERE } from '../../../src/runbook/symbolic.ts';
import { checkRunbook } from '../../../src/runbook/check.ts';

test('the graph is sound', () => {
  expect(checkRunbook(book)).toEqual([]);
});

describe('kernel-nfs-reset is told', () => {
  test.for(['hand-over', 'reset-node'])(
    'by %s which nodes were repaired already: a second reset asks why',
    (id) => {
      const step = book.steps[id];
      if (step?.kind !== 'call') throw new Error(`'${id}' calls nobody`);
      const told = (facts: Record<string, unknown>) =>
        step.with({ run: 'run', visit: 1, params: {}, site: NOWHERE, now: 0, facts });
      const patient = { node: 'k8s-node3' };
      expect(told({ patient })).toEqual({ node: 'k8s-node3', before: [] });
      expect(told({ patient, handed: ['k8s-node3'] })).toEqual({
        node: 'k8s-node3',
        before: ['k8s-node3'],
      });
    },
  );
});
