import type { EventOf } from '../engine/events.ts';
import { readJournal } from '../journal/read.ts';
import { startOf } from '../journal/start.ts';
import { stateHome } from '../inventory/xdg.ts';
import { replay } from '../replay/replay.ts';
import type { Departure, Replayed } from '../replay/replay.ts';
import { hang, labelled, toText, usable, wrap } from '../terminal/layout.ts';
import type { Line } from '../terminal/layout.ts';
import { sanitise } from '../terminal/sanitise.ts';
import { chooseRunbook } from './choose-runbook.ts';
import { findRun } from './find-run.ts';
import { tell } from './tell.ts';

/** DESIGN, The command line: 7 is drift. */
const ANOTHER_WAY = 7;

/** What a replay prints, and how it exits: 0 where today's runbook goes the same way, 7 where it goes another. */
export interface ReplayTold {
  readonly text: string;
  readonly exitCode: number;
}

/** Lays a run beside today's runbook. Nothing is run and nothing is written; a damaged journal is refused by name. */
export async function replayCommand(
  run: string | undefined,
  json: boolean,
  columns: number,
): Promise<ReplayTold> {
  const folder = await findRun(stateHome(process.env), run);
  const read = await readJournal(folder);
  if (!read.ok) throw read.error;
  if (read.torn !== undefined) {
    tell(
      `line ${read.torn.line} of the journal is incomplete and was left out: the run may be under way`,
    );
  }
  const started = startOf(read.events, folder.run);
  const { library } = await chooseRunbook(started.runbook);
  const found = replay(library, read.events);
  return {
    text: json ? inJson(started, found) : inWords(started, found, columns),
    exitCode: found.departs === undefined ? 0 : ANOTHER_WAY,
  };
}

/** One difference per line, and the summary as the last one. */
function inJson(
  { run, runbook }: EventOf<'run.started'>,
  { compared, otherwise, departs, unreached }: Replayed,
): string {
  const lines: readonly unknown[] = [
    ...otherwise.map((it) => ({ is: 'otherwise', ...it })),
    ...(departs === undefined ? [] : [{ is: 'departs', ...departs }]),
    { is: 'summary', run, runbook, sameWay: departs === undefined, compared, unreached },
  ];
  return lines.map((it) => `${JSON.stringify(it)}\n`).join('');
}

/** As many as are worth reading; the rest is in `--json`. */
const MOST = 20;
const INDENT = 3;
const LABEL = 10;

function inWords(
  { run, runbook }: EventOf<'run.started'>,
  { compared, otherwise, departs, unreached }: Replayed,
  terminal: number,
): string {
  const columns = usable(terminal);
  const say = (text: string): readonly Line[] => wrap([{ text: sanitise(text) }], columns);
  const row = (label: string, text: string): readonly Line[] =>
    labelled(
      { text: label },
      wrap([{ text: sanitise(text, { max: 600 }) }], columns - INDENT - LABEL),
      INDENT,
      LABEL,
    );
  const one = ({ at, seq, step, recorded, today, differs }: Departure, whole: boolean) => [
    ...hang(
      [{ text: ' '.repeat(INDENT) }],
      [{ text: sanitise(`${at.slice(11, 19)} UTC, event ${seq}${step ? `, '${step}'` : ''}`) }],
      columns,
    ),
    ...(whole ? [...row('recorded', recorded), ...row('today', today)] : []),
    ...differs.slice(0, MOST).flatMap((it, i) => row(i === 0 ? 'differs' : '', it)),
  ];
  const lines: readonly Line[] = [
    ...say(`${runbook}, run ${run}: ${compared} events laid beside today's runbook`),
    ...(departs === undefined
      ? say('Today it would go the same way.')
      : [
          ...say('Today it would go another way:'),
          ...one(departs, true),
          ...say(
            `From there the recording has no answers: ${unreached} later events were not compared.`,
          ),
        ]),
    ...(otherwise.length === 0
      ? []
      : [
          ...say(
            departs === undefined
              ? `In other words, times or facts, ${otherwise.length} times:`
              : `Before that in other words, times or facts, ${otherwise.length} times:`,
          ),
          ...otherwise.slice(0, MOST).flatMap((it) => one(it, false)),
          ...(otherwise.length > MOST
            ? say(`… and ${otherwise.length - MOST} more: \`sre replay ${run} --json\``)
            : []),
        ]),
  ];
  return lines.map((line) => `${toText(line).trimEnd()}\n`).join('');
}
