import type { Performer } from '../engine/ports.ts';
import { discoverNodes, siteWith, sourceInWords } from '../inventory/discovery.ts';
import type { Inventory } from '../inventory/inventory.ts';
import { loadInventory } from '../inventory/load.ts';
import { machinesOf } from '../inventory/machines.ts';
import { knownSecrets, secretsOf } from '../inventory/secrets.ts';
import { observe } from '../runbook/observation.ts';
import { SreError } from '../runbook/sre-error.ts';
import { contextExists } from '../tools/kubectl/context.ts';
import { local } from '../transport/local.ts';
import { route } from '../transport/route.ts';
import { ssh } from '../transport/ssh.ts';
import { realClock } from './clock.ts';
import type { Place } from './place.ts';

export interface LiveOptions {
  readonly inventory: string | undefined;
  readonly sshConfig: string | undefined;
  readonly home: string;
  /** `--manual`: takes the place of every transport once the place is known. */
  readonly manual: boolean;
  readonly signal: AbortSignal;
}

const warn = (sentence: string): void => void process.stderr.write(`sre: ${sentence}\n`);

/** The cluster of the inventory: its nodes found, the way to them open, and nothing about it assumed. */
export async function livePlace(options: LiveOptions): Promise<Place> {
  const inventory = await loadInventory({
    given: options.inventory,
    cwd: process.cwd(),
    env: process.env,
  });
  const secrets = secretsOf(inventory, warn);
  const here = local({ secrets });
  if (!options.manual) await refuseWrongKubeconfig(inventory, here, options.signal);
  const found = await discoverNodes(inventory, {
    performer: here,
    now: realClock.now,
    stateHome: options.home,
    signal: options.signal,
  });
  const site = siteWith(inventory, found);
  const known = await knownSecrets(inventory);
  const far = ssh({
    address: machinesOf(inventory, site),
    secrets,
    configFile: options.sshConfig ?? inventory.ssh.config,
  });
  return {
    mode: 'live',
    site,
    inventory: inventory.digest,
    performer: route({ local: here, far }),
    clock: realClock,
    secrets: known.values,
    notes: [sourceInWords(found), ...found.warnings, ...known.warnings],
    close: () => far.close(),
  };
}

/** What is wrong on this machine is said before the run: it is no word about the cluster. */
async function refuseWrongKubeconfig(
  inventory: Inventory,
  here: Performer,
  signal: AbortSignal,
): Promise<void> {
  const command = contextExists(inventory.site.cluster);
  const seen = observe(command, await here.perform(command, signal), realClock.now());
  const { context, kubeconfig } = inventory.site.cluster;
  if (!seen.ok) {
    throw new SreError('kubectl-unusable', seen.says, { source: 'operator' });
  }
  if (!seen.value) {
    throw new SreError('no-context', `the kubeconfig has no context '${context}'`, {
      source: 'operator',
      hint: `See \`kubectl${kubeconfig === undefined ? '' : ` --kubeconfig ${kubeconfig}`} config get-contexts\`, and set cluster.context (and cluster.kubeconfig) in ${inventory.file}.`,
    });
  }
}
