import type { Clock, Performer } from '../engine/ports.ts';
import type { Site } from '../runbook/site.ts';

/** Where a run takes place: the cluster out there, or the lab. */
export interface Place {
  readonly mode: 'live' | 'lab';
  readonly site: Site;
  /** The digest of the inventory that describes it. */
  readonly inventory: string;
  readonly performer: Performer;
  readonly clock: Clock;
  readonly lab?: { readonly scenario: string; readonly seed: number };
  /** Values that must never reach a disk or a screen. */
  readonly secrets: readonly string[];
  /** What a person should know before the first step: which nodes are known from where. */
  readonly notes: readonly string[];
  readonly close: () => Promise<void>;
}
