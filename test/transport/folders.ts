import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const made: string[] = [];
afterAll(() => {
  for (const it of made.splice(0)) rmSync(it, { recursive: true, force: true });
});

/** A folder of the test file's own, gone when the file is done. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sre-transport-'));
  made.push(folder);
  return folder;
}
