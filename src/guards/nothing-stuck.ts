import { guard } from '../runbook/runbook.ts';
import type { Guard, Verdict } from '../runbook/step.ts';
import { tasks } from '../tools/node/tasks.ts';

/**
 * Holds where a node has no thread in D state and no zombie: beside one a restarted kubelet became a zombie itself on 22 April,
 * and freed everything in a minute where there was none, on 17 May (DOMAIN 2.0).
 */
export function nothingStuck(node: string): Guard {
  return guard({
    name: 'nothing stuck',
    observe: { scan: tasks(node) },
    judge: ({ scan }): Verdict => {
      if (!scan.ok)
        return { verdict: 'unknown', because: `${node} could not be looked at: ${scan.says}` };
      if (!scan.value.root)
        return { verdict: 'unknown', because: `${node} was not scanned as root` };
      const [first] = scan.value.tasks;
      return first === undefined
        ? { verdict: 'holds', because: `no task on ${node} is in D state, and none is a zombie` }
        : {
            verdict: 'fails',
            because: `${first.comm} (pid ${first.pid}) on ${node} is in ${first.state} state`,
          };
    },
  });
}
