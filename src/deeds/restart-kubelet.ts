import type { Site } from '../runbook/site.ts';
import { restartService } from './restart-service.ts';
import type { RunningService } from './restart-service.ts';

/** Restarts the kubelet of one node: see {@link restartService}. */
export const restartKubelet = <C extends { readonly site: Site }>(of: (ctx: C) => RunningService) =>
  restartService('kubelet', of);
