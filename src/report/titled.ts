import type { Event, EventOf } from '../engine/events.ts';

/** An event with the title and the kind of the step it belongs to, as the run had entered it. */
export interface Titled {
  readonly event: Event;
  /** Empty for what belongs to no step. */
  readonly title: string;
  readonly kind?: EventOf<'step.entered'>['kind'];
}

/** Goes along with the run: two runbooks that are called one after the other may have steps of the same name. */
export function titled(events: readonly Event[]): readonly Titled[] {
  const steps = new Map<string, EventOf<'step.entered'>>();
  return events.map((event) => {
    if (!('step' in event)) return { event, title: '' };
    const key = `${event.depth}/${event.step}`;
    if (event.type === 'step.entered') steps.set(key, event);
    const step = steps.get(key);
    return step === undefined
      ? { event, title: event.step }
      : { event, title: step.title, kind: step.kind };
  });
}
