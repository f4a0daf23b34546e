import type { Observation } from '../../../src/runbook/observation.ts';
import type { MountTry } from '../../../src/tools/nfs/probe.ts';

/** What a test mount says about a node. */
export interface Canary {
  readonly is: 'mounted' | 'untried' | 'hangs' | 'refused' | 'again';
  readonly because: string;
}

/** Reads a test mount: only one that mounted proves that mounts work; a hung one is the kernel's affair (COMMANDS B.5, B.7). */
export function readCanary(node: string, mount: Observation<MountTry> | undefined): Canary {
  if (mount === undefined) {
    return {
      is: 'untried',
      because: `no test mount was made on ${node}: the inventory names no export (nfs.export)`,
    };
  }
  if (!mount.ok)
    return { is: 'again', because: `what became of the test mount is unknown: ${mount.says}` };
  const it = mount.value;
  switch (it.is) {
    case 'mounted':
      return {
        is: 'mounted',
        because: `a test mount on ${node} took ${it.seconds} s (version ${it.version})${it.undone ? ' and was undone' : ', and could not be undone: look below /run/sre-nfs.*'}`,
      };
    case 'hung': {
      const left = it.left === undefined ? '' : `; ${it.left.comm} (pid ${it.left.pid}) is left`;
      return {
        is: 'hangs',
        because: `a test mount on ${node} hung and was killed after ${it.seconds} s${left}`,
      };
    }
    case 'busy':
      return {
        is: 'hangs',
        because: `${it.task.comm} (pid ${it.task.pid}) hangs on ${node} in ${it.task.wchan}: nothing was tried beside it`,
      };
    case 'locked':
      return { is: 'again', because: `another test mount is under way on ${node}` };
    case 'failed':
      return {
        is: 'refused',
        because: `a test mount on ${node} was refused after ${it.seconds} s (${it.reason}): ${it.says}`,
      };
  }
}
