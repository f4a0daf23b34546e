import { between } from '../chance.ts';
import { changeNode } from '../change.ts';
import type { AnswerId } from '../marks/answers.ts';
import { mountAny, mountWith, serverFrom } from '../nfs-mount.ts';
import type { Outcome } from '../nfs-mount.ts';
import type { Said } from '../said.ts';
import { NFS_SERVER } from '../site.ts';
import type { NfsVersion, Node, Process, World } from '../world.ts';
import { head, records } from './records.ts';
import type { Records, Script } from './records.ts';

/** What a node says of the NFS server: a test mount, and a call that does nothing (COMMANDS B.5, B.6). */

/** The export of the lab's inventory. */
const EXPORT = '/srv/nfs';

const seconds = (ms: number): string => (ms / 1000).toFixed(2);

/** The first `mount.nfs` that is blocked: then that is the answer, and nothing is tried. */
const blocked = (node: Node): Process | undefined =>
  node.processes.find((process) => process.comm === 'mount.nfs' && process.wchan !== undefined);

function outcomeOf(world: World, node: Node, path: string, version: string): Outcome {
  const outcome =
    version === 'default' ? mountAny(world, node) : mountWith(world, node, version as NfsVersion);
  if (outcome.is !== 'mounted' || path === EXPORT) return outcome;
  return {
    is: 'failed',
    says: `mount.nfs: mounting ${NFS_SERVER}:${path} failed, reason given by server: No such file or directory`,
    ms: 2_000,
  };
}

/** The records of a try that ended, and how long it took. Killed, `mount` says nothing (COMMANDS B.5). */
function told(
  version: string,
  outcome: Outcome,
  limitMs: number,
): readonly [AnswerId, Records, number] {
  const ms = outcome.is === 'hung' ? limitMs : outcome.ms;
  if (outcome.is === 'hung' || ms >= limitMs) {
    const lasted = limitMs + 180;
    return [
      'nfs/mount-hangs',
      [
        ['try', version, 137, seconds(lasted)],
        ['undone', 'yes'],
      ],
      lasted,
    ];
  }
  if (outcome.is === 'mounted') {
    return [
      'nfs/mounted',
      [
        ['try', version, 0, seconds(ms)],
        ['vers', outcome.version],
        ['undone', 'yes'],
      ],
      ms,
    ];
  }
  return [
    'nfs/mount-fails',
    [
      ['try', version, 32, seconds(ms)],
      ['said', outcome.says],
      ['undone', 'yes'],
    ],
    ms,
  ];
}

/** Answers `nfs/probe SERVER EXPORT VERSION SECONDS`; what it started is gone with it, for SIGKILL ends its wait. */
export const probe: Script = (world, node, [server = '', path = '', version = '', limit = '']) => {
  const stuck = blocked(node);
  if ((node.probingUntil ?? 0) > world.at)
    return records('nfs/locked', [...head(node), ['locked']]);
  if (stuck !== undefined) {
    const { pid, startTicks, wchan = '0', comm } = stuck;
    // Every mount is blocked for a moment: the script looks twice, a second apart.
    return records('nfs/busy', [...head(node), ['busy', pid, startTicks, wchan, comm]], 1_000);
  }
  const outcome: Outcome =
    server === NFS_SERVER
      ? outcomeOf(world, node, path, version)
      : { is: 'failed', says: 'mount.nfs: Connection timed out', ms: 6_480 };
  const [by, lines, ms] = told(version, outcome, Number(limit) * 1000);
  const said = records(by, [...head(node), ...lines], ms);
  const locked = changeNode(world, node.name, (it) => ({ ...it, probingUntil: world.at + ms }));
  return { world: locked, said };
};

/** How long a connection and the reply to the call are waited for. */
const PATIENCE_MS = 10_000;

const called = (by: AnswerId, tcp: string, tcpMs: number, rpc: string, rpcMs: number): Said =>
  records(
    by,
    [
      ['tcp', tcp, seconds(tcpMs)],
      ['null', rpc, rpcMs === 0 ? 0 : seconds(rpcMs)],
    ],
    tcpMs + rpcMs,
  );

/** Answers `nfs/answer SERVER`. */
export const answer: Script = (world, node, [server = '']) => {
  const quick = between(2, 20, world.seed, 'null', node.name, world.at);
  const state = server === NFS_SERVER ? serverFrom(world, node) : 'dropped';
  switch (state) {
    case 'up':
      return called('nfs/answers', 'open', quick, 'answers', quick);
    case 'hung':
      return called('nfs/silent', 'open', quick, 'silent', PATIENCE_MS);
    case 'stopped':
      return called('nfs/refused', 'refused', quick, 'refused', 0);
    case 'dropped':
      return called('nfs/dropped', 'timeout', PATIENCE_MS, 'silent', 0);
  }
};
