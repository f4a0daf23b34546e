import { between } from '../chance.ts';
import { SNAPSHOTS } from '../site.ts';
import type { Said } from '../said.ts';
import { START } from '../start.ts';
import type { World } from '../world.ts';
import { LEASE_S } from './nfs-clients.ts';
import { pveHead } from './pve.ts';
import { records } from './records.ts';
import type { Records } from './records.ts';

/** The NFS server as its own host shows it, and the snapshots that lie there (COMMANDS B.8; DOMAIN 1). */

/** After a start only reclaims are served for so long: opens wait, mounts do not (COMMANDS B.7). */
const GRACE_S = 90;

/** The exports of DOMAIN 1, as `exportfs` keeps them in etab. */
const EXPORTS: readonly string[] = [
  '/srv/nfs\t10.0.20.0/24(rw,async,wdelay,hide,nocrossmnt,secure,no_root_squash,no_all_squash,no_subtree_check,secure_locks,acl,no_pnfs,anonuid=65534,anongid=65534,sec=sys)',
  '/srv/nfs-ssd\t10.0.20.0/24(rw,sync,wdelay,hide,nocrossmnt,secure,no_root_squash,no_all_squash,no_subtree_check,secure_locks,acl,no_pnfs,fsid=1,anonuid=65534,anongid=65534,sec=sys)',
];

/** Answers `nfs/server`: stopped, it has no thread. */
export function nfsServer(world: World): Records {
  const { state, startedAt, threads, load1 } = world.nfsServer;
  const over = world.at - startedAt > GRACE_S * 1000;
  return [
    ...pveHead(world),
    ['threads', state === 'stopped' ? 0 : threads],
    ['lease', LEASE_S],
    ['grace', GRACE_S],
    ['ended', over ? 'Y' : 'N'],
    ['load', load1.toFixed(2)],
    ['cpus', 44],
    ...EXPORTS.map((line) => ['export', line]),
  ];
}

/** The weekly snapshots: Sundays at 02:00 (DOMAIN 1, backups). */
export function newestSnapshots(world: World, directory: string): Said {
  if (directory !== SNAPSHOTS) return records('pve/snapshots-absent', [['absent', directory]]);
  const sunday = Date.UTC(2026, 3, 19, 2, 0, 7);
  const weeks = [0, 1, 2, 3].map((week) => {
    const at = sunday - week * 7 * 86_400_000;
    const name = new Date(at).toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
    const bytes = 1_548_000 - week * 9_000 + between(0, 8_000, world.seed, week, START);
    return ['snapshot', `vault-raft-${name}.db`, bytes, Math.floor(at / 1000)];
  });
  return records('pve/snapshots', weeks);
}
