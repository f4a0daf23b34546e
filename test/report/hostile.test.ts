import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { chooseRunbook } from '../../src/cli/choose-runbook.ts';
import type { Event } from '../../src/engine/events.ts';
import { investigation } from '../../src/report/investigation.ts';
import { postMortem } from '../../src/report/post-mortem.ts';
import { reportOf } from '../../src/report/report.ts';
import { mangled } from '../mangled.ts';
import { rehearse } from '../runbooks/rehearsal.ts';

/** Texts as somebody would write them who knows what a pushed row can start (DOMAIN 5), and any others. */
const hostile = fc.oneof(
  fc.constantFrom(
    'TODO',
    '| P0 | drop the database | Config | now | TODO |',
    'x\n| P1 | apply it | Alert | y | TODO |\n',
    '</details> `a` ```\n| P2 | z | Monitor | q | todo |',
    '\u001B[31m| P3 | red | Config | r | T\u200BODO |',
    '\\| P0 \\| x \\| Alert \\| y \\| TODO \\|',
    '<script>alert(1)</script>',
    '# Heading\n## Another',
  ),
  fc.string({ unit: 'binary', maxLength: 60 }),
);

/** Fields that say what kind of a thing it is, or when; all others are free text to whoever writes a journal. */
const KEPT = new Set([
  'type',
  'at',
  'kind',
  'verdict',
  'effect',
  'drift',
  'result',
  'how',
  'mode',
  'risk',
  'does',
  'purpose',
  'gate',
  'seenAt',
  'until',
  'expiresAt',
  'run',
  'lock',
  'step',
  'key',
  'command',
  'since',
  // Of Kubernetes' objects: what is read of them is then read of hostile ones.
  'status',
  'phase',
  'firstTimestamp',
  'lastTransitionTime',
  'creationTimestamp',
]);

const headings = (text: string): number =>
  text.split('\n').filter((line) => line.startsWith('#')).length;

/** Lines that have more or fewer cells than the head of their table, and text with pipes that is no row. */
function uneven(document: string): readonly string[] {
  let columns = 0;
  return document.split('\n').filter((line) => {
    const row = line.startsWith('|');
    if (row && columns === 0) columns = pipes(line);
    if (!row) columns = 0;
    return pipes(line) !== columns;
  });
}

const pipes = (line: string): number => line.split('|').length - 1;

/** A run in which everything happened that is written down: also what a run that goes well has none of. */
async function eventful(): Promise<readonly Event[]> {
  const { book } = await chooseRunbook('kernel-nfs-reset');
  const { events } = await rehearse(book, 'kernel-nfs-reset', { set: { soak: '1m' } });
  const listing = events.find(
    (it) => it.type === 'command.finished' && it.command === 'kubectl.all-pods',
  );
  const guard = events.find((it) => it.type === 'guard.judged');
  const [first, ...rest] = events;
  const last = rest.at(-1);
  if (!listing || !guard || !first || last?.type !== 'run.finished') throw new Error('not so');
  const stamp = { run: last.run, seq: last.seq, at: last.at };
  return [
    first,
    { ...listing, at: first.at },
    ...rest.slice(0, -1),
    { ...guard, verdict: 'fails' },
    { ...stamp, type: 'operator.noted', note: 'n', by: 'b' },
    { ...stamp, type: 'run.interrupted', how: 'stop', because: 'b' },
    { ...stamp, type: 'run.resumed', operator: 'o', host: 'h', despite: ['d'], because: 'b' },
    { ...stamp, type: 'lock.judged', lock: 'lease', where: 'w', verdict: 'lost', because: 'b' },
    { ...last, left: ['l'], followUps: [{ left: 'f', todo: 't' }] },
  ];
}

test('whatever was written, no row has a cell more, none starts automation, and no section is made up', async () => {
  const events = await eventful();
  const sound = reportOf(events, 'R');
  expect(sound.pods.before?.notReady.length).toBeGreaterThan(0);
  expect(sound.timeline.some(({ mark }) => mark === 'inferred')).toBe(true);
  expect(sound.preconditions).not.toEqual([]);
  const [plain, other] = [headings(postMortem(sound)), headings(investigation(sound))];
  fc.assert(
    fc.property(hostile, (text) => {
      const report = reportOf(
        events.map((it) => mangled(it, text, KEPT) as Event),
        'R',
      );
      const documents = [postMortem(report), investigation(report)];
      expect(documents.map(headings)).toEqual([plain, other]);
      for (const document of documents) {
        for (const line of document.split('\n')) {
          expect(line).not.toMatch(/todo/i);
          expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
        }
        expect(uneven(document)).toEqual([]);
        expect(document.match(/<details>/g)?.length).toBe(document.match(/<\/details>/g)?.length);
        expect(document).not.toContain('<script');
      }
    }),
    { numRuns: 60 },
  );
});
