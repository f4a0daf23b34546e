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
  /** Its place in the run: the intent of a deed has the same. */
  readonly place: string;
  readonly ending: EventOf<'command.finished'>['ending'];
  readonly stdout: string;
  readonly stderr: string;
  readonly truncated: boolean;
}

type Started = EventOf<'command.started'>;

/** Where in a run a command belongs, as one text. */
export const placeOf = (
  it: Started | EventOf<'command.finished'> | EventOf<'intent.written'>,
): string => JSON.stringify([it.step, it.visit, it.depth, it.purpose, it.sample, it.key]);

/** All commands that were run and came to an end, in the order of their ends. What was withheld is no evidence of anything. */
export function ranIn(events: readonly Event[]): readonly Ran[] {
  const open = new Map<string, Started>();
  return events.flatMap((event): readonly Ran[] => {
    if (event.type === 'command.started') {
      open.set(placeOf(event), event);
      return [];
    }
    if (event.type !== 'command.finished' || event.ending.how === 'withheld') return [];
    const started = open.get(placeOf(event));
    open.delete(placeOf(event));
    const { seq, at, command, ending, output } = event;
    const { stdout, stderr } = 'ref' in output ? { stdout: '', stderr: '' } : output;
    return [
      {
        seq,
        startedAt: started?.at ?? at,
        endedAt: at,
        command,
        about: started?.about ?? event.key,
        where: started?.where ?? '',
        argv: started?.argv ?? '',
        place: placeOf(event),
        ending,
        stdout,
        stderr,
        truncated: output.truncated,
      },
    ];
  });
}

/** Whether it ended by itself, and well. */
export const endedWell = ({ ending }: Pick<Ran, 'ending'>): boolean =>
  ending.how === 'exited' && ending.code === 0;

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
