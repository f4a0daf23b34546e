import { SreError } from '../runbook/sre-error.ts';
import type { SavedPlan } from './saved.ts';

/** The word of a person, given beforehand: this step on this target, once, as the plan has it. */
export interface Approval {
  readonly step: string;
  readonly target: string;
}

/** Reads `--approve step=target` options; throws a {@link SreError} for one that can be none of this plan's. */
export function approvalsFrom(texts: readonly string[], plan: SavedPlan): readonly Approval[] {
  return texts.map((text) => {
    const [, step = '', target = ''] = /^([^=]+)=(.+)$/.exec(text) ?? [];
    const known = plan.actions.map((it) => `${it.step}=${it.target.name}`).join(', ');
    const refuse = (says: string): SreError =>
      new SreError('usage', `--approve ${text}: ${says}`, {
        source: 'operator',
        hint: `the plan has ${known === '' ? 'no action' : known}`,
      });
    if (step === '') throw refuse('it takes the form step=target');
    const planned = plan.actions.filter((it) => it.step === step);
    if (planned.length === 0) throw refuse('the plan has no such step');
    const named = planned.some(({ target: { name } }) => name === target || /‹[^›]*›/.test(name));
    if (!named) throw refuse('the plan has another target there');
    return { step, target };
  });
}
