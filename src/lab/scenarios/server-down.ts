import { sharesOnNfs, waitsForShare } from './nfs-stage.ts';
import type { Scenario } from './scenario.ts';
import { ago, toStart } from './stage.ts';

/** Bad from everywhere is the server (COMMANDS B.6, B.7). */
export const serverDown: Scenario = {
  id: 'server-down',
  runbook: 'kernel-nfs-reset',
  title: 'The NFS server is stopped',
  story:
    'nfsd on the hypervisor is stopped since 09:08. Every node is refused on port 2049, and what has a share waits. No node is at fault, and no reset of one helps.',
  make: (seed) => {
    const built = waitsForShare(
      waitsForShare(sharesOnNfs('server-down', seed, ago(12)), 'nextcloud', 'apache2'),
      'grafana',
      'grafana',
    );
    const nfsServer = { ...built.nfsServer, state: 'stopped' as const };
    return toStart({ ...built, nfsServer });
  },
  ends: 'escalate: the NFS server answers nobody; nothing is touched',
};
