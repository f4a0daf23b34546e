import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
const SOURCE = readFileSync(join(import.meta.dirname, 'rejected.ts'), 'utf8');

interface Case {
  readonly title: string;
  readonly says: string;
  /** The line of the mistake, from 1: the one after the directive. */
  readonly line: number;
}

const CASES: readonly Case[] = SOURCE.split('\n').flatMap((text, index) => {
  const [, title, says] = /\/\/ @ts-expect-error (.+) ⇒ (.+)$/.exec(text) ?? [];
  return title === undefined || says === undefined ? [] : [{ title, says, line: index + 2 }];
});

interface Compiled {
  readonly code: number;
  readonly output: string;
}

function compile(project: string): Promise<Compiled> {
  const argv = [TSC, '--noEmit', '--pretty', 'false', '-p', project];
  return new Promise((settle) => {
    execFile(process.execPath, argv, (error, stdout, stderr) => {
      settle({ code: typeof error?.code === 'number' ? error.code : 0, output: stdout + stderr });
    });
  });
}

/** The messages of `rejected.ts`, whole, by the line they are about. */
function messagesIn(output: string): ReadonlyMap<number, readonly string[]> {
  const found = new Map<number, string[]>();
  for (const message of output.split(/\n(?=\S)/)) {
    const line = Number(/rejected\.ts\((\d+),\d+\): error /.exec(message)?.[1]);
    if (Number.isInteger(line)) found.set(line, [...(found.get(line) ?? []), message]);
  }
  return found;
}

/** A folder that looks like this repository, with the directives of `rejected.ts` made plain comments. */
function withoutDirectives(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sre-rejected-'));
  for (const name of ['src', 'node_modules', 'tsconfig.json', 'package.json']) {
    symlinkSync(join(ROOT, name), join(folder, name));
  }
  const here = join(folder, 'test/runbook');
  mkdirSync(here, { recursive: true });
  writeFileSync(join(here, 'rejected.ts'), SOURCE.replaceAll('@ts-expect-error', 'case:'));
  writeFileSync(
    join(here, 'tsconfig.rejected.json'),
    readFileSync(join(import.meta.dirname, 'tsconfig.rejected.json')),
  );
  return folder;
}

const folder = withoutDirectives();
let asItIs: Compiled;
let bare: Compiled;
beforeAll(async () => {
  [asItIs, bare] = await Promise.all([
    compile(join(import.meta.dirname, 'tsconfig.rejected.json')),
    compile(join(folder, 'test/runbook/tsconfig.rejected.json')),
  ]);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

test('there is a directive for each case, and each says what the compiler must say', () => {
  expect(SOURCE.split('\n').filter((line) => line.includes('@ts-expect-error'))).toHaveLength(
    CASES.length,
  );
  expect(CASES.length).toBeGreaterThanOrEqual(25);
});

test('every mistake is one for the compiler: no directive is unused', () => {
  expect(asItIs).toEqual({ code: 0, output: '' });
});

describe('without its directive the compiler rejects', () => {
  test.for(CASES)('$title', ({ says, line }) => {
    const messages = messagesIn(bare.output).get(line) ?? [];
    expect(messages).toHaveLength(1);
    expect(messages[0]).toContain(says);
  });
});

test('and rejects nothing else', () => {
  expect(bare.code).not.toBe(0);
  expect([...messagesIn(bare.output).keys()]).toEqual(CASES.map((it) => it.line));
});

test('a missing fact is said in a sentence that names the step and the fact', () => {
  expect(bare.output).toContain(`"'b' needs 'leader', which not every path to it gives"`);
});
