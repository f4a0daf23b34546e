import { describe, expect, test } from 'vitest';
import book from '../../../runbooks/nfs-csi-recovery/runbook.ts';
import { NOWHERE } from '../../../src/runbook/symbolic.ts';
import { at, NOW, ok, patient as ill, pod } from './made.ts';
import { checkRunbook } from '../../../src/runbook/check/check.ts';

test('the graph is sound', () => {
  expect(checkRunbook(book)).toEqual([]);
});

describe('kernel-nfs-reset is told', () => {
  test.for(['kernel-client', 'kernel-reset'])(
    'by %s which nodes were repaired already: a second reset asks why',
    (id) => {
      const step = book.steps[id];
      if (step?.kind !== 'call') throw new Error(`'${id}' calls nobody`);
      const told = (facts: Record<string, unknown>, soak = '10m') =>
        step.with({ run: 'run', visit: 1, params: { soak }, site: NOWHERE, now: 0, facts });
      const patient = { node: 'k8s-node3' };
      const known = { node: 'k8s-node3', called: true, soak: '5m' };
      expect(told({ patient })).toEqual({ ...known, before: [] });
      expect(told({ patient, handed: ['k8s-node3'] })).toEqual({ ...known, before: ['k8s-node3'] });
      // A soak that the operator has set shorter is meant for both.
      expect(told({ patient }, '30s')).toMatchObject({ soak: '30s' });
    },
  );
});

const to = (outcome: string) => (because: string) => ({ outcome, because });

describe('the node that is left alone to compare with', () => {
  const patient = { node: 'k8s-node3', because: 'a dead process holds its port' };

  test.for([
    ['hand-over', 'kernel-client'],
    ['reset-node', 'kernel-reset'],
  ] as const)('is not given to %s', ([id, call]) => {
    const step = book.steps[id];
    if (step?.kind !== 'probe') throw new Error(`'${id}' asks nothing`);
    const words = { other: to('other'), control: to('control') };
    const asked = (control: string | null) =>
      step.conclude({}, {
        run: 'run',
        visit: 1,
        params: {},
        site: NOWHERE,
        now: 0,
        samples: [],
        facts: { patient, control },
        to: words,
      } as never);
    expect(asked('k8s-node3')).toMatchObject({ outcome: 'control' });
    expect(asked('k8s-node1')).toMatchObject({ outcome: 'other' });
    expect(asked(null)).toMatchObject({ outcome: 'other' });
    expect(step.next).toMatchObject({ other: { to: call }, control: { to: 'control-fails' } });
  });

  test.for(['kernel-client', 'kernel-reset'])('no other way leads to %s', (call) => {
    const from = Object.entries(book.steps).filter(([, step]) =>
      JSON.stringify('next' in step ? step.next : {}).includes(`"to":"${call}"`),
    );
    expect(from.map(([id]) => id)).toEqual([call === 'kernel-client' ? 'hand-over' : 'reset-node']);
  });
});

const leaving = (minutes: number) => [pod({ ...ill.pod, deletionTimestamp: at(minutes) })];

test('a pod that is past its grace does not end, and is said to: it is not looked at in a circle', () => {
  const step = book.steps['came-up'];
  if (step?.kind !== 'probe') throw new Error("'came-up' asks nothing");
  const asked = (minutes: number) =>
    step.conclude({ pods: ok(leaving(minutes)), csiNode: ok(undefined) }, {
      run: 'run',
      visit: 1,
      params: {},
      site: NOWHERE,
      now: NOW,
      samples: [],
      facts: { patient: ill },
      to: { 'not-ending': to('not-ending'), other: to('other'), up: to('up') },
    } as never);
  expect(asked(3)).toMatchObject({ outcome: 'not-ending' });
  expect(asked(0.5)).toMatchObject({ outcome: 'other' });
});
