import { expect } from 'vitest';
import book from '../../../runbooks/nfs-csi-recovery/runbook.ts';
import type { Card } from '../../../src/engine/events.ts';
import { expectPromises } from '../promises.ts';
import { rehearse } from '../rehearsal.ts';
import type { Rehearsal } from '../rehearsal.ts';

/** What must hold of every run of nfs-csi-recovery, whatever the incident and whatever was declined. */

/** A short soak keeps these tests fast. */
export const SHORT = { soak: '2m' } as const;

/** The incident that brings all of it: the longest run of the lab. */
export const DEFAULT = 'nfs-csi-recovery';

/** Steps after which the run goes on without what was declined. */
const OPTIONAL = ['remove-sandbox'];

/** A careful operator who says no once: where the run ended, and what was issued all the same. */
async function declined(id: string, nth: number) {
  const run = await rehearse(book, id, {
    set: SHORT,
    confirm: (_, times) => (times === nth ? 'no' : undefined),
  });
  const no = run.of('confirmation.answered').find((e) => e.answer === 'no');
  const issued = run
    .of('intent.written')
    .filter((e) => e.step === no?.step && e.visit === no.visit && e.depth === no.depth)
    // A test mount may have been made before the question, to decide whether it is asked.
    .filter((e) => e.does === 'mutates');
  return { run, step: no?.step ?? '', issued };
}

/** A careful operator who says no once: nothing of that step is issued, and what is left is said. */
export async function expectSane(id: string, nth: number): Promise<void> {
  const { run, step, issued } = await declined(id, nth);
  const { result, left } = run.finished;
  expect(issued).toEqual([]);
  expectUnharmed(run);
  const goesOn = OPTIONAL.includes(step);
  expect({
    step,
    sane: goesOn || ['escalate', 'unsafe'].includes(result),
    left: left.length > 0,
  }).toEqual({ step, sane: true, left: true });
}

/** The node that a card is about: the second of its facts says so. */
export const nodeOf = (card: Card): string =>
  card.target.proven.map((it) => /\bon (k8s-\S+?)(?::|$)/.exec(it)?.[1]).find(Boolean) ?? '';

/** Everything that must hold of a run, whatever the incident. */
export function expectUnharmed(run: Rehearsal): void {
  expect(run.truth).toMatchObject({
    dataLost: false,
    bothDown: false,
    wrongSandbox: [],
    killed: [],
  });
  expectPromises(run.events);
  const deletions = run.truth.mutations
    .filter((m) => m.what === 'delete-pod' || m.what === 'force-delete-pod')
    .map((m) => m.at);
  for (const at of deletions) {
    const within = deletions.filter((it) => it >= at && it < at + 60_000);
    expect(within.length).toBeLessThanOrEqual(5);
  }
}

/** The kinds in the order in which they are repaired, by how their pods are called. */
const KINDS = ['csi-nfs-node', 'csi-nfs-controller', 'metallb-speaker'];

/** What was out of order: a node before the last one was proven well, the control sample, a kind before its turn. */
export function disorder(run: Rehearsal): readonly string[] {
  const control = run
    .of('step.concluded')
    .map((e) => e.facts['control'])
    .find((it) => it !== undefined);
  const wrong: string[] = [];
  let open = '';
  let kind = 0;
  for (const event of run.events) {
    if (event.type === 'confirmation.asked' && event.depth === 0) {
      const { name } = event.card.target;
      const its = KINDS.findIndex((it) => name.startsWith(it));
      if (its < 0) continue;
      const node = nodeOf(event.card);
      if (its < kind) wrong.push(`${name} after ${KINDS[kind] ?? ''}`);
      if (node === control) wrong.push(`${name} on the control sample`);
      if (open !== '' && node !== open) wrong.push(`${name} on ${node} before ${open} was well`);
      open = node;
      kind = its;
    }
    if (event.type === 'step.concluded' && event.depth === 0) {
      const mounted = event.step === 'canary' && event.outcome === 'mounted';
      const steady = event.step === 'arrived' && /controller|speaker/.test(event.outcome);
      if (mounted || steady || event.step === 'reset-node') open = '';
    }
  }
  return wrong;
}
