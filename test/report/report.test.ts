import { describe, expect, test } from 'vitest';
import { chooseRunbook } from '../../src/cli/choose-runbook.ts';
import type { Event } from '../../src/engine/events.ts';
import { sha256 } from '../../src/journal/digest.ts';
import { investigation } from '../../src/report/investigation.ts';
import { postMortem } from '../../src/report/post-mortem.ts';
import { reportOf } from '../../src/report/report.ts';
import type { Report } from '../../src/report/report.ts';
import { fileNameOf, statusOf } from '../../src/report/words.ts';
import { rehearse } from '../runbooks/rehearsal.ts';
import type { Departure } from '../runbooks/rehearsal.ts';

const RUN = '01TESTTESTTESTTESTTESTTEST';

async function reported(id: string, scenario = id, departure: Departure = {}) {
  const { book } = await chooseRunbook(id);
  const { events } = await rehearse(book, scenario, { set: { soak: '1m' }, ...departure });
  return { events, report: reportOf(events, RUN) };
}

const headings = (text: string): readonly string[] =>
  text.split('\n').flatMap((line) => (/^##? /.test(line) ? [line] : []));

describe('the report of a node that was reset', async () => {
  const { events, report } = await reported('kernel-nfs-reset');

  test('has the sections of a post-mortem in their order', async () => {
    const text = postMortem(report);
    expect(headings(text).slice(0, 10)).toEqual([
      '# Post-Mortem: Kernel nfs reset on homelab (lab)',
      '## Summary',
      '## Impact',
      '## Timeline (UTC)',
      '## Root Cause',
      '## Contributing Factors',
      '## Detection Gaps',
      '## Prevention Plan',
      '## Lessons Learned',
      '## Follow-up Implementation',
    ]);
    await expect(text).toMatchFileSnapshot('golden/kernel-nfs-reset.md');
  });

  test('has those of an investigation in theirs, full timestamps and sources', async () => {
    const text = investigation(report);
    expect(headings(text)).toEqual([
      '# Post-Mortem: Kernel nfs reset on homelab (lab)',
      '## Summary',
      '## Impact',
      '## Timeline (UTC)',
      '## Root Cause',
      '## Recurrence Analysis',
      '## Detection',
      '## Resolution',
      '## Action Items',
      '## Lessons Learned',
      '## Raw Investigation Data',
    ]);
    expect(text).toContain('| Time | Event | Source |');
    expect(text).toMatch(/^\| \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ \| .* \| recorded: event \d+ \|$/m);
    await expect(text).toMatchFileSnapshot('golden/kernel-nfs-reset.investigation.md');
  });

  test('counts what was evicted before the reset, and what was on the node', () => {
    expect(report.numbers.resets).toMatchObject([
      { target: 'k8s-node2', evicted: 3, onTheNode: { is: 'known', value: 6 } },
    ]);
    const evictions = events.filter(
      (it) => it.type === 'intent.written' && it.command === 'kubectl.evict-pod',
    );
    expect(evictions).toHaveLength(3);
  });

  test('tells when it was first bad, first good, and stable', () => {
    const { firstBad, firstGood, stableSince } = report.numbers;
    expect(firstBad).toMatchObject({ is: 'known', mark: 'inferred' });
    expect(firstGood).toMatchObject({ is: 'known', mark: 'recorded' });
    expect(stableSince).toMatchObject({ is: 'known', mark: 'recorded' });
    const [bad, good, stable] = [firstBad, firstGood, stableSince].map((it) =>
      it.is === 'known' ? Date.parse(it.value) : Number.NaN,
    );
    expect(bad).toBeLessThan(Date.parse(report.began));
    expect(good).toBeGreaterThan(Date.parse(report.began));
    expect(stable).toBeGreaterThanOrEqual(good ?? 0);
  });

  test('has a decision for every confirmation, and a proof for every deed', () => {
    const answers = events.filter((it) => it.type === 'confirmation.answered');
    expect(report.decisions.filter((it) => it.target !== undefined)).toHaveLength(answers.length);
    const reset = report.changes.find((it) => it.deed.startsWith('Reset the VM'));
    expect(reset).toMatchObject({ effect: 'confirmed' });
    expect(reset?.changed.join()).toMatch(/bootID: "[0-9a-f-]{36}" is now "[0-9a-f-]{36}"/);
  });

  test('has every command that ended, with the digest of what it printed', () => {
    const ended = events.filter((it) => it.type === 'command.finished');
    expect(report.evidence.map((it) => it.seq)).toEqual(ended.map((it) => it.seq));
    const [first] = ended;
    const printed =
      first?.type === 'command.finished' && !('ref' in first.output) ? first.output.stdout : '';
    expect(report.evidence[0]?.sha256).toBe(sha256(printed));
    expect(report.evidence.find((it) => it.bytes === 0)).not.toHaveProperty('sha256');
  });

  test('marks what it inferred apart from what was recorded', () => {
    const recorded = report.timeline.filter((it) => it.mark === 'recorded');
    expect(recorded.every((it) => events.some((event) => event.at === it.at))).toBe(true);
    const inferred = report.timeline.filter((it) => it.mark === 'inferred');
    expect(inferred.length).toBeGreaterThan(0);
    expect(inferred.every((it) => it.at < report.began)).toBe(true);
  });

  test('is named after its date and the runbook', () => {
    expect(fileNameOf(report)).toBe('2026-04-22-kernel-nfs-reset');
  });
});

describe('the report of a run', () => {
  test('that was declined says so, and that nothing was changed', async () => {
    const { report } = await reported('vault-raft-deadlock', 'vault-raft-deadlock', {
      confirm: () => 'no',
    });
    expect(report.numbers).toMatchObject({ sent: 0, declined: 1 });
    expect(report.changes).toEqual([]);
    expect(report.numbers.firstGood).toMatchObject({ is: 'unknown' });
    expect(report.severity.proposed).toBe('SEV1');
    const text = postMortem(report);
    expect(text).toContain('Nothing was changed.');
    await expect(text).toMatchFileSnapshot('golden/vault-declined.md');
    await expect(investigation(report)).toMatchFileSnapshot(
      'golden/vault-declined.investigation.md',
    );
  });

  test('that is under way, or was killed, has no end and says what is in doubt', async () => {
    const { events } = await reported('vault-raft-deadlock');
    const at = events.findIndex(
      (it) => it.type === 'intent.written' && it.does === 'mutates' && it.purpose === 'act',
    );
    const report = reportOf(events.slice(0, at + 1), RUN);
    expect(report.standing).toBe('open');
    expect(report.left.doubt.join()).toContain('delete pod vault/vault-2');
    expect(statusOf(report)).toMatch(/^In doubt/);
    const text = postMortem(report);
    expect(text).toContain('The run has no end.');
    expect(text).toMatch(
      /\| P0 \| Find out whether it happened \| Investigation \| .* \| Proposed \|/,
    );
  });

  test('of every beginning of a run can be written', async () => {
    const { events } = await reported('kernel-nfs-reset');
    for (let kept = 1; kept <= events.length; kept += 37) {
      const report = reportOf(events.slice(0, kept), RUN);
      expect(headings(postMortem(report))).toHaveLength(14);
      expect(headings(investigation(report))).toHaveLength(11);
    }
  });

  test('that leaves something to do has it in the plan, and in its status', async () => {
    const { events } = await reported('kernel-nfs-reset');
    const last = events.at(-1);
    if (last?.type !== 'run.finished') throw new Error('no end');
    const left: Event = {
      ...last,
      left: ['k8s-node2 is cordoned'],
      followUps: [{ left: 'k8s-node2 is cordoned', todo: 'kubectl uncordon k8s-node2' }],
    };
    const report: Report = reportOf([...events.slice(0, -1), left], RUN);
    expect(statusOf(report)).toBe('Resolved; something is left to do');
    expect(postMortem(report)).toContain(
      '| P0 | kubectl uncordon k8s-node2 | Investigation | k8s-node2 is cordoned | Proposed |',
    );
  });

  test('that was gone on with in its soak is stable since then, not since before', async () => {
    const { events } = await reported('kernel-nfs-reset');
    const at = events.findLastIndex((it) => it.type === 'step.waiting' && it.step === 'soak');
    const before = events[at];
    if (before === undefined) throw new Error('no soak');
    const hours = 5 * 3_600_000;
    const later = (it: Event): Event => ({
      ...it,
      at: new Date(Date.parse(it.at) + hours).toISOString(),
    });
    const resumed: Event = {
      ...later(before),
      type: 'run.resumed',
      operator: 'ben',
      host: 'desk',
    };
    const report = reportOf(
      [...events.slice(0, at + 1), resumed, ...events.slice(at + 1).map(later)],
      RUN,
    );
    expect(report.numbers.stableSince).toMatchObject({ value: resumed.at });
    expect(report.idleMs).toBe(hours);
    expect(report.ranMs).toBe(reportOf(events, RUN).ranMs);
    expect(report.operators).toEqual(['auto@test', 'ben@desk']);
  });

  test('does not become longer by a note that is added later', async () => {
    const { events, report } = await reported('vault-raft-deadlock', 'healthy');
    const last = events.at(-1);
    if (last === undefined) throw new Error('no events');
    const note: Event = {
      run: last.run,
      seq: last.seq + 1,
      at: '2026-12-01T00:00:00.000Z',
      type: 'operator.noted',
      note: 'for the record',
      by: 'ana',
    };
    const noted = reportOf([...events, note], RUN);
    expect(noted.ended).toBe(report.ended);
    expect(noted.timeline.at(-1)?.event).toBe('note of ana: for the record');
  });

  test('tells what a person was to do apart from what was sent', async () => {
    const { events } = await reported('vault-raft-deadlock');
    const byHand = events.map((it) =>
      it.type === 'intent.written' && it.purpose === 'act' ? { ...it, byHand: true as const } : it,
    );
    const { numbers } = reportOf(byHand, RUN);
    expect(numbers).toMatchObject({ sent: 0, byHand: 1, toFirstDeed: { is: 'unknown' } });
  });

  test('does not count as sent what never began', async () => {
    const { events } = await reported('vault-raft-deadlock');
    const refused = events.map((it) =>
      it.type === 'command.finished' && it.purpose === 'act'
        ? { ...it, ending: { how: 'refused', why: 'unreachable', because: 'no route' } as const }
        : it,
    );
    expect(reportOf(refused, RUN).numbers).toMatchObject({ sent: 0, byHand: 0 });
  });

  test('that stopped after the yes broke nothing', async () => {
    const { events } = await reported('vault-raft-deadlock');
    const yes = events.findIndex((it) => it.type === 'confirmation.answered');
    const text = postMortem(reportOf(events.slice(0, yes + 1), RUN));
    expect(text).toContain('**Blast radius**: the run itself broke nothing');
  });

  test('that was killed after its deed lists it among what it left', async () => {
    const { events } = await reported('vault-raft-deadlock');
    const judged = events.findIndex((it) => it.type === 'effect.judged');
    const { left } = reportOf(events.slice(0, judged + 1), RUN);
    expect(left.undone.join()).toMatch(/^sent in this run: delete pod vault\/vault-2/);
  });

  test('as a plan has only commands that were run', async () => {
    const { events, report } = await reported('kernel-nfs-reset', 'kernel-nfs-reset', {
      mode: 'plan',
    });
    const withheld = events.filter(
      (it) => it.type === 'command.finished' && it.ending.how === 'withheld',
    );
    expect(withheld.length).toBeGreaterThan(0);
    expect(report.evidence.every((it) => it.where !== '')).toBe(true);
  });

  test('of an answer that nobody gave says nobody', async () => {
    const { events } = await reported('vault-raft-deadlock');
    const expired = events.map((it) =>
      it.type === 'confirmation.answered' ? { ...it, answer: 'expired' as const } : it,
    );
    const report = reportOf(expired, RUN);
    expect(report.numbers).toMatchObject({ declined: 0, unanswered: 1 });
    expect(report.decisions[0]).not.toHaveProperty('by');
    expect(postMortem(report)).toContain(': nobody answered in time |');
  });

  test('takes a listing that was cut off for unknown, not for well', async () => {
    const { events } = await reported('kernel-nfs-reset');
    const cut = events.map((it) =>
      it.type === 'command.finished' && it.command === 'kubectl.all-pods' && 'stdout' in it.output
        ? {
            ...it,
            output: { ...it.output, stdout: it.output.stdout.slice(0, 100), truncated: true },
          }
        : it,
    );
    expect(reportOf(cut, RUN).pods).toEqual({});
  });

  test.for([
    [127, '', 'to be decided'],
    [6, '', 'to be decided'],
    [28, '', 'SEV1'],
    [0, '503', 'SEV1'],
  ] as const)('with curl ended %i and %j proposes %s', async ([code, stdout, proposed]) => {
    const { events } = await reported('vault-raft-deadlock');
    const called = events.map((it) =>
      it.type === 'command.finished' && it.command === 'vault.external-health'
        ? {
            ...it,
            ending: { how: 'exited', code } as const,
            output: { stdout, stderr: '', truncated: false },
          }
        : it,
    );
    expect(reportOf(called, RUN).severity.proposed).toBe(proposed);
  });

  test('tells the steps of a called runbook by their own titles', async () => {
    const { events, report } = await reported('vault-raft-deadlock', 'april-22');
    const titles = new Set(
      events.flatMap((it) => (it.type === 'step.entered' && it.depth === 1 ? [it.title] : [])),
    );
    expect(titles.size).toBeGreaterThan(3);
    const told = report.timeline.map(({ event }) => event);
    expect(told.filter((it) => it.startsWith('calls '))).not.toEqual([]);
    for (const { deed } of report.changes) {
      expect(events.some((it) => it.type === 'step.entered' && it.title === deed)).toBe(true);
    }
  });

  test('that holds no start is refused', () => {
    expect(() => reportOf([], RUN)).toThrow(/holds no start/);
  });
});
