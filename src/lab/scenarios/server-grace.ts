import { START } from '../start.ts';
import { sharesOnNfs } from './nfs-stage.ts';
import type { Scenario } from './scenario.ts';
import { toStart } from './stage.ts';

/** Within 90 s of its start a server takes reclaims alone (COMMANDS B.7, lab 05). */
export const serverGrace: Scenario = {
  id: 'server-grace',
  runbook: 'kernel-nfs-reset',
  title: 'The NFS server has just been started',
  story:
    'nfsd was started anew at 09:19:40 and is in its grace period: files open again when that is over, by 09:21:10. Mounts work everywhere.',
  make: (seed) => {
    const built = sharesOnNfs('server-grace', seed);
    const nfsServer = { ...built.nfsServer, startedAt: START - 20_000 };
    return toStart({ ...built, nfsServer });
  },
  ends: 'not-this-incident: the grace period is waited for; nothing is touched',
};
