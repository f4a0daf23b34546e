import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GuestShell } from './guest-shell.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const SCRIPTS = join(ROOT, 'src', 'tools');
const FIXTURES = join(ROOT, 'test', 'fixtures', 'tools', 'linux-nfs', '6.1');

/** Set to 1 to write what the kernel prints into the fixtures. */
const RECORD = 'SRE_RECORD';

/** What is asked in one state of the world. */
export interface Question {
  /** The state, as the file's name begins: `poisoned`. */
  readonly state: string;
  readonly on: GuestShell;
  /** A script of the product by its path below src/tools, without its ending: `node/tasks`. */
  readonly script: string;
  readonly args?: readonly string[];
}

/**
 * Asks a machine with one of the product's own scripts, and keeps what it printed as `STATE.SCRIPT.txt` below a head with the day,
 * the kernel, the tools and the question. Does nothing where SRE_RECORD is not 1.
 */
export async function record({ state, on, script, args = [] }: Question): Promise<void> {
  if (process.env[RECORD] !== '1') return;
  const text = await readFile(join(SCRIPTS, `${script}.sh`), 'utf8');
  const { code, stdout, stderr } = await on.try(text, args);
  const versions = `uname -r; uname -v; dpkg-query -W -f '\${Package} \${Version}; ' nfs-common nfs-kernel-server`;
  const [release = '', build = '', tools = ''] = (await on.run(versions)).split('\n');
  const head = [
    `recorded ${new Date().toISOString().slice(0, 10)} on Linux ${release} (${build}), ${tools.replace(/; *$/, '')}`,
    `asked ${[`${script}.sh`, ...args].join(' ')}`,
    `exit code ${code}${stderr === '' ? '' : `, and on standard error: ${stderr.trim()}`}`,
  ];
  await mkdir(FIXTURES, { recursive: true });
  const name = `${state}.${script.replace('/', '-')}.txt`;
  const lines = head.map((line) => `# ${line.replaceAll('\n', ' | ')}\n`).join('');
  await writeFile(join(FIXTURES, name), `${lines}${stdout}\n`);
}
