import type { Happening, Mode } from './events.ts';
import type { Next } from './next.ts';
import type { LockReport, Locks, LockWord } from './ports.ts';

/** What the locks are asked before the loop does something: to be taken before an action is prepared, and verified before it mutates. */
export type LockGate = 'take' | 'renew';

/**
 * Which gate stands before this. An action's locks are had before anybody is asked to confirm it; a plan changes nothing, and a
 * resumed run that only probes what is in doubt needs none.
 */
export function gateOf(next: Next, mode: Mode): LockGate | undefined {
  if (mode === 'plan' || next.do !== 'record') return undefined;
  const { happening } = next;
  if (happening.type === 'step.entered') return happening.kind === 'action' ? 'take' : undefined;
  if (happening.type === 'confirmation.asked') return 'take';
  return happening.type === 'intent.written' && happening.does === 'mutates' ? 'renew' : undefined;
}

type Append = (happening: Happening) => Promise<void>;

/** The locks of one life of a run: what they say is journalled where it is news. */
export class HeldLocks {
  readonly #locks: Locks | undefined;
  readonly #append: Append;
  readonly #known = new Map<string, string>();
  #taken = false;

  constructor(locks: Locks | undefined, append: Append) {
    this.#locks = locks;
    this.#append = append;
  }

  /** Why nothing may be changed now; `undefined` where it may. */
  async pass(gate: LockGate, purpose: string, signal: AbortSignal): Promise<string | undefined> {
    const locks = this.#locks;
    if (locks === undefined || (gate === 'take' && this.#taken)) return undefined;
    const report = this.#taken
      ? await locks.renew(purpose, signal)
      : await locks.take(purpose, signal);
    await this.#tell(report);
    this.#taken ||= report.refusal === undefined;
    return report.refusal;
  }

  /** Gives back what was taken, on the way out; what cannot be given back is left to expire. */
  async release(signal: AbortSignal): Promise<void> {
    if (!this.#taken || this.#locks === undefined) return;
    this.#taken = false;
    await this.#tell(await this.#locks.release(signal));
  }

  async #tell({ words }: LockReport): Promise<void> {
    for (const word of words) {
      const known = this.#known.get(word.where);
      const news = newsOf(word);
      this.#known.set(word.where, news);
      // oxlint-disable-next-line no-await-in-loop -- they come into the journal in the order in which they were asked
      if (news !== known) await this.#append({ type: 'lock.judged', ...word });
    }
  }
}

/** That a lock is held still is no news; that it is held anew is. */
const newsOf = ({ verdict, number, because }: LockWord): string =>
  verdict === 'held' ? `held ${number ?? ''}` : `${verdict} ${because}`;
