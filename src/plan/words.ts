import type {
  DescribedCommand,
  DescribedEdge,
  DescribedStep,
  Description,
  WholeDescription,
} from './describe.ts';

const KIND: Readonly<Record<DescribedStep['kind'], string>> = {
  probe: '? looks',
  action: '! acts',
  manual: '✎ by hand',
  choice: '⑂ asks',
  call: '↪ calls',
  end: '■ ends',
};

const edgeWords = ({ outcome, to, atMost, then }: DescribedEdge): string =>
  atMost === undefined
    ? `${outcome} → ${to}`
    : `${outcome} → ${to} (at most ${atMost} times, then ${then ?? 'on'})`;

const mark = (command: DescribedCommand): string =>
  command.does === 'reads' ? ' ' : command.does === 'intrusive' ? '~' : '!';

function commandWords(command: DescribedCommand): readonly string[] {
  const stdin = command.stdin === undefined ? [] : [`         stdin: ${command.stdin}`];
  return [`     ${mark(command)} ${command.where}: ${command.line}`, ...stdin];
}

function stepWords(step: DescribedStep, index: number): readonly string[] {
  const number = String(index + 1).padStart(2);
  if (step.kind === 'end')
    return [`${number}  ${KIND.end}  ${step.id}: ${step.title} (${step.result ?? ''})`];
  const action =
    step.action === undefined
      ? []
      : [
          `     risk ${step.action.risk} · guards: ${step.action.guards.join(', ') || 'none'}`,
          `     proof: ${step.action.proof} · undo: ${step.action.undo}`,
        ];
  return [
    `${number}  ${KIND[step.kind]}  ${step.id}: ${step.title}`,
    ...(step.calls === undefined ? [] : [`     runs ${step.calls}, which stands below`]),
    ...action,
    ...step.commands.flatMap(commandWords),
    ...step.edges.map((edge) => `     ${edgeWords(edge)}`),
    '',
  ];
}

const head = (it: Description): readonly string[] => [`${it.id} · version ${it.version}`, it.title];

/**
 * A runbook in words, with every command, and then those it may call: what reads is unmarked, `~` leaves a trace, `!` changes
 * the world.
 */
export function describeInWords(it: WholeDescription): string {
  return [
    ...head(it),
    '',
    'Unmarked commands read; ~ leaves a harmless trace (a canary write); ! changes the world and is asked for first.',
    'What a run finds out stands as ‹fact›. Runs begin at step 1.',
    '',
    ...it.steps.flatMap(stepWords),
    '',
    ...it.called.flatMap((called) => [...head(called), '', ...called.steps.flatMap(stepWords), '']),
  ].join('\n');
}
