import type { Command } from '../runbook/command.ts';
import { guard } from '../runbook/runbook.ts';
import type { Site, Unseal } from '../runbook/site.ts';
import type { Guard, Verdict } from '../runbook/step.ts';
import { listPods } from '../tools/kubectl/pods.ts';
import { secretExists } from '../tools/kubectl/secrets.ts';

/**
 * Holds where a restarted Vault pod will be unsealed: by KMS, by a sidecar that runs in another pod with its secret in
 * place, or by a person who has said that the keys are at hand (COMMANDS A.6).
 */
export function unsealPath(
  site: Site,
  pod: string,
  acknowledged: 'sidecar' | 'kms' | 'hand',
): Guard {
  const { unseal, namespace, selector } = site.vault;
  const bySidecar = unseal.by === 'sidecar';
  const secret: Command<boolean> | undefined =
    unseal.by === 'sidecar' ? secretExists(site.cluster, namespace, unseal.secret) : undefined;
  return guard({
    name: 'unseal path',
    observe: {
      pods: bySidecar ? listPods(site.cluster, namespace, selector) : undefined,
      secret,
    },
    judge: ({ pods, secret: exists }): Verdict => {
      if (unseal.by === 'kms')
        return { verdict: 'holds', because: 'the inventory says that a KMS unseals' };
      if (unseal.by === 'hand') {
        return acknowledged === 'hand'
          ? { verdict: 'holds', because: 'a person with the unseal keys is ready, as said before' }
          : { verdict: 'unknown', because: 'nobody has said that the unseal keys are at hand' };
      }
      if (pods?.ok !== true)
        return {
          verdict: 'unknown',
          because: `the pods could not be read: ${pods?.says ?? 'not asked'}`,
        };
      if (exists?.ok !== true)
        return {
          verdict: 'unknown',
          because: `the secret ${unseal.secret} could not be looked for: ${exists?.says ?? 'not asked'}`,
        };
      return judgeSidecar(
        unseal,
        pods.value.filter((p) => p.name !== pod),
        exists.value,
      );
    },
  });
}

type Containers = readonly {
  readonly name: string;
  readonly containers: readonly { readonly name: string; readonly state: string }[];
}[];

function judgeSidecar(
  unseal: Extract<Unseal, { by: 'sidecar' }>,
  others: Containers,
  secretThere: boolean,
): Verdict {
  if (!secretThere) return { verdict: 'fails', because: `the secret ${unseal.secret} is missing` };
  const running = others.filter((p) =>
    p.containers.some((c) => c.name === unseal.container && c.state === 'running'),
  );
  return running.length === 0
    ? { verdict: 'fails', because: `the sidecar ${unseal.container} runs in no other pod` }
    : {
        verdict: 'holds',
        because: `the sidecar ${unseal.container} runs in ${running.map((p) => p.name).join(', ')}, and ${unseal.secret} exists`,
      };
}
