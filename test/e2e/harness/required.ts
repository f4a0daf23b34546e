import { type MissingTool, missing, missingForGuests } from './components.ts';

/** Set to 1 where the suites must run: what is missing is then a failure, not a reason to skip. */
const REQUIRED = 'SRE_E2E_REQUIRED';

/**
 * Whether this machine has what the suites need, for `describe.runIf`. Where it lacks something, that is said with how to get
 * it, and the tests count as skipped; with SRE_E2E_REQUIRED=1 it throws, and the file fails.
 */
export const canRun = (): boolean => allThere(missing());

/** The same for the suites that boot guests, which need more. */
export const canRunGuests = (): boolean => allThere([...missing(), ...missingForGuests()]);

function allThere(lacking: readonly MissingTool[]): boolean {
  if (lacking.length === 0) return true;
  const said = `the end-to-end suites need what this machine lacks:\n${lacking.map(inWords).join('\n')}`;
  if (process.env[REQUIRED] === '1') throw new Error(said);
  process.stderr.write(`${said}\nSkipped; with ${REQUIRED}=1 this fails.\n`);
  return false;
}

const inWords = ({ what, how }: MissingTool): string => `  ${what}: ${how}`;
