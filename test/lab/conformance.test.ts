import { describe, expect, test } from 'vitest';
import { ANSWERS, type AnswerId } from '../../src/lab/marks/answers.ts';
import { COVERAGE } from '../../src/lab/marks/coverage.ts';
import { observe } from '../../src/runbook/observation.ts';
import { caseOf } from '../recordings/cases.ts';
import { askLab } from '../recordings/in-lab.ts';
import { allRecordings, type Kept, outputOf } from '../recordings/recording.ts';
import { differences, strictnessOf } from '../recordings/shape.ts';

/*
 * The lab beside what the real components printed to the same questions. A mark `recorded` is worth what is compared here:
 * each must name recordings, and each of those must be like the answer of that very behaviour.
 */

const RECORDINGS = allRecordings();
const caseOfRecording = ({ recording, id }: Kept) =>
  caseOf(`${recording.component}/${id.slice(id.lastIndexOf('/') + 1)}`);

const comparable = RECORDINGS.flatMap((kept) => {
  const it = caseOfRecording(kept);
  return it.lab === undefined ? [] : [{ ...kept, it, lab: it.lab }];
});

describe('the lab answers like the real component', () => {
  test.for(comparable)('$id: $recording.about', async ({ id, recording, it, lab }) => {
    const said = await askLab(it, lab);
    const real = outputOf(recording);
    expect(differences(real, said.out, strictnessOf(recording.component, lab))).toEqual([]);
    expect(observe(said.command, said.out, 0)).toMatchObject(it.means);
    expect([said.by, namesOf(said.by)]).toEqual([said.by, expect.arrayContaining([id])]);
  });
});

const namesOf = (by: AnswerId): readonly string[] => {
  const { mark } = ANSWERS[by];
  return mark.is === 'recorded' ? mark.in : [];
};

describe('a behaviour that is marked as recorded names recordings that are compared with it', () => {
  const compared = new Set(comparable.map(({ id }) => id));
  const recorded = COVERAGE.flatMap(({ id, mark }) =>
    mark.is === 'recorded' ? [{ id, names: mark.in }] : [],
  );
  test.for(recorded)('$id', ({ names }) => {
    expect(names.filter((name) => !compared.has(name))).toEqual([]);
  });

  test('and no recording is compared for nothing', () => {
    const named = new Set<string>(recorded.flatMap(({ names }) => names));
    expect([...compared].filter((id) => !named.has(id))).toEqual([]);
  });
});
