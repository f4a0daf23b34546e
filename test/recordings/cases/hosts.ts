import { identity } from '../../../src/tools/node/identity.ts';
import {
  releaseRunLock,
  renewRunLock,
  showRunLock,
  takeRunLock,
} from '../../../src/tools/pve/run-lock.ts';
import type { Cases, InLab } from '../case.ts';

const HEALTHY: InLab = { scenario: 'healthy' };
const TAKING = {
  run: '01K9E2E0000000000000000000',
  owner: 'ops@box',
  purpose: 'vault: delete pod',
  seconds: 180,
};
const LOCKED: InLab = {
  scenario: 'healthy',
  before: async (on) => {
    await on.value(takeRunLock('pve', TAKING));
  },
};

/** The lock that keeps runs apart, on the host of the machines. */
export const LOCKS = {
  'lock-free': {
    about: 'no run ever took the lock of the host',
    asks: () => showRunLock('pve', 180),
    means: { ok: true, value: { did: false, now: { is: 'free' } } },
    lab: HEALTHY,
  },
  'lock-taken': {
    about: 'a run takes the lock',
    asks: () => takeRunLock('pve', TAKING),
    means: { ok: true, value: { did: true, now: { is: 'held' } } },
    lab: HEALTHY,
  },
  'lock-of-another': {
    about: 'another run has the lock',
    asks: () => takeRunLock('pve', { ...TAKING, run: '01K9E2E0000000000000000001' }),
    means: { ok: true, value: { did: false, now: { is: 'held' } } },
    lab: LOCKED,
  },
  'lock-renewed': {
    about: 'a run gives its lock a heartbeat',
    asks: ({ lockNumber: number }) => renewRunLock('pve', { run: TAKING.run, number }, TAKING),
    means: { ok: true, value: { did: true, now: { is: 'held' } } },
    lab: LOCKED,
  },
  'lock-released': {
    about: 'a run gives its lock back',
    asks: ({ lockNumber: number }) => releaseRunLock('pve', { run: TAKING.run, number }),
    means: { ok: true, value: { did: true, now: { is: 'free' } } },
    lab: LOCKED,
  },
} as const satisfies Cases;

/** How the way to a machine fails, in the words of the product's own SSH, on a real sshd or where none is. */
export const SSH = {
  off: {
    about: 'a machine that is off: nobody has its address',
    asks: ({ task: { node } }) => identity({ on: 'node', node }),
    means: { ok: false, why: 'unreachable' },
    lab: {
      scenario: 'healthy',
      world: (world) => ({
        ...world,
        nodes: world.nodes.map((it) => (it.name === 'k8s-node2' ? { ...it, power: 'off' } : it)),
      }),
    },
  },
  frozen: {
    about: 'a machine whose packets are lost',
    asks: ({ task: { node } }) => identity({ on: 'node', node }),
    means: { ok: false, why: 'unreachable' },
    lab: {
      scenario: 'healthy',
      world: (world) => ({
        ...world,
        nodes: world.nodes.map((it) => (it.name === 'k8s-node2' ? { ...it, power: 'paused' } : it)),
      }),
    },
  },
  refused: {
    about: 'a machine without an sshd',
    asks: ({ task: { node } }) => identity({ on: 'node', node }),
    means: { ok: false, why: 'unreachable' },
  },
  'host-key-changed': {
    about: 'a machine with another host key than the known one',
    asks: ({ task: { node } }) => identity({ on: 'node', node }),
    means: { ok: false, why: 'denied' },
  },
  'host-key-unknown': {
    about: 'a machine whose host key is not known',
    asks: ({ task: { node } }) => identity({ on: 'node', node }),
    means: { ok: false, why: 'denied' },
  },
} as const satisfies Cases;
