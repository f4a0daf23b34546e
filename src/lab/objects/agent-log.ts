import { endedOf } from '../agent-processes.ts';
import { agentOf } from '../agents.ts';
import { networkOn } from '../rules/agents.ts';
import type { Pod, World } from '../world.ts';

/** What the agents' containers write: why they ended, and little else (COMMANDS C.2, C.4; DOMAIN 2.1, decision points). */

interface Line {
  readonly at: number;
  readonly text: string;
}

/** `I0422 09:19:58.214105       1 main.go:133] …`: the klog format of the CSI sidecars. */
function klog(level: 'I' | 'E' | 'F', at: number, where: string, says: string): Line {
  const [day = '', time = ''] = new Date(at).toISOString().split('T');
  const stamp = `${day.slice(5, 7)}${day.slice(8, 10)} ${time.slice(0, -1)}`;
  return { at, text: `${level}${stamp}000       1 ${where}] ${says}` };
}

const speaker = (at: number, level: string, message: string, more: object): Line => ({
  at,
  text: JSON.stringify({
    caller: 'main.go:242',
    level,
    msg: message,
    ...more,
    ts: new Date(at).toISOString(),
  }),
});

/** The first words of a container, when it starts. */
function begins(container: string, at: number): readonly Line[] {
  switch (container) {
    case 'liveness-probe':
      return [
        klog('I', at, 'main.go:133', '"Calling CSI driver to discover driver name"'),
        klog('I', at + 4, 'main.go:141', '"CSI driver name" driver="nfs.csi.k8s.io"'),
      ];
    case 'node-driver-registrar':
      return [
        klog('I', at, 'main.go:150', '"Version" version="v2.15.0"'),
        klog('I', at + 6, 'node_register.go:56', '"Starting Registration Server"'),
      ];
    case 'nfs':
      return [klog('I', at, 'nfs.go:90', 'Driver: nfs.csi.k8s.io version: v4.13.1')];
    case 'speaker':
      return [speaker(at, 'info', 'MetalLB speaker starting version 0.15.3', { op: 'startup' })];
    default:
      return [{ at, text: `${new Date(at).toISOString()} [INFO] ${container} starting` }];
  }
}

/** Its last words, when something made it end. */
function ends(container: string, at: number, message: string): Line {
  if (container === 'speaker') {
    return speaker(at, 'error', 'failed to start the speaker', { error: message, op: 'startup' });
  }
  if (container === 'calico-node') {
    return { at, text: `${new Date(at).toISOString()} [FATAL] ${message}` };
  }
  const where = container === 'liveness-probe' ? 'main.go:179' : 'main.go:210';
  return klog('F', at, where, `Failed to start http server with error: ${message}`);
}

/** The log of an agent's container: of the run that is under way, or of the last one where none is. */
export function agentLog(world: World, pod: Pod, container: string): readonly Line[] {
  const agent = agentOf(pod);
  if (agent === undefined || !pod.containers.includes(container)) return [];
  const ended = endedOf(pod, container);
  if (ended?.down === true) {
    return [...begins(container, ended.at - 240), ends(container, ended.at, ended.message)];
  }
  const since = Math.max(pod.since, ended?.at ?? 0);
  const starved = container === 'nfs' && networkOn(world, pod.node) === 'broken';
  return [
    ...begins(container, since),
    ...(starved
      ? [
          klog(
            'E',
            world.at - 4_000,
            'utils.go:110',
            'GRPC error: Get "https://10.96.0.1:443/api/v1": dial tcp 10.96.0.1:443: connect: no route to host',
          ),
        ]
      : []),
  ];
}
