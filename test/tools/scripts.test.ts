import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../../src/tools');
const SCRIPTS = globSync('**/*.sh', { cwd: ROOT }).toSorted();

/** The lines that run: without comments. */
const code = (name: string): string =>
  readFileSync(join(ROOT, name), 'utf8')
    .split('\n')
    .filter((line) => !/^\s*#/.test(line))
    .join('\n');

/**
 * Forms of tools that hang in others, measured not to (COMMANDS B.1, C.3): a lazy umount that asks nothing, and crictl
 * with a patience of its own, which asks the runtime over its socket.
 */
const SAFE =
  /\bumount -l -i -c -n "\$\w+"|\b(?:command -v|there is no) crictl\b|\bcrictl --timeout \d+s |^list containers ps -a$/gm;

describe.for(SCRIPTS)('%s', (name) => {
  const text = readFileSync(join(ROOT, name), 'utf8');

  test('says how to run it by hand, what it prints and where that is from', () => {
    const header = text.slice(0, text.indexOf('\nset -u'));
    expect(header).toMatch(/^#!\/bin\/sh\n# [A-Z]/);
    for (const part of ['# By hand', '# Prints, separated by tabs', '\n#   end ', 'Source: ']) {
      expect(header).toContain(part);
    }
  });

  test('runs nothing that can hang on a dead mount or reads a command line', () => {
    // COMMANDS B.1: these stat or open paths, or take the mmap_lock of a process that may be stuck.
    expect(code(name).replaceAll(SAFE, '')).not.toMatch(
      /\b(?:ps|lsof|fuser|df|du|find|mountpoint|findmnt|umount|sync|crictl)\b|cmdline|environ|smaps/,
    );
  });

  test('ends what could hang for good: with SIGKILL, and with all that it started', () => {
    // COMMANDS B.5, 0.5: some tools mask SIGTERM, and --foreground leaves the children behind.
    expect(code(name)).not.toMatch(/(?<!-|\banswer )\btimeout (?!-s KILL )["$\d-]|--foreground/);
  });

  test('is for every POSIX shell', () => {
    expect(code(name)).not.toMatch(
      /\[\[ |\bfunction\b|<<<|<\(|\$'|\blocal\b|\bdeclare\b|\becho -[a-z]/,
    );
    expect(spawnSync('sh', ['-n', join(ROOT, name)]).status).toBe(0);
  });
});

const shellcheck = spawnSync('shellcheck', ['--version']).status === 0;

test.skipIf(!shellcheck)('shellcheck has nothing to say', () => {
  const said = spawnSync('shellcheck', SCRIPTS, { cwd: ROOT, encoding: 'utf8' });
  expect(said.stdout).toBe('');
});
