import type { Event, EventOf } from '../engine/events.ts';

/** One command as it was run: its start, where it had one, and its answer. */
export interface Ran {
  readonly seq: number;
  readonly startedAt: string;
  readonly endedAt: string;
  /** `kubectl.pods`. */
  readonly command: string;
  readonly about: string;
  readonly where: string;
  readonly argv: string;
  readonly does: EventOf<'command.started'>['does'];
  readonly purpose: EventOf<'command.started'>['purpose'];
  readonly step: string;
  readonly visit: number;
  readonly depth: number;
  readonly ending: EventOf<'command.finished'>['ending'];
  readonly stdout: string;
  readonly stderr: string;
}

type Started = EventOf<'command.started'>;

const keyOf = (it: Started | EventOf<'command.finished'>): string =>
  JSON.stringify([it.step, it.visit, it.depth, it.purpose, it.sample, it.key]);

/** All commands that came to an end, in the order of their ends. One that was withheld never started: its start is its end. */
export function ranIn(events: readonly Event[]): readonly Ran[] {
  const open = new Map<string, Started>();
  return events.flatMap((event): readonly Ran[] => {
    if (event.type === 'command.started') {
      open.set(keyOf(event), event);
      return [];
    }
    if (event.type !== 'command.finished') return [];
    const started = open.get(keyOf(event));
    open.delete(keyOf(event));
    const { seq, command, purpose, step, visit, depth, ending, output } = event;
    const { stdout, stderr } = 'ref' in output ? { stdout: '', stderr: '' } : output;
    return [
      {
        seq,
        startedAt: started?.at ?? event.at,
        endedAt: event.at,
        command,
        about: started?.about ?? event.key,
        where: started?.where ?? '',
        argv: started?.argv ?? '',
        does: started?.does ?? 'reads',
        purpose,
        step,
        visit,
        depth,
        ending,
        stdout,
        stderr,
      },
    ];
  });
}

/** How a command came to its end, in a few words: `exit 0`, `no answer in time`. */
export function endingWords({ ending }: Pick<Ran, 'ending'>): string {
  switch (ending.how) {
    case 'exited':
      return `exit ${ending.code}`;
    case 'deadline':
      return 'no answer in time';
    case 'cancelled':
      return 'called off';
    case 'lost':
      return 'answer lost';
    case 'refused':
      return 'never began';
    case 'withheld':
      return 'not run';
  }
}
