import { sharesOnNfs, waitsForShare } from './nfs-stage.ts';
import type { Scenario } from './scenario.ts';
import { ago, toStart } from './stage.ts';

/** TCP open and RPC silent from everywhere is the server (COMMANDS B.6, B.7; lab 05, 11). */
export const serverHung: Scenario = {
  id: 'server-hung',
  runbook: 'kernel-nfs-reset',
  title: 'The NFS server takes connections and says nothing',
  story:
    'Since 09:08 nfsd takes TCP and answers no call. showmount and rpcinfo -p are green; new mounts fail or hang everywhere, and what has a share waits.',
  make: (seed) => {
    const built = waitsForShare(
      waitsForShare(sharesOnNfs('server-hung', seed, ago(12)), 'nextcloud', 'apache2'),
      'grafana',
      'grafana',
    );
    const nfsServer = { ...built.nfsServer, state: 'hung' as const };
    return toStart({ ...built, nfsServer });
  },
  ends: 'escalate: the NFS server answers nobody; nothing is touched',
};
