import { evidenceRows } from './evidence.ts';
import { bullets, code, details, plain, section, table, toFill } from './markdown.ts';
import type { Report } from './report.ts';
import {
  count,
  documentOf,
  endIn,
  figure,
  figureRows,
  severityIn,
  stampOf,
  tookOf,
} from './words.ts';

/** The same material as an investigation: full timestamps, a source for each row, the raw data folded away (DOMAIN 5). */
export function investigation(report: Report): string {
  const more = [
    ['Duration', `the run took ${tookOf(report)}`],
    ['Severity', severityIn(report)],
    ['Classification', toFill('detected by whom, of which kind')],
  ] as const;
  return documentOf(report, more, [
    ...section(2, 'Summary', ...summary(report)),
    ...section(
      2,
      'Impact',
      ...table(['What', 'Value'], figureRows(report)),
      toFill('what users could not do'),
    ),
    ...section(2, 'Timeline (UTC)', ...timeline(report)),
    ...section(2, 'Root Cause', toFill('the cause behind what was seen'), '', ...findings(report)),
    ...section(
      2,
      'Recurrence Analysis',
      toFill('did it happen before, and what was to prevent it'),
    ),
    ...section(2, 'Detection', ...detection(report)),
    ...section(2, 'Resolution', ...resolution(report)),
    ...section(2, 'Action Items', ...actionItems(report)),
    ...section(2, 'Lessons Learned', toFill('what went well, what did not, where luck helped')),
    ...section(2, 'Raw Investigation Data', ...raw(report)),
  ]);
}

function summary(report: Report): readonly string[] {
  const { runbook, cluster, operators, began, numbers } = report;
  return [
    `${plain(operators.join(', '))} ran ${plain(runbook)} on ${plain(cluster)} from ${stampOf(began)}; ` +
      `sent: ${count(numbers.sent, 'change')}. ${endIn(report)}`,
  ];
}

function timeline({ timeline: moments }: Report): readonly string[] {
  return table(
    ['Time', 'Event', 'Source'],
    moments.map(({ at, mark, event, source }) => [
      `${mark === 'inferred' ? '~' : ''}${stampOf(at)}`,
      plain(event),
      `${mark}: ${plain(source)}`,
    ]),
  );
}

const findings = ({ findings: all }: Report): readonly string[] =>
  all.length === 0
    ? ['The run came to no verdict before it ended.']
    : bullets(
        all.map(
          (it) =>
            `${stampOf(it.at)} ${plain(it.question)} **${plain(it.outcome)}**: ${plain(it.because)}`,
        ),
      );

const detection = ({ numbers, began }: Report): readonly string[] =>
  bullets([
    `First sign: ${figure(numbers.firstBad, stampOf)}`,
    `The run began: ${stampOf(began)}`,
    toFill('which alert fired, which did not, who noticed first'),
  ]);

function resolution({ changes, numbers, decisions }: Report): readonly string[] {
  const deeds = changes.map(
    (it) => `${stampOf(it.at)} ${plain(it.deed)}: ${it.effect}, ${plain(it.because)}`,
  );
  const declined = decisions
    .filter((it) => it.answer !== 'yes' && it.target !== undefined)
    .map(
      (it) =>
        `${stampOf(it.at)} ${plain(it.about)}: ${plain(it.answer)}, said ${plain(it.by ?? 'nobody')}`,
    );
  return [
    ...(deeds.length === 0 ? ['Nothing was changed.', ''] : bullets(deeds)),
    ...(declined.length === 0 ? [] : ['What was not confirmed:', '', ...bullets(declined)]),
    ...bullets([
      `First good answer: ${figure(numbers.firstGood, stampOf)}`,
      `Stable since: ${figure(numbers.stableSince, stampOf)}`,
    ]),
  ];
}

/** Of what is left: what must be done so that it does not come back. The rest is for people. */
function actionItems({ left }: Report): readonly string[] {
  const known = [
    ...left.doubt.map((it) => `Find out whether it happened: ${plain(it)}`),
    ...left.followUps.map((it) => `${plain(it.todo)} (${plain(it.left)})`),
    ...left.undone.map((it) => `Look after what is left: ${plain(it)}`),
  ];
  return [
    ...section(3, 'Preventive', ...bullets([...known, toFill('what keeps it from happening')])),
    ...section(3, 'Detective', ...bullets([toFill('what tells somebody earlier')])),
    ...section(3, 'Mitigative', ...bullets([toFill('what makes it smaller or shorter')])),
  ];
}

function raw({ decisions, preconditions, changes, evidence }: Report): readonly string[] {
  return [
    ...details(
      count(decisions.length, 'decision'),
      ...bullets(
        decisions.map(
          (it) =>
            `${stampOf(it.at)} ${plain(it.about)}${it.target === undefined ? '' : ` on ${plain(it.target)}`}: ${plain(it.answer)}${it.byHand ? ', by hand' : ''}, said ${plain(it.by ?? 'nobody')}${it.why === undefined ? '' : `: ${plain(it.why)}`}`,
        ),
      ),
    ),
    ...(preconditions.length === 0
      ? []
      : details(
          `${count(preconditions.length, 'precondition')} that did not hold`,
          ...bullets(
            preconditions.map(
              (it) => `${stampOf(it.at)} ${plain(it.guard)} ${it.verdict}: ${plain(it.because)}`,
            ),
          ),
        )),
    ...details(
      'state before and after each deed',
      ...bullets(
        changes.flatMap((it) => it.changed.map((line) => `${plain(it.deed)}: ${plain(line)}`)),
      ),
    ),
    ...details(
      `${count(evidence.length, 'command')}, with the SHA-256 of what they printed, secrets taken out`,
      '```',
      ...evidenceRows(evidence).map(
        (it) =>
          `${stampOf(it.firstAt)} ${it.sha256 ?? 'nothing was printed'} ${it.looks}x ${code(it.endings)}: ${code(it.about)}${it.where === '' ? '' : ` (${code(it.where)})`}`,
      ),
      '```',
      '',
    ),
  ];
}
