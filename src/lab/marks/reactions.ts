import { assumed, type Behaviours } from './mark.ts';

const CHOSEN = 'the time is chosen within what was seen';
const UNSEEN = 'nobody saw it happen';
const NO_KUBELET = 'needs a real kubelet, and none runs here';
const NO_NFS = 'needs an NFS client in the kernel, which namespaces share';
const STORY = 'the scenario wants it at that time';

/** What happens in the world by itself, by the first word of its key on the timeline. */
export const REACTIONS = {
  'audit-fails': assumed('the audit sink of a new leader fails', STORY, 'DOMAIN.md 2.4, 11:18'),
  'audit-says': assumed('a server complains about its audit sink', CHOSEN, 'COMMANDS.md A.2 iii'),
  'ha-lost': assumed('it leads raft and serves nobody', STORY, 'DOMAIN.md 2.2'),
  strike: assumed('a server gets its trouble', STORY, 'DOMAIN.md 2.2'),
  activate: assumed(
    'a raft leader becomes active',
    CHOSEN,
    'COMMANDS.md A.2; DOMAIN.md 2.4, 10:48',
  ),
  unseal: assumed('the side-car unseals', CHOSEN, 'DOMAIN.md 1, Vault containers'),
  traffic: assumed('clients write, followers catch up', CHOSEN, 'COMMANDS.md fact 7'),
  boot: assumed('a machine has booted', CHOSEN, 'REALITY.md 3, 5; DOMAIN.md 2.4'),
  ha: assumed('the HA manager does what was asked of it', UNSEEN, 'COMMANDS.md D.1'),
  complain: assumed(
    'servers write about each other',
    CHOSEN,
    'DOMAIN.md 2.2, symptoms; COMMANDS.md A.4, L3',
  ),
  elect: assumed('followers elect', CHOSEN, 'COMMANDS.md A.2, timings; hashicorp/raft'),
  campaign: assumed('a follower stands and is not elected', CHOSEN, 'COMMANDS.md A.2, timings'),
  lease: assumed('a leader that hears too few steps down', CHOSEN, 'COMMANDS.md A.2, timings'),
  create: assumed('a controller makes the pod that is missing', CHOSEN, 'COMMANDS.md A.6'),
  start: assumed('the containers of a pod start', NO_KUBELET, 'COMMANDS.md A.6'),
  'nfs-heals': assumed(
    'a wedged client is well again',
    NO_NFS,
    'COMMANDS.md B.7; REALITY.md 4c, 4e',
  ),
  'mount-goes-on': assumed('a mount that waited goes on', NO_NFS, 'REALITY.md 4c'),
  wedges: assumed('a client wedges', STORY, 'DOMAIN.md 2.3'),
  thaws: assumed('a thread that waited for the server goes on', NO_NFS, 'REALITY.md 4e'),
  'nfs-server-lifts': assumed('the fault of the server is over', STORY, 'REALITY.md 4b'),
  collect: assumed('leftover sandboxes are taken away', NO_KUBELET, 'DOMAIN.md 2.1 A2, A3'),
  'second-writer': assumed('two writers on one database lose data', UNSEEN, 'DOMAIN.md 2.1 A8'),
  release: assumed('a thread lets its process end', NO_NFS, 'COMMANDS.md B.2; REALITY.md 4c'),
  exit: assumed('a process ends of a signal', CHOSEN, 'COMMANDS.md B.2'),
  remove: assumed('a pod that ended is unmounted and goes', NO_KUBELET, 'COMMANDS.md A.6'),
  term: assumed('kubelet sends SIGTERM after preStop', NO_KUBELET, 'COMMANDS.md A.6'),
  kill: assumed('kubelet sends SIGKILL after the grace', NO_KUBELET, 'COMMANDS.md A.6'),
  'mount-hangs': assumed('a new mount hangs', NO_KUBELET, 'REALITY.md 4b; DOMAIN.md 2.4'),
  'mount-fails': assumed(
    'kubelet reports a mount that does not come back',
    NO_KUBELET,
    'REALITY.md 4b; DOMAIN.md 2.4',
  ),
  'mount-refused': assumed('kubelet reports why a mount fails', NO_KUBELET, 'COMMANDS.md C.2'),
  attach: assumed('a block volume is attached by force', UNSEEN, 'DOMAIN.md 2.2 B6'),
  mounted: assumed('the volumes of a pod are mounted', NO_KUBELET, 'REALITY.md 4'),
  chown: assumed('a change of owner that does not end', NO_KUBELET, 'DOMAIN.md 2.2 B7'),
  bolt: assumed(
    'a Vault that cannot lock its database starts again',
    NO_KUBELET,
    'COMMANDS.md 0.10, C.4',
  ),
  agent: assumed('an agent starts', NO_KUBELET, 'DOMAIN.md 2.1'),
  'agent-again': assumed(
    'an agent that died starts again after its back-off',
    NO_KUBELET,
    'COMMANDS.md C.2',
  ),
  daemon: assumed('a node without an agent gets one', CHOSEN, 'COMMANDS.md C.1'),
  controller: assumed(
    'a controller of the driver that is missing comes',
    CHOSEN,
    'COMMANDS.md C.1',
  ),
  schedule: assumed('the scheduler places a pod', CHOSEN, 'COMMANDS.md D.4'),
  'agent-gone': assumed('an agent that ended goes', NO_KUBELET, 'COMMANDS.md C.4'),
  'agent-kill': assumed('an agent is ended', NO_KUBELET, 'COMMANDS.md C.4'),
  kubelet: assumed('systemd starts the kubelet', CHOSEN, 'REALITY.md 5; DOMAIN.md 2.4'),
} as const satisfies Behaviours;

/** The first word of a deed's key. */
export type ReactionId = keyof typeof REACTIONS;

/** What names a deed and its subject on the timeline: nothing happens by itself that has no mark. */
export type ReactionKey = ReactionId | `${ReactionId}:${string}`;
