import { formatMs } from '../runbook/duration.ts';
import { evidenceRows } from './evidence.ts';
import { bullets, details, plain, section, table, toFill } from './markdown.ts';
import type { Report } from './report.ts';
import {
  count,
  dateOf,
  documentOf,
  endIn,
  figure,
  figureRows,
  podsIn,
  severityIn,
  stampOf,
  tookOf,
} from './words.ts';

/** The draft of a post-mortem, in the order of the sections that the team uses (DOMAIN 5). */
export function postMortem(report: Report): string {
  const more = [
    ['Duration', durationOf(report)],
    ['Severity', severityIn(report)],
  ] as const;
  return documentOf(report, more, [
    ...section(2, 'Summary', ...summary(report)),
    ...section(2, 'Impact', ...bullets(impact(report))),
    ...section(2, 'Timeline (UTC)', ...timeline(report)),
    ...section(2, 'Root Cause', ...rootCause(report)),
    ...section(2, 'Contributing Factors', ...factors(report)),
    ...section(2, 'Detection Gaps', ...detectionGaps(report)),
    ...section(2, 'Prevention Plan', ...prevention(report)),
    ...section(2, 'Lessons Learned', toFill('what went well, what did not, where luck helped')),
    ...section(2, 'Follow-up Implementation', ...followUpPart(report)),
    ...section(2, 'Numbers', ...table(['What', 'Value'], figureRows(report))),
    ...section(2, 'Decisions', ...decided(report)),
    ...section(2, 'What Changed', ...changes(report)),
    ...section(2, 'Evidence', ...evidence(report)),
  ]);
}

/** From the first sign, if it is known, to the moment from which it stayed well. */
function durationOf(report: Report): string {
  const { firstBad, stableSince } = report.numbers;
  const took = `the run took ${tookOf(report)}`;
  if (firstBad.is === 'known' && stableSince.is === 'known') {
    const ms = Date.parse(stableSince.value) - Date.parse(firstBad.value);
    return `~${formatMs(ms)}, from the first sign (inferred) to stable; ${took}`;
  }
  return firstBad.is === 'known'
    ? `bad since ~${stampOf(firstBad.value)} (inferred), and not known to have stayed well; ${took}`
    : `${took}; how long it was bad before is not known`;
}

function summary(report: Report): readonly string[] {
  const { runbook, cluster, operators, began, numbers, left } = report;
  const deeds = report.changes.map((it) => `${plain(it.deed)} (${it.effect})`);
  return [
    `On ${stampOf(began)} ${plain(operators.join(', '))} began the runbook ${plain(runbook)} on ${plain(cluster)}. ` +
      `Sent: ${count(numbers.sent, 'change')}${numbers.byHand === 0 ? '' : `; left to a person: ${numbers.byHand}`}. ${endIn(report)}`,
    '',
    ...(deeds.length === 0 ? [] : [`What was done: ${deeds.join(', ')}.`, '']),
    ...(left.next === undefined ? [] : [`It would go on with: ${plain(left.next)}.`, '']),
    toFill('one sentence on what users noticed'),
  ];
}

function impact(report: Report): readonly string[] {
  const { numbers, decisions, pods } = report;
  const broke = decisions.filter((it) => it.done === true && it.breaks !== undefined);
  return [
    `**User-facing**: ${toFill('what users could not do')}`,
    `**Blast radius**: ${
      broke.length === 0
        ? 'the run itself broke nothing'
        : broke.map((it) => plain(`${it.about}: ${it.breaks ?? ''}`)).join('; ')
    }. Pods not ready before: ${podsIn(pods.before)}`,
    `**Duration**: ${durationOf(report)}`,
    `**Data loss**: ${toFill('the run looks at no data; say how it was checked')}`,
    `**Monitoring gap**: first sign ${figure(numbers.firstBad, stampOf)}; the run began ${stampOf(report.began)}; ${toFill('which alert told whom, and when')}`,
  ];
}

/** The time of a row: the date only where it is another day. */
const clock = (at: string, began: string): string =>
  dateOf(at) === dateOf(began) ? at.slice(11, 19) : `${dateOf(at)} ${at.slice(11, 16)}`;

function timeline({ timeline: moments, began }: Report): readonly string[] {
  const rows = moments.map(({ at, mark, event }) => [
    `${mark === 'inferred' ? '~' : ''}${clock(at, began)}`,
    `${mark === 'inferred' ? '_inferred_: ' : ''}${plain(event)}`,
  ]);
  return table(['Time', 'Event'], rows);
}

function rootCause({ findings }: Report): readonly string[] {
  return [
    toFill('the cause behind what was seen'),
    '',
    ...(findings.length === 0
      ? ['The run came to no verdict before it ended.', '']
      : [
          'What the evidence said before anything was changed:',
          '',
          ...table(
            ['Question', 'Verdict', 'Because'],
            findings.map((it) => [plain(it.question), plain(it.outcome), plain(it.because)]),
          ),
        ]),
  ];
}

function factors({
  preconditions,
  evidence: all,
  changes: deeds,
  timeline: moments,
}: Report): readonly string[] {
  const silent = all.filter((it) => !it.answered);
  const silentAt = [...new Set(silent.map((it) => it.where))].map((it) => plain(it));
  return bullets([
    ...preconditions.map((it) => `guard ${plain(it.guard)} ${it.verdict}: ${plain(it.because)}`),
    ...deeds
      .filter((it) => it.effect !== 'confirmed')
      .map((it) => `${plain(it.deed)} was ${it.effect}: ${plain(it.because)}`),
    ...(silent.length === 0
      ? []
      : [
          `${count(silent.length, 'command')} had no answer or never began (on ${silentAt.join(', ')})`,
        ]),
    ...moments
      .filter((it) => it.setback === true)
      .map((it) => `${stampOf(it.at)}: ${plain(it.event)}`),
    toFill('what made it possible, and what made it worse'),
  ]);
}

function detectionGaps({ numbers, began }: Report): readonly string[] {
  const { firstBad } = numbers;
  const gap =
    firstBad.is === 'known'
      ? `${formatMs(Math.max(0, Date.parse(began) - Date.parse(firstBad.value)))} between the first sign (inferred) and the start of the run`
      : 'it is not known how long it was bad before the run began';
  return table(
    ['Gap', 'Impact', 'Fix'],
    [
      [
        gap,
        toFill('what that time cost'),
        toFill('the alert that should have fired, or did and was not seen'),
      ],
    ],
  );
}

const PRIORITIES = [
  ['P0', 'Prevent this exact failure'],
  ['P1', 'Reduce blast radius'],
  ['P2', 'Detect faster'],
  ['P3', 'Improve resilience'],
] as const;

/** What the run left is to be done first; a row is never of a kind, nor in a state, that automation takes up. */
function prevention({ left }: Report): readonly string[] {
  return PRIORITIES.flatMap(([priority, title]) => {
    const known = priority === 'P0' ? openRows(left) : [];
    const rows = [
      ...known.map(([action, what]) => [priority, action, 'Investigation', what, 'Proposed']),
      ...(known.length === 0
        ? [[priority, toFill('an action'), 'Investigation', toFill('details'), 'Proposed']]
        : []),
    ];
    return section(
      3,
      `${priority}: ${title}`,
      ...table(['Priority', 'Action', 'Type', 'Details', 'Status'], rows),
    );
  });
}

/** What is known to need a deed, with what is to be done about it. */
const openRows = ({ followUps, doubt }: Report['left']): readonly (readonly [string, string])[] => [
  ...doubt.map((it) => ['Find out whether it happened', plain(it)] as const),
  ...followUps.map((it) => [plain(it.todo), plain(it.left)] as const),
];

function followUpPart({ left }: Report): readonly string[] {
  const undone = left.undone.map((it) => plain(it));
  const open = openRows(left).length;
  return [
    open === 0
      ? 'The run left nothing that is known to need a follow-up.'
      : `Left: ${count(open, 'thing')} to do, under P0.`,
    '',
    ...(undone.length === 0
      ? []
      : ['What the run says of how it left things:', '', ...bullets(undone)]),
    'What is done about the plan goes here:',
    '',
    ...table(
      ['Date', 'Action', 'Priority', 'Type', 'Commit', 'Implemented By'],
      [['-', toFill('action'), '-', '-', '-', '-']],
    ),
  ];
}

function decided({ decisions: all }: Report): readonly string[] {
  if (all.length === 0) return ['Nobody was asked to decide anything.'];
  return table(
    ['Time', 'Decision', 'Target', 'Answer', 'By', 'Why'],
    all.map((it) => [
      stampOf(it.at),
      plain(it.about),
      plain(it.target ?? '-'),
      plain(it.byHand ? `${it.answer}, by hand` : it.answer),
      plain(it.by ?? 'nobody'),
      plain(it.why ?? '-'),
    ]),
  );
}

function changes({ changes: all }: Report): readonly string[] {
  if (all.length === 0) return ['Nothing was changed.'];
  return table(
    ['Time', 'Deed', 'Effect', 'Proof', 'Identities'],
    all.map((it) => [
      stampOf(it.at),
      plain(it.deed),
      it.effect,
      plain(it.because),
      it.changed.length === 0 ? '-' : it.changed.map((line) => plain(line)).join('; '),
    ]),
  );
}

function evidence({ evidence: all }: Report): readonly string[] {
  const rows = evidenceRows(all).map((it) => [
    plain(it.about),
    plain(it.where),
    String(it.looks),
    `${stampOf(it.firstAt)} – ${stampOf(it.lastAt)}`,
    plain(it.endings),
    it.sha256 === undefined
      ? 'nothing was printed'
      : `${it.sha256}${it.outputs > 1 ? ` (the last of ${it.outputs} different ones)` : ''}`,
  ]);
  return details(
    `${count(all.length, 'command')}, repeated looks as one row; the digest is of the last output, secrets taken out`,
    ...table(['Command', 'Where', 'Looks', 'From, to', 'Ended', 'SHA-256'], rows),
  );
}
