import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Event } from '../../src/engine/events.ts';
import { journalOf } from '../journal/alterations.ts';
import type { Desk } from './sre.ts';

/** Writes the journal of the only run of a desk anew, its chain whole, with other events. */
export function rewrite(it: Desk, change: (event: Event) => Event): void {
  const bare = it.journal().map((event) => {
    const { prev: _p, sum: _s, ...rest } = event as Event & { prev?: string; sum?: string };
    return change(rest);
  });
  writeFileSync(join(it.runs()[0] ?? '', 'events.jsonl'), journalOf(bare));
}
