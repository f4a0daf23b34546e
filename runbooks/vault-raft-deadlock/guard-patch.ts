import { guard } from '../../src/runbook/runbook.ts';
import type { Site } from '../../src/runbook/site.ts';
import type { Guard } from '../../src/runbook/step.ts';
import { patchFsGroupChangePolicy } from '../../src/tools/kubectl/statefulset.ts';

/** Holds where the server accepts the very patch in a dry run: its `test` operations fail closed (COMMANDS A.6). */
export function patchAccepted({ cluster, vault }: Site, fsGroup: number): Guard {
  return guard({
    name: 'patch accepted in a server dry run',
    observe: {
      trial: patchFsGroupChangePolicy(cluster, vault.namespace, vault.statefulSet, {
        fsGroup,
        dryRun: true,
      }),
    },
    judge: ({ trial }) => {
      if (trial.ok)
        return { verdict: 'holds', because: 'the server would accept it, and it restarts nothing' };
      return trial.why === 'exit'
        ? { verdict: 'fails', because: `the server refuses it: ${trial.says}` }
        : { verdict: 'unknown', because: `the server could not be asked: ${trial.says}` };
    },
  });
}
