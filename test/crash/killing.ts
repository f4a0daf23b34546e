import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Event } from '../../src/engine/events.ts';
import { readJournal } from '../../src/journal/read.ts';
import { runFolder } from '../../src/journal/run-folder.ts';
import { truth } from '../../src/lab/index.ts';
import type { World } from '../../src/lab/index.ts';
import { lifeIn, standing } from './life.ts';
import type { Life } from './life.ts';

/** The real program on a scenario, killed by SIGKILL at exact moments and started again: what is read afterwards is on disk. */

const program = new URL('../../bin/sre.mjs', import.meta.url).pathname;
const killer = new URL('kill.ts', import.meta.url).href;

/** When a process is to die. */
export type Moment =
  /** The event is on disk, and nothing has followed from it. */
  | { readonly how: 'event'; readonly seq: number }
  /** The world has one mutation more, so many in all, and the command of that event has no answer yet. */
  | { readonly how: 'reached'; readonly seq: number; readonly mutations: number };

/** What a process left behind in its state home. */
export interface Left {
  readonly events: readonly Event[];
  /** Absent where it was killed before anything happened in the lab. */
  readonly world: World | undefined;
}

const SOAK = '1m';

/** In memory where that can be had: SIGKILL takes nothing back that was written, wherever it was written to. */
function folderOfHomes(): string {
  try {
    accessSync('/dev/shm', constants.W_OK);
    return '/dev/shm';
  } catch {
    return tmpdir();
  }
}
const HOMES = folderOfHomes();

/** One run in a state home of its own. */
export class Killing {
  readonly #home = mkdtempSync(join(HOMES, 'sre-kill-'));
  readonly #runbook: string;
  readonly #scenario: string;

  constructor(runbook: string, scenario: string) {
    this.#runbook = runbook;
    this.#scenario = scenario;
  }

  /** Begins the run; `true` where it was killed, `false` where it came to its end. */
  begin(moment?: Moment): Promise<boolean> {
    const { how, seq } = moment ?? { how: '', seq: 0 };
    const mutations = moment?.how === 'reached' ? moment.mutations : 0;
    return this.#run(['runbook', this.#runbook, '--lab', this.#scenario, '--set', `soak=${SOAK}`], {
      SRE_TEST_KILL: `${how}:${seq}`,
      SRE_TEST_MUTATIONS: String(mutations),
    });
  }

  /** Goes on with it to its end. */
  resume(): Promise<boolean> {
    return this.#run(['resume'], {});
  }

  #run(args: readonly string[], more: Readonly<Record<string, string>>): Promise<boolean> {
    const env = { PATH: '/usr/bin:/bin', HOME: this.#home, XDG_STATE_HOME: this.#home, ...more };
    return new Promise((resolve, reject) => {
      const child = spawn(
        process.execPath,
        ['--import', killer, program, ...args, '--operator', 'auto', '--json'],
        { cwd: this.#home, env, stdio: ['ignore', 'ignore', 'pipe'] },
      );
      let said = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
      child.on('error', reject);
      child.on('close', (_code, signal) => {
        if (signal === 'SIGKILL') resolve(true);
        else if (/fault in sre/.test(said)) reject(new Error(said));
        else resolve(false);
      });
    });
  }

  async left(): Promise<Left> {
    const runs = readdirSync(join(this.#home, 'sre', 'runs'));
    const [run = ''] = runs;
    const folder = runFolder(join(this.#home, 'sre'), run);
    const read = await readJournal(folder);
    if (!read.ok) throw read.error;
    const file = join(folder.path, 'world.json');
    const world = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as World) : undefined;
    return { events: read.events, world };
  }

  clear(): void {
    rmSync(this.#home, { recursive: true, force: true });
  }
}

/** A run that was read back from disk, as the in-process ones are compared. */
export function lifeOf({ events, world }: Left): Life {
  if (world === undefined) throw new Error('the run left no world');
  return lifeIn(events, world, truth(world));
}

/** Equal where two killed processes left the same behind: then the one that goes on does the same. */
export function keyOf({ events, world }: Left): string {
  const bytes = JSON.stringify([world ?? null, standing(events, events.length, world?.at ?? 0)]);
  // Runs differ in their ids, which name their folders and decide nothing.
  const run = events[0]?.run ?? '';
  return createHash('sha256').update(bytes.replaceAll(run, 'RUN')).digest('hex');
}

/** Every event boundary but the end, or those around the mutations; and each mutation between its arrival and its answer. */
export function momentsOf(whole: Left, which: 'all' | 'mutations'): readonly Moment[] {
  const { events, world } = whole;
  return events.slice(0, -1).flatMap((event): readonly Moment[] => {
    const { seq } = event;
    const sent = event.type === 'command.started' && event.does === 'mutates';
    const intends = event.type === 'intent.written' && event.does === 'mutates';
    const before = (world?.mutations ?? []).filter((it) => it.at <= Date.parse(event.at)).length;
    return [
      ...(which === 'all' || sent || intends ? [{ how: 'event', seq } as const] : []),
      ...(sent ? [{ how: 'reached', seq, mutations: before + 1 } as const] : []),
    ];
  });
}
