import type { RunResult } from './events.ts';

/** The exit code of a run that ended so (DESIGN, The command line). */
export function exitCodeOf(result: RunResult): number {
  switch (result) {
    case 'resolved':
    case 'not-this-incident':
    case 'planned':
      return 0;
    case 'failed':
      return 1;
    case 'escalate':
    case 'unsafe':
      return 3;
    case 'aborted':
      return 4;
    case 'in-doubt':
      return 5;
    case 'locked':
      return 6;
    case 'not-as-planned':
      return 7;
    case 'needs-approval':
      return 8;
    case 'interrupted':
      return 130;
  }
}
