import { describe, test } from 'vitest';
import { type MissingTool, missing } from './components.ts';

/** Set to 1 where the suite must run: what is missing is then a failure, not a reason to skip. */
const REQUIRED = 'SRE_E2E_REQUIRED';

/**
 * A group of tests that needs the real components. Where the machine lacks something it says what and how to get it, and the
 * group counts as skipped; with SRE_E2E_REQUIRED=1 it fails instead.
 */
export function withComponents(name: string, tests: () => void): void {
  const lacking = missing();
  if (lacking.length === 0) {
    describe(name, tests);
    return;
  }
  const said = `${name} needs what this machine lacks:\n${lacking.map(inWords).join('\n')}`;
  if (process.env[REQUIRED] === '1') {
    test(name, () => {
      throw new Error(said);
    });
    return;
  }
  process.stderr.write(`${said}\nSkipped; with ${REQUIRED}=1 it would fail.\n`);
  describe.skip(name, tests);
}

const inWords = ({ what, how }: MissingTool): string => `  ${what}: ${how}`;
