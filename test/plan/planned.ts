import type { Card, Event } from '../../src/engine/events.ts';

const stamp = (seq: number) => ({ run: '01K9XH3V', seq, at: '2026-05-08T11:00:00.000Z' });

/** The events of a run that planned this one action. */
export const planned = (card: Card, predicted?: true): readonly Event[] => [
  {
    ...stamp(0),
    type: 'run.started',
    runbook: 'vault-raft-deadlock',
    version: 2,
    digest: 'd1',
    params: { soak: '20m' },
    mode: 'plan',
    cluster: 'homelab',
    inventory: 'i1',
    // A plan keeps the digest of the inventory, and nothing of the place.
    site: {} as never,
    operator: 'ops',
    host: 'desk',
  },
  {
    ...stamp(1),
    type: 'action.planned',
    step: 'remove',
    visit: 1,
    depth: 0,
    card,
    ...(predicted === undefined ? {} : { predicted }),
  },
  {
    ...stamp(2),
    type: 'run.finished',
    result: 'planned',
    because: '',
    left: [],
    followUps: [],
    exitCode: 0,
  },
];
