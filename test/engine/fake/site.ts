import { initial } from '../../../src/engine/apply.ts';
import type { Site } from '../../../src/runbook/site.ts';

/** A place with nothing in it. */
export const site: Site = { ...initial.site, cluster: { name: 'homelab', context: 'homelab' } };
