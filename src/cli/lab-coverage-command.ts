import { COVERAGE, type Covered, inWords } from '../lab/marks/coverage.ts';
import { hang, toText } from '../terminal/layout.ts';

/** What a group of behaviours is of. */
const TITLES: Readonly<Record<string, string>> = {
  kubectl: 'kubectl without an API server',
  api: 'the API server, through kubectl',
  exec: 'kubectl exec',
  vault: "Vault's API",
  'vault-client': "Vault's client in a pod",
  curl: 'the outside',
  ssh: 'the way to a machine',
  node: 'a node',
  nfs: 'NFS',
  pve: 'Proxmox VE',
  lab: 'the lab itself',
  deeds: 'what a change does at once',
  time: 'what happens by itself',
};

/** What each behaviour of the lab rests on: what was recorded counted, what is assumed one by one with the reason. */
export function labCoverageCommand(json: boolean, columns: number): string {
  if (json) return COVERAGE.map((it) => `${JSON.stringify(inJson(it))}\n`).join('');
  const groups = [...Map.groupBy(COVERAGE, ({ component }) => component)];
  const parts = groups.map(([component, mine]) => groupInWords(component, mine, columns));
  return [...parts, `${counted(COVERAGE)} of ${COVERAGE.length} behaviours\n`].join('\n');
}

const inJson = ({ kind, component, id, does, mark }: Covered): object => ({
  kind,
  component,
  id,
  does,
  mark: mark.is,
  ...(mark.is === 'recorded' ? { in: mark.in } : { because: mark.because, source: mark.source }),
});

function counted(rows: readonly Covered[]): string {
  const recorded = rows.filter(({ mark }) => mark.is === 'recorded').length;
  return `${recorded} recorded, ${rows.length - recorded} assumed`;
}

function groupInWords(component: string, rows: readonly Covered[], columns: number): string {
  const lines = rows
    .filter(({ mark }) => mark.is === 'assumed')
    .flatMap(({ id, does, mark }) => [
      ...wrapped('  ', `${id}: ${does}`, columns),
      ...wrapped('      ', inWords(mark), columns),
    ]);
  return [`${TITLES[component] ?? component}: ${counted(rows)}`, ...lines]
    .map((line) => `${line}\n`)
    .join('');
}

const wrapped = (indent: string, text: string, columns: number): readonly string[] =>
  hang([{ text: indent }], [{ text }], columns).map((line) => toText(line).trimEnd());
