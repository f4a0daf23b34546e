import type { Performer } from '../../../src/engine/ports.ts';
import type { Command, RawOutput } from '../../../src/runbook/command.ts';
import type { Subject } from '../../recordings/case.ts';
import { CASE_IDS, type CaseId, caseOf, type Component } from '../../recordings/cases.ts';
import { type Recording, textOf } from '../../recordings/recording.ts';
import { settler } from '../../recordings/settled.ts';

/** The version of each component that takes part. */
export type Versions = Readonly<Partial<Record<Component, string>>>;

/** A question that was asked of the real component. */
export interface Asked {
  /** The case without its component: the name of the file. */
  readonly name: string;
  readonly recording: Recording;
  /** What came back, byte for byte. */
  readonly out: RawOutput;
}

const PATIENCE_MS = 120_000;

/** Asks the questions of the product and keeps what comes back. */
export class Recorder {
  readonly asked = new Map<CaseId, Asked>();
  readonly #day = new Date().toISOString().slice(0, 10);

  /** Asks one in the state that the world is in now; gives what came back. */
  async ask(
    id: CaseId,
    subject: Subject,
    performer: Performer,
    versions: Versions,
  ): Promise<RawOutput> {
    const it = caseOf(id);
    const command = it.asks(subject);
    const asked = it.inPod === true ? inPod(command) : command;
    const out = await performer.perform(asked, AbortSignal.timeout(PATIENCE_MS));
    const [component, name] = id.split('/') as [Component, string];
    const version = versions[component];
    if (version === undefined) throw new Error(`${id}: no version of ${component} is known`);
    const recorded = { component, version, recorded: this.#day, about: it.about };
    const assumed = it.assumed === undefined ? {} : { assumed: it.assumed };
    this.asked.set(id, { name, recording: { ...recorded, ...assumed, ...told(asked, out) }, out });
    return out;
  }

  /** Everything that was asked; throws where a case was left out that does not depend on chance. */
  all(): ReadonlyMap<CaseId, Asked> {
    const left = CASE_IDS.filter((id) => !this.asked.has(id) && caseOf(id).byChance !== true);
    if (left.length > 0) throw new Error(`never asked: ${left.join(', ')}`);
    return this.asked;
  }
}

/** What kubectl runs in the container. */
function inPod(command: Command<unknown>): Command<unknown> {
  const { run } = command;
  if (run.kind !== 'argv') throw new Error(`${command.id} does not go through kubectl`);
  const [program = '', ...args] = run.argv.slice(run.argv.indexOf('--') + 1);
  return { ...command, run: { ...run, argv: [program, ...args] } };
}

type Told = Pick<Recording, 'question' | 'on' | 'argv' | 'stdin' | 'ending' | 'stdout' | 'stderr'>;

/** The question and the answer, with nothing in them that differs from day to day. */
function told({ id, where, run }: Command<unknown>, out: RawOutput): Told {
  const settle = settler();
  // First what names processes: an argument may be the number of one.
  const stdout = shown(settle(out.stdout));
  const argv = run.kind === 'argv' ? run.argv : ['sh', `${run.script}.sh`, ...run.args];
  const stdin = run.kind === 'argv' ? run.stdin : undefined;
  return {
    question: id,
    on: where.on,
    argv: argv.map(settle),
    ...(stdin === undefined
      ? {}
      : { stdin: stdin.kind === 'text' ? textOf(settle(stdin.text)) : { secret: stdin.secret } }),
    ending: JSON.parse(settle(JSON.stringify(out.ending))) as Recording['ending'],
    stdout,
    stderr: textOf(settle(out.stderr)),
  };
}

/** Who wrote which field of an object tells of the suite and of nothing else. */
function shown(text: string): Recording['stdout'] {
  const it = textOf(text);
  if (!('json' in it)) return it;
  const json: unknown = JSON.parse(
    JSON.stringify(it.json, (key, value: unknown) => (key === 'managedFields' ? undefined : value)),
  );
  return { ...it, json };
}
