import { z } from 'zod';
import { parseDuration } from './duration.ts';
import type { Duration } from './duration.ts';

/** A runbook's parameter that is a length of time, with what it is when nobody sets it. */
export const durationParam = (fallback: Duration) =>
  z
    .custom<Duration>(
      (it) => typeof it === 'string' && parseDuration(it) !== undefined,
      'expected a duration such as 90s or 20m',
    )
    .default(fallback);
