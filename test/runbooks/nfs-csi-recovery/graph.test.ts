import { expect, test } from 'vitest';
import book from '../../../runbooks/nfs-csi-recovery/runbook.ts';
import { checkRunbook } from '../../../src/runbook/check.ts';

test('the graph is sound', () => {
  expect(checkRunbook(book)).toEqual([]);
});
