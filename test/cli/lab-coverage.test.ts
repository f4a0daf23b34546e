import { afterAll, beforeAll, expect, test } from 'vitest';
import { COVERAGE } from '../../src/lab/marks/coverage.ts';
import { Desk, type Outcome } from './sre.ts';

let desk: Desk;
let told: Outcome;
let lines: readonly Readonly<Record<string, unknown>>[];

beforeAll(async () => {
  desk = new Desk();
  told = await desk.run(['lab', 'coverage']);
  const { stdout } = await desk.run(['lab', 'coverage', '--json']);
  lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
});

afterAll(() => desk.clear());

test('every behaviour is a line of JSON with its mark', () => {
  expect(lines.map(({ id }) => id)).toEqual(COVERAGE.map(({ id }) => id));
  const bare = lines.filter(({ mark, in: names, because, source }) =>
    mark === 'recorded' ? !Array.isArray(names) : !because || !source,
  );
  expect(bare).toEqual([]);
});

test('what is assumed is told with the reason and the source', () => {
  expect(told.code).toBe(0);
  const flat = told.stdout.replaceAll(/\s+/g, ' ');
  const untold = COVERAGE.filter(
    ({ id, does, mark }) =>
      mark.is === 'assumed' &&
      !flat.includes(`${id}: ${does} ${mark.because} (${mark.source})`.replaceAll(/\s+/g, ' ')),
  );
  expect(untold).toEqual([]);
});

test('what was recorded is counted by component', () => {
  const groups = [...told.stdout.matchAll(/^\S.*: (\d+) recorded, (\d+) assumed$/gm)];
  const sum = (at: 1 | 2): number => groups.reduce((all, it) => all + Number(it[at]), 0);
  const recorded = COVERAGE.filter(({ mark }) => mark.is === 'recorded').length;
  expect([sum(1), sum(2)]).toEqual([recorded, COVERAGE.length - recorded]);
  expect(told.stdout).toMatch(
    new RegExp(`^${recorded} recorded, \\d+ assumed of ${COVERAGE.length} behaviours\\n$`, 'm'),
  );
});

test('a part of the lab that there is not is a usage error', async () => {
  const { code, stderr } = await desk.run(['lab', 'weather']);
  expect(code).toBe(2);
  expect(stderr).toContain('weather');
});
