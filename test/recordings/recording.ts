import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ending, RawOutput } from '../../src/runbook/command.ts';

/** What a real component printed to one question of the product, as a file under `test/fixtures/COMPONENT/VERSION/`. */
export interface Recording {
  readonly component: string;
  readonly version: string;
  /** The day on which it was recorded like this; recording the same again keeps it. */
  readonly recorded: string;
  /** The family of the product's command: `kubectl.pods`. */
  readonly question: string;
  /** The state of the world in which it was asked. */
  readonly about: string;
  /** What of it the suite made up instead of the component. */
  readonly assumed?: string;
  readonly on: 'local' | 'node' | 'pve';
  /** As the product spells it; a kept script by its path under `src/tools`. */
  readonly argv: readonly string[];
  /** What it was given on its standard input; of a secret only its name. */
  readonly stdin?: Text | { readonly secret: string };
  readonly ending: Ending;
  readonly stdout: Text;
  readonly stderr: Text;
}

/** A text as its lines, the last one empty where it ends with a line feed; or one JSON document, as it was indented. */
export type Text =
  | readonly string[]
  | { readonly json: unknown; readonly indent: number; readonly end: string };

/** Where recordings lie. */
export const FIXTURES = join(import.meta.dirname, '..', 'fixtures');

/** Splits a text so that a change of it is a change of few lines. */
export function textOf(text: string): Text {
  const json = documentOf(text);
  return json ?? text.split('\n');
}

function documentOf(text: string): Text | undefined {
  if (!/^[[{]/.test(text)) return undefined;
  const end = text.endsWith('\n') ? '\n' : '';
  try {
    const json: unknown = JSON.parse(text);
    const indent = [0, 1, 2, 4].find((it) => JSON.stringify(json, null, it) + end === text);
    return indent === undefined ? undefined : { json, indent, end };
  } catch {
    return undefined;
  }
}

/** The text again, byte for byte. */
export const plain = (text: Text): string =>
  'json' in text ? JSON.stringify(text.json, null, text.indent) + text.end : text.join('\n');

/** What the product's parser is given. */
export const outputOf = ({ ending, stdout, stderr }: Recording): RawOutput => ({
  ending,
  stdout: plain(stdout),
  stderr: plain(stderr),
  truncated: false,
});

/** A recording as its file has it. */
export const fileText = (recording: Recording): string =>
  `${JSON.stringify(recording, undefined, 2)}\n`;

/** A recording with the path that marks name it by: `vault/1.18.1/health-active`. */
export interface Kept {
  readonly id: string;
  readonly recording: Recording;
}

/** Every recording there is, in the order of their paths. */
export function allRecordings(): readonly Kept[] {
  return folders(FIXTURES)
    .filter((component) => component !== 'tools')
    .flatMap((component) =>
      folders(join(FIXTURES, component)).flatMap((version) =>
        readdirSync(join(FIXTURES, component, version))
          .toSorted()
          .map((file) => {
            const text = readFileSync(join(FIXTURES, component, version, file), 'utf8');
            const id = `${component}/${version}/${file.replace(/\.json$/, '')}`;
            return { id, recording: JSON.parse(text) as Recording };
          }),
      ),
    );
}

const folders = (path: string): readonly string[] =>
  readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted();
