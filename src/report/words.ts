import type { RunResult } from '../engine/events.ts';
import { formatMs } from '../runbook/duration.ts';
import { plain, table, toFill } from './markdown.ts';
import type { Figure } from './numbers.ts';
import type { PodCount } from './pods.ts';
import type { Report } from './report.ts';
import type { Span } from './span.ts';

/** The words that both documents share. */

/** `1 change`, `3 changes`. */
export const count = (n: number, one: string): string => `${n} ${one}${n === 1 ? '' : 's'}`;

/** `2026-04-22`. */
export const dateOf = (iso: string): string => iso.slice(0, 10);

/** `2026-04-22T09:20:00Z`. */
export const stampOf = (iso: string): string => `${iso.slice(0, 19)}Z`;

/** The name of the draft's file without its ending: its date, and at most five words (DOMAIN 5). */
export const fileNameOf = ({ began, runbook }: Report): string =>
  `${dateOf(began)}-${runbook
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')
    .slice(0, 5)
    .join('-')}`;

/** `Vault raft deadlock on homelab`. */
function titleOf({ runbook, cluster }: Report): string {
  const words = runbook.replaceAll('-', ' ');
  return plain(`${words.charAt(0).toUpperCase()}${words.slice(1)} on ${cluster}`);
}

/** How the incident stands, for the table on top. */
const STATUS: Readonly<Record<RunResult, string>> = {
  resolved: 'Resolved',
  'not-this-incident': 'Not this incident',
  planned: 'A plan: nothing was changed',
  escalate: 'Open: escalated',
  unsafe: 'Open: stopped as unsafe',
  'in-doubt': 'In doubt: something was sent, and its effect is not known',
  aborted: 'Open: stopped by the operator',
  interrupted: 'Open: interrupted',
  'needs-approval': 'Open: it waits for an answer at a terminal',
  'not-as-planned': 'Open: it was not as planned',
  locked: 'Open: it had no lock',
  failed: 'Open: the run failed',
};

export function statusOf({ standing, result, left }: Report): string {
  if (left.doubt.length > 0) return STATUS['in-doubt'];
  if (standing === 'open' || result === undefined) return 'Open: the run has no end';
  const more = result === 'resolved' && left.followUps.length + left.undone.length > 0;
  return more ? `${STATUS[result]}; something is left to do` : STATUS[result];
}

/** `It ended 'resolved': …`. */
export const endIn = ({ standing, result, because }: Report): string =>
  standing === 'open' || result === undefined
    ? 'The run has no end.'
    : `It ended '${result}': ${plain(because ?? '')}.`;

/** The whole document: its title, what it is, the table on top, and the sections. */
export function documentOf(
  report: Report,
  more: readonly (readonly [field: string, value: string])[],
  sections: readonly string[],
): string {
  const { began } = report;
  const lines = [
    `# Post-Mortem: ${titleOf(report)}`,
    '',
    ...notice(report),
    ...table(
      ['Field', 'Value'],
      [
        ['Date', dateOf(began)],
        ...more,
        ['Affected Services', affected(report)],
        ['Issue', toFill('the number of the issue')],
        ['Status', statusOf(report)],
      ],
    ),
    ...sections,
  ];
  return `${lines
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trimEnd()}\n`;
}

/** `SEV2 (proposed: …)`. */
export const severityIn = ({ severity }: Report): string =>
  severity.proposed === 'to be decided'
    ? `to be decided: ${plain(severity.because)}`
    : `${severity.proposed} (proposed: ${plain(severity.because)})`;

/** A draft says what it is: a rehearsal is no incident. */
const notice = ({ lab, run, mode }: Report): readonly string[] => [
  ...(lab === undefined
    ? []
    : [
        `> **A rehearsal on the embedded lab** (scenario ${plain(lab.scenario)}, seed ${lab.seed}): no real cluster was touched.`,
        '>',
      ]),
  ...(mode === 'plan' ? ['> **A plan**: nothing was changed.', '>'] : []),
  `> Draft from the journal of run ${plain(run)}. Times are UTC. **recorded**: the journal has it with its own time;`,
  '> **inferred** (~): read out of what a command printed. What nobody recorded says so.',
  '',
];

/** `09:22:53 (recorded: …)`, or why it is not known. */
export function figure<T>(it: Figure<T>, shown: (value: T) => string): string {
  return it.is === 'unknown'
    ? `unknown: ${plain(it.because)}`
    : `${it.mark === 'inferred' ? '~' : ''}${shown(it.value)} (${it.mark}: ${plain(it.because)})`;
}

/** The figures, one row each. */
export function figureRows(report: Report): readonly (readonly string[])[] {
  const { numbers, pods } = report;
  const { firstBad, firstGood, stableSince, resets, toFirstDeed } = numbers;
  return [
    ['First bad', figure(firstBad, stampOf)],
    ['First 200, or first good answer', figure(firstGood, stampOf)],
    ['Stable since', figure(stableSince, stampOf)],
    ['From the start of the run to the first change', figure(toFirstDeed, formatMs)],
    ['The run took', tookOf(report)],
    ['Changes sent', String(numbers.sent)],
    ['Changes left to a person', String(numbers.byHand)],
    ['Confirmations declined', String(numbers.declined)],
    ['Confirmations that nobody answered in time', String(numbers.unanswered)],
    ...resets.map((it) => [
      `Pods evicted before the reset of ${plain(it.target)} at ${stampOf(it.at)}`,
      `${it.evicted}; on the node when it was reset: ${figure(it.onTheNode, String)}`,
    ]),
    ...(resets.length === 0 ? [['Pods evicted per reset', 'there was no reset']] : []),
    ['Pods not ready before the first change', podsIn(pods.before)],
    ['Pods not ready when last counted after it', podsIn(pods.after)],
  ];
}

/** `2 of 41 at 2026-04-22T09:20:39Z`. */
export const podsIn = (it: PodCount | undefined): string =>
  it === undefined
    ? 'unknown: the run counted none then'
    : `${it.notReady.length} of ${it.pods} at ${stampOf(it.at)}`;

/** `8 min`, `8 min, and 5 h in between in which nobody had it in hand`. */
export const tookOf = ({ ranMs, idleMs }: Span): string =>
  idleMs === 0
    ? formatMs(ranMs)
    : `${formatMs(ranMs)}, and ${formatMs(idleMs)} in between in which nobody had it in hand`;

/** The namespaces that had pods which were not ready. */
function affected({ pods, decisions }: Report): string {
  const spaces = [...new Set((pods.before?.notReady ?? []).map((it) => it.split('/')[0] ?? ''))];
  if (spaces.length > 0) {
    const shown = spaces
      .toSorted()
      .slice(0, 12)
      .map((it) => plain(it))
      .join(', ');
    const more = spaces.length > 12 ? ` and ${spaces.length - 12} more` : '';
    return `namespaces with pods that were not ready: ${shown}${more}`;
  }
  const targets = decisions.flatMap(({ target }) => (target === undefined ? [] : [plain(target)]));
  return targets.length === 0
    ? '_to be filled in: which services were affected_'
    : `what the run worked on: ${[...new Set(targets)].slice(0, 5).join('; ')}`;
}
