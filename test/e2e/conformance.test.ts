import { beforeAll, describe, expect, test } from 'vitest';
import { observe } from '../../src/runbook/observation.ts';
import { CASE_IDS, type CaseId, caseOf } from '../recordings/cases.ts';
import { askLab } from '../recordings/in-lab.ts';
import { allRecordings, outputOf, type Recording } from '../recordings/recording.ts';
import { differences, strictnessOf } from '../recordings/shape.ts';
import { canRun } from './harness/required.ts';
import type { Asked } from './record/recorder.ts';
import { askReality } from './record/session.ts';

const RECORDED = new Map(
  allRecordings().map(({ id, recording }) => [
    `${recording.component}/${id.slice(id.lastIndexOf('/') + 1)}`,
    recording,
  ]),
);

/** The same questions to the real components as they are on this machine, to the lab, and to what was recorded once. */
describe.runIf(canRun())('the real components answer', () => {
  let asked: ReadonlyMap<CaseId, Asked>;

  beforeAll(async () => {
    asked = await askReality();
  }, 50 * 60_000);

  const now = (id: CaseId): Asked => {
    const found = asked.get(id);
    if (found === undefined) throw new Error(`${id} was not asked`);
    return found;
  };

  test.for(CASE_IDS.filter(isCertain))('%s as they were recorded', (id) => {
    const { recording } = now(id);
    const before = RECORDED.get(id);
    if (before === undefined) throw new Error(`${id} was never recorded`);
    expect(unlike(before, recording)).toEqual([]);
  });

  test.for(CASE_IDS.filter((id) => isCertain(id) && caseOf(id).lab !== undefined))(
    '%s as the lab does',
    async (id) => {
      const { out, recording } = now(id);
      const it = caseOf(id);
      if (it.lab === undefined) throw new Error(`${id} has no state in the lab`);
      const said = await askLab(it, it.lab);
      expect(differences(out, said.out, strictnessOf(recording.component, it.lab))).toEqual([]);
      const meant = observe(said.command, said.out, 0);
      expect(meant).toMatchObject(it.means);
    },
  );
});

/** What depends on chance is compared as it was recorded, in test/lab/conformance.test.ts. */
const isCertain = (id: CaseId): boolean => caseOf(id).byChance !== true;

/** In what a new answer is not like the old one, both ways round. */
function unlike(before: Recording, now: Recording): readonly string[] {
  const strictness = { exact: true, more: [] };
  return differences(outputOf(before), outputOf(now), strictness);
}
