import type { Event } from '../engine/events.ts';
import type { Observer } from '../engine/ports.ts';
import type { Sink } from './json.ts';
import { toText, type Line } from './layout.ts';
import { penFor, timeOfDay, type Style } from './pen.ts';
import { retold } from './retold.ts';
import { tell, untold } from './story.ts';
import { words } from './words.ts';

/** How append-only lines are written. */
export interface PlainOptions {
  readonly out: Sink;
  readonly style: Omit<Style, 'everything'>;
  /** Colour; none by default. */
  readonly paint?: (line: Line) => string;
  /** What happened before, where a run is resumed. */
  readonly earlier?: readonly Event[];
}

/** Append-only lines, each behind the time of its event (UTC): for pipes, logs, CI and `--plain`. */
export function plain(options: PlainOptions): Observer {
  const { out, paint = toText } = options;
  const pen = penFor({ ...options.style, everything: true }, '00:00:00 '.length);
  let story = untold;
  const say = (event: Event, lines: readonly Line[]): void => {
    const time = timeOfDay(event.at);
    if (lines.length > 0)
      out.write(lines.map((line) => `${`${time} ${paint(line)}`.trimEnd()}\n`).join(''));
  };
  for (const event of options.earlier ?? []) {
    if (retold(event)) say(event, words(event, story, pen));
    story = tell(story, event);
  }
  return {
    saw: (event) => {
      say(event, words(event, story, pen));
      story = tell(story, event);
    },
  };
}
