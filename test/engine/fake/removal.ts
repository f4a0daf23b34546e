import { z } from 'zod';
import { guard, runbook } from '../../../src/runbook/runbook.ts';
import type { Runbook } from '../../../src/runbook/runbook.ts';
import type { Action, Edge, Step, Verdict } from '../../../src/runbook/step.ts';
import { mutates, printed, reads } from './commands.ts';
import type { Setting } from './run.ts';
import type { Says } from './world.ts';

const holds =
  (wanted: string) =>
  ({
    it,
  }: {
    readonly it:
      | { readonly ok: true; readonly value: string }
      | { readonly ok: false; readonly says: string };
  }): Verdict => {
    if (!it.ok) return { verdict: 'unknown', because: it.says };
    return { verdict: it.value === wanted ? 'holds' : 'fails', because: it.value };
  };

const book = runbook({
  id: 'removal',
  title: 'Remove a pod',
  version: 1,
  params: z.object({}),
  facts: { uid: z.string() },
});

/** Looks which pod it is, removes it behind two guards, and proves it by its uid. */
export const removal: Runbook = book
  .steps((step) => ({
    look: step.probe({
      title: 'Which pod is it?',
      next: { found: { to: 'remove', gives: ['uid'] }, gone: { to: 'nothing' } },
      observe: () => ({ pod: reads('pod') }),
      conclude: ({ pod }, { to }) =>
        pod.ok ? to.found('it is there', { uid: pod.value }) : to.gone('it is not there'),
    }),
    remove: step.action({
      title: 'Remove the pod',
      risk: 'destructive',
      needs: ['uid'],
      next: {
        confirmed: { to: 'done' },
        refuted: { to: 'remove', atMost: 1, then: 'left' },
        declined: { to: 'left' },
        blocked: { to: 'blocked' },
        drifted: { to: 'look', atMost: 1, then: 'left' },
        skipped: { to: 'left' },
      },
      target: ({ facts }) => ({
        name: 'vault-2',
        kind: 'pod',
        proven: [`uid ${facts.uid}`, 'on k8s-node2'],
      }),
      capture: () => ({ log: reads('log') }),
      guards: () => [
        guard({ name: 'quorum', observe: { it: reads('votes') }, judge: holds('enough') }),
        guard({ name: 'maintenance', observe: { it: reads('upgrades') }, judge: holds('none') }),
      ],
      blastRadius: {
        observe: () => ({ endpoints: reads('endpoints') }),
        measure: ({ endpoints }) => ({
          counts: endpoints.ok
            ? [{ what: 'endpoint', count: Number(endpoints.value), names: [] }]
            : [],
          unknown: endpoints.ok ? [] : [endpoints.says],
        }),
      },
      drift: {
        freshWithin: '60s',
        observe: () => ({ signal: reads('signal') }),
        judge: ({ signal }) => {
          if (!signal.ok) return { drift: 'unknown', because: signal.says };
          return { drift: signal.value === 'silent' ? 'same' : 'changed', because: signal.value };
        },
      },
      commands: () => [mutates('delete')],
      effect: {
        proof: 'another uid, within 30 s',
        every: '5s',
        within: '30s',
        identity: () => ({ pod: reads('pod') }),
        judge: (_, { pod }, { facts }) => {
          if (!pod.ok) return { effect: 'unknown', because: pod.says };
          if (pod.value === 'protected') {
            return { effect: 'refuted', because: 'it may not be removed', settled: true };
          }
          return { effect: pod.value === facts.uid ? 'refuted' : 'confirmed', because: pod.value };
        },
      },
      undo: 'none',
      leaves: () => [{ left: 'a patched object', todo: 'Write it down.' }],
    }),
    done: step.end({ title: 'Removed', result: 'resolved', left: () => [] }),
    nothing: step.end({ title: 'Nothing to remove', result: 'not-this-incident', left: () => [] }),
    left: step.end({
      title: 'Left as it was',
      result: 'escalate',
      left: () => ['The pod is still there.'],
    }),
    blocked: step.end({ title: 'Blocked', result: 'unsafe', left: () => [] }),
  }))
  .startingAt('look');

/** What the world of this runbook says where nothing is wrong: the delete works at once. */
export const calm: Readonly<Record<string, Says>> = {
  pod: 'uid-1',
  log: 'lines',
  votes: 'enough',
  upgrades: 'none',
  endpoints: '1',
  signal: 'silent',
};

/** Replies of `pod` while it is removed: to the probe, as identity before, and then what the effect is judged by. */
export const podThen = (...after: readonly [string, ...string[]]): Says => [
  'uid-1',
  'uid-1',
  ...after,
];

export const setting: Setting = {
  books: [removal],
  says: { ...calm, pod: podThen('uid-2'), delete: printed('deleted') },
};

/** The runbook with another action, or with other edges of it. */
export function withAction(change: Partial<Action>, edges: Readonly<Record<string, Edge>> = {}) {
  const before = removal.steps['remove'] as Action;
  const remove: Step = {
    ...before,
    ...change,
    next: { ...(change.next ?? before.next), ...edges },
  };
  const changed: Runbook = { ...removal, steps: { ...removal.steps, remove } };
  return { ...setting, books: [changed] } as const satisfies Setting;
}
