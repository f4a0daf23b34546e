import { describe, expect, test } from 'vitest';
import { observe } from '../../src/runbook/observation.ts';
import type { Subject } from '../recordings/case.ts';
import { CASE_IDS, caseOf } from '../recordings/cases.ts';
import { allRecordings, fileText, type Kept, outputOf, plain } from '../recordings/recording.ts';
import { settler } from '../recordings/settled.ts';
import { SITE, UID } from './site.ts';

/** Every recording of a real component is read by the parser of the very question that was asked. */

const RECORDINGS = allRecordings();
const nameOf = ({ id, recording }: Kept): string =>
  `${recording.component}/${id.slice(id.lastIndexOf('/') + 1)}`;

/** Names that stand in a question and change nothing about how its answer is read. */
const ANYBODY: Subject = {
  site: SITE,
  pod: (name) => ({ namespace: 'vault', name, uid: UID, address: '10.98.0.100' }),
  node: (name) => ({ name, uid: UID }),
  leaseVersion: '80412346',
  lockNumber: 1,
  task: { node: 'k8s-node2', pid: 1001, startTicks: 5001, comm: 'mount.nfs' },
  podUid: UID,
  volume: 'pvc-1',
};

test('every case was recorded, and every recording is a case', () => {
  expect(RECORDINGS.map(nameOf).toSorted()).toEqual(CASE_IDS.toSorted());
});

describe('a recording', () => {
  test.for(RECORDINGS)('$id says when, of which version, and to which question', (kept) => {
    const { recording } = kept;
    const [component, version] = kept.id.split('/');
    const asked = caseOf(nameOf(kept));
    expect(recording).toMatchObject({ component, version, about: asked.about });
    expect(recording.recorded).toMatch(/^20\d\d-\d\d-\d\d$/);
    expect(recording.question).toBe(asked.asks(ANYBODY).id);
    expect(recording.argv.length).toBeGreaterThan(0);
  });

  test.for(RECORDINGS)('$id holds nothing of the day and no secret', ({ recording }) => {
    const { argv, stdin = [], ending, stdout, stderr } = recording;
    const input = 'secret' in stdin ? [] : [plain(stdin)];
    const texts = [plain(stdout), ...argv, ...input, JSON.stringify(ending), plain(stderr)];
    expect(texts.map(settler())).toEqual(texts);
    expect(fileText(recording)).not.toMatch(/hvs\.(?!REDACTED)|PRIVATE KEY|\/root\/|\/home\//);
  });

  test.for(RECORDINGS)('$id is understood', (kept) => {
    const { recording } = kept;
    const { asks, means, inPod } = caseOf(nameOf(kept));
    const out = outputOf(recording);
    const code = out.ending.how === 'exited' ? out.ending.code : 0;
    // kubectl adds this to what a command in a pod says that failed (kubectl/pkg/cmd/exec).
    const added = inPod === true && code !== 0 ? `command terminated with exit code ${code}\n` : '';
    const seen = observe(asks(ANYBODY), { ...out, stderr: out.stderr + added }, 0);
    expect(seen).not.toMatchObject({ why: 'unparsable' });
    expect(seen).toMatchObject(means);
  });
});
