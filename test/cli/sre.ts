import { execFile } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Event } from '../../src/engine/events.ts';

const sre = new URL('../../bin/sre', import.meta.url).pathname;
const program = new URL('../../bin/sre.mjs', import.meta.url).pathname;
const killer = new URL('../crash/kill.ts', import.meta.url).href;

/** What a program left behind. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Its JSON lines, where it wrote any. */
  readonly events: readonly Event[];
}

/** A folder to start sre in, with programs that stand in PATH before everything else. */
export class Desk {
  readonly folder = mkdtempSync(join(tmpdir(), 'sre-cli-'));
  readonly #tools = join(this.folder, 'tools');

  constructor() {
    mkdirSync(this.#tools);
  }

  write(name: string, text: string): string {
    const path = join(this.folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  /** A program that stands in for a real one: a script for sh. */
  program(name: string, script: string): void {
    const path = join(this.#tools, name);
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
  }

  /** A PATH with nothing on it but what the launcher itself needs. */
  bare(): string {
    const bare = join(this.folder, 'bare');
    mkdirSync(bare);
    const readlink = ['/usr/bin/readlink', '/bin/readlink'].find((it) => existsSync(it));
    if (readlink !== undefined) symlinkSync(readlink, join(bare, 'readlink'));
    return bare;
  }

  /** Runs sre without a terminal, with `input` piped in. */
  run(args: readonly string[], { input = '', path = '/usr/bin:/bin' } = {}): Promise<Outcome> {
    const env = {
      PATH: `${this.#tools}:${path}`,
      HOME: this.folder,
      XDG_STATE_HOME: join(this.folder, 'state'),
      LANG: 'C.UTF-8',
    };
    return new Promise((resolve) => {
      const child = execFile(
        sre,
        [...args],
        { cwd: this.folder, env, maxBuffer: 256 * 1024 * 1024 },
        (error, stdout, stderr) => {
          const code = error === null ? 0 : Number(error.code ?? -1);
          const events = stdout
            .split('\n')
            .filter((line) => line.startsWith('{"type"') || line.startsWith('{"run"'))
            .map((line) => JSON.parse(line) as Event);
          resolve({ code, stdout, stderr, events });
        },
      );
      child.stdin?.end(input);
    });
  }

  /** Runs sre in a process that dies by SIGKILL at that moment (test/crash/kill.ts); rejects where it came to its end. */
  killed(args: readonly string[], moment: string, mutations = 1): Promise<void> {
    const env = {
      PATH: `${this.#tools}:/usr/bin:/bin`,
      HOME: this.folder,
      XDG_STATE_HOME: join(this.folder, 'state'),
      LANG: 'C.UTF-8',
      SRE_TEST_KILL: moment,
      SRE_TEST_MUTATIONS: String(mutations),
    };
    return new Promise((resolve, reject) => {
      const options = { cwd: this.folder, env, maxBuffer: 256 * 1024 * 1024 };
      execFile(process.execPath, ['--import', killer, program, ...args], options, (error) => {
        if (error?.signal === 'SIGKILL') resolve();
        else reject(new Error(`it was not killed at ${moment}: ${error?.message ?? 'it ended'}`));
      });
    });
  }

  /** The folders of the runs that were started here, the oldest first. */
  runs(): readonly string[] {
    const runs = join(this.folder, 'state', 'sre', 'runs');
    return readdirSync(runs)
      .toSorted()
      .map((run) => join(runs, run));
  }

  /** The journal of the only run that was started here. */
  journal(): readonly Event[] {
    const [run = ''] = this.runs();
    return readFileSync(join(run, 'events.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => JSON.parse(line) as Event);
  }

  clear(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
