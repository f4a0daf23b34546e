import type { EventOf } from '../engine/events.ts';
import type { Observer } from '../engine/ports.ts';
import { endingWords } from './command-lines.ts';
import type { Evidence } from './evidence.ts';
import { timeOfDay } from './pen.ts';
import { keyOf } from './story.ts';

const AT_MOST = 12;

/** Keeps the last raw outputs of a run, for whoever wants to see them before deciding. */
export interface Recall extends Observer {
  /** The last outputs, oldest first. */
  readonly evidence: () => readonly Evidence[];
}

/** An observer that remembers what the last commands printed. */
export function recall(): Recall {
  const started = new Map<string, EventOf<'command.started'>>();
  let kept: readonly Evidence[] = [];
  const finished = (event: EventOf<'command.finished'>): void => {
    const begun = started.get(keyOf(event));
    started.delete(keyOf(event));
    const what = begun === undefined ? event.command : `${begun.about} (${begun.where})`;
    const [, words] = endingWords(event.ending, event.durationMs);
    const title = `${what} · ${timeOfDay(event.at)} UTC · ${words}`;
    kept = [...kept, { title, text: textOf(event.output) }].slice(-AT_MOST);
  };
  return {
    saw: (event) => {
      if (event.type === 'command.started') started.set(keyOf(event), event);
      if (event.type === 'command.finished') finished(event);
    },
    evidence: () => kept,
  };
}

function textOf(output: EventOf<'command.finished'>['output']): string {
  if ('ref' in output) return `${output.bytes} bytes, kept in ${output.ref}`;
  const { stdout, stderr, truncated } = output;
  const parts = [
    stdout.trimEnd(),
    stderr.trim() === '' ? '' : `stderr:\n${stderr.trimEnd()}`,
    truncated ? '(more was sent than is kept)' : '',
  ];
  return parts.filter((part) => part !== '').join('\n');
}
