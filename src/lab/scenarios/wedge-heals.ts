import { START } from '../start.ts';
import { ill, sharesOnNfs, waitsForShare } from './nfs-stage.ts';
import type { Scenario } from './scenario.ts';
import { ago, toStart } from './stage.ts';

/** Case W of COMMANDS B.7 that heals: the client reconnects when the path returns (lab 01, 02; REALITY 4e). */
export const wedgeHeals: Scenario = {
  id: 'wedge-heals',
  runbook: 'kernel-nfs-reset',
  title: 'A wedged client that comes back by itself',
  story:
    'At 09:18 the connection of k8s-node3 to the NFS server broke. The default mount hangs there and 4.1 works; nextcloud waits for its share. ' +
    'The client finds its way back within one lease of the server: whoever waits those 90 s has nothing left to do.',
  make: (seed) => {
    const built = waitsForShare(sharesOnNfs('wedge-heals', seed), 'nextcloud', 'apache2');
    const heals = { it: 'at', at: START + 100_000 } as const;
    return toStart(ill(built, 'k8s-node3', { is: 'wedged', since: ago(2), heals }));
  },
  ends: 'resolved: the lease is waited for, the default mount works again; nothing is killed and nothing is reset',
};
