import { agents, controllers, daemonSets } from './agents.ts';
import { agentsEnding } from './agents-ending.ts';
import { signals, terminating } from './ending.ts';
import { kubelets } from './kubelet.ts';
import { booting, highAvailability } from './machines.ts';
import { healing, lifting, thawing, waiting, wedging } from './nfs.ts';
import { shutOutAgain } from './bolt.ts';
import { regression, strikes } from './plot.ts';
import { complaints } from './complaints.ts';
import { secondWriters } from './dependants.ts';
import { elections, lease } from './elections.ts';
import { activation, traffic, unsealing } from './ha.ts';
import type { Rule } from './rule.ts';
import { collecting } from './sandboxes.ts';
import { starting, statefulSet } from './vault-pod.ts';
import { chowning, mounting } from './volumes.ts';
import { startingOthers, workloads } from './workloads.ts';

/** Everything that happens by itself. */
export const rules: readonly Rule[] = [
  strikes,
  statefulSet,
  mounting,
  chowning,
  starting,
  terminating,
  signals,
  unsealing,
  elections,
  lease,
  activation,
  traffic,
  complaints,
  regression,
  workloads,
  startingOthers,
  wedging,
  healing,
  waiting,
  thawing,
  lifting,
  kubelets,
  booting,
  highAvailability,
  agents,
  daemonSets,
  controllers,
  agentsEnding,
  collecting,
  shutOutAgain,
  secondWriters,
];
