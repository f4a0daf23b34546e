import type { Command } from '../runbook/command.ts';
import { guard } from '../runbook/runbook.ts';
import type { Site } from '../runbook/site.ts';
import type { Guard, Verdict } from '../runbook/step.ts';
import { activeJobs, kuredLock } from '../tools/kubectl/maintenance.ts';
import type { KuredLock } from '../tools/kubectl/maintenance.ts';

/** Refuses while somebody else is at the nodes: a kured reboot lock is held, or upgrade jobs run (DOMAIN 2.0, preflight 2). */
export function noForeignMaintenance(site: Site): Guard {
  const { kured, upgradeJobs } = site.maintenance;
  const lock: Command<KuredLock> | undefined =
    kured === undefined ? undefined : kuredLock(site.cluster, kured);
  const jobs: Command<readonly string[]> | undefined =
    upgradeJobs === undefined ? undefined : activeJobs(site.cluster, upgradeJobs.namespace);
  return guard({
    name: 'no foreign maintenance',
    observe: { lock, jobs },
    judge: ({ lock: held, jobs: running }): Verdict => {
      if (held?.ok === false)
        return { verdict: 'unknown', because: `the kured lock could not be read: ${held.says}` };
      if (running?.ok === false)
        return {
          verdict: 'unknown',
          because: `the upgrade jobs could not be read: ${running.says}`,
        };
      if (held?.value.held === true) {
        return {
          verdict: 'fails',
          because: `kured holds its reboot lock for ${held.value.by ?? 'an unnamed node'}`,
        };
      }
      if (running !== undefined && running.value.length > 0) {
        return {
          verdict: 'fails',
          because: `upgrade jobs are running: ${running.value.join(', ')}`,
        };
      }
      const looked = [
        ...(held === undefined ? [] : ['no kured lock']),
        ...(running === undefined ? [] : ['no upgrade job']),
      ];
      return {
        verdict: 'holds',
        because:
          looked.length === 0
            ? 'the inventory names no maintenance to look for'
            : looked.join(', '),
      };
    },
  });
}
