import { hostname, userInfo } from 'node:os';
import type { World } from '../engine/loop.ts';
import type { State } from '../engine/state.ts';
import type { FileJournal } from '../journal/append.ts';
import { takeNotes } from '../journal/notes.ts';
import { eventRedactor, redactor } from '../journal/redact.ts';
import { byHand } from '../transport/by-hand.ts';
import type { Place } from './place.ts';
import { reasonFrom } from './reason-from.ts';
import { runLocks } from './run-locks.ts';
import { heldToPlan } from './held-to-plan.ts';
import type { Holding } from './held-to-plan.ts';
import { canAsk, openScreen, styleFor } from './screen.ts';
import type { Decider } from './screen.ts';
import type { Signals } from './signals.ts';
import { tell } from './tell.ts';
import { withThinkingTime } from './thinking-time.ts';

/** How a run is shown, and who decides in it. */
export interface SessionOptions {
  readonly operator?: Decider | undefined;
  readonly manual?: true | undefined;
  readonly plain?: true | undefined;
  readonly json?: true | undefined;
  /** The typed reason to take over a lock whose holder gives no heartbeat any more. */
  readonly takeOver?: string | undefined;
}

/** Who is at the keyboard, and where; `auto` where nobody decides. */
export interface Who {
  readonly operator: string;
  readonly host: string;
}

/** How often a note that somebody left beside the run is looked for. */
const NOTES_MS = 1000;

/**
 * One life of the tool on a run: the screen is opened, the journal is written to by this process alone, and both are closed
 * again, however it ends. Gives the exit code.
 *
 * @param begin starts the run, or goes on with it
 * @param holding the plan that the run is held to
 */
export async function session(
  place: Place,
  journal: FileJournal,
  runbook: string,
  options: SessionOptions,
  signals: Signals,
  begin: (world: World, who: Who) => Promise<State>,
  holding?: Pick<Holding, 'plan' | 'approvals'>,
): Promise<number> {
  const decider: Decider = options.operator ?? (place.mode === 'lab' && !canAsk() ? 'auto' : 'you');
  for (const note of [...place.notes, ...journal.notes]) tell(note);
  if (place.mode === 'lab' && decider === 'auto' && options.operator === undefined) {
    tell('no terminal, so a careful operator decides in this lab (--operator you asks a person)');
  }
  const by = userInfo().username;
  const screen = await openScreen({
    style: styleFor(options),
    decider,
    by,
    now: place.clock.now,
    journal: journal.folder.path,
    onInterrupt: signals.interrupt,
    earlier: journal.events,
  });
  const redact = eventRedactor(place.secrets);
  const asked =
    place.mode === 'lab' && decider === 'you'
      ? withThinkingTime(screen.operator, place.clock)
      : screen.operator;
  const performer = options.manual === true ? byHand(screen.hands) : place.performer;
  const reason = reasonFrom('--take-over', options.takeOver);
  try {
    const state = await begin(
      {
        performer,
        clock: place.clock,
        journal,
        operator: holding === undefined ? asked : heldToPlan({ ...holding, by }, asked),
        observer: screen.observer,
        redact,
        locks: runLocks(
          {
            site: place.site,
            me: { run: journal.folder.run, owner: `${by}@${hostname()}`, runbook },
            performer,
            clock: place.clock,
            ...(reason === undefined ? {} : { takeOver: redactor(place.secrets)(reason) }),
          },
          {
            local: place.mode === 'live' ? `cluster ${place.site.cluster.name}` : undefined,
            beats: place.mode === 'live' && options.manual !== true,
          },
        ),
        stop: signals.stop,
        detach: signals.detach,
        notes: (keep) => lookForNotes(journal, keep),
      },
      { operator: decider === 'auto' ? 'auto' : by, host: hostname() },
    );
    return state.finished?.exitCode ?? 1;
  } finally {
    await screen.close();
    await journal.close();
  }
}

/** Takes in what is left beside the run, now and every second. */
function lookForNotes(
  { folder }: FileJournal,
  keep: (note: string, by: string) => Promise<void>,
): () => void {
  let turn: Promise<unknown> = Promise.resolve();
  const look = (): void => {
    // A note that cannot be read or kept must not stop a run: where the journal fails, the next event says so.
    turn = turn.then(() => takeNotes(folder, keep)).catch((error: unknown) => tell(String(error)));
  };
  look();
  const timer = setInterval(look, NOTES_MS).unref();
  return () => clearInterval(timer);
}
