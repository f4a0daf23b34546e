import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlPlane } from '../harness/control-plane.ts';
import { until } from '../harness/until.ts';
import { vaultLabels } from '../incident/objects.ts';
import type { Member } from './members.ts';

const EVERY_MS = 1000;

/**
 * Plays what Vault does itself where it may ask the API: it writes on its own pod whether it is active
 * (serviceregistration/kubernetes). One that cannot, or says nothing any more, leaves there what it wrote last.
 */
export class Registration {
  readonly #plane: ControlPlane;
  readonly #members: readonly Member[];
  readonly #over = new AbortController();
  #running: Promise<void> = Promise.resolve();

  private constructor(plane: ControlPlane, members: readonly Member[]) {
    this.#plane = plane;
    this.#members = members;
  }

  /** Close it before the undo is. */
  static start(plane: ControlPlane, members: readonly Member[]): Registration {
    const it = new Registration(plane, members);
    it.#running = it.#run();
    // It is told when it is closed.
    it.#running.catch(() => undefined);
    return it;
  }

  /** Waits until one pod says that it is active, and the active Service has that one behind it. */
  async settled(): Promise<void> {
    await until('the active Service has one endpoint', { seconds: 60, everyMs: 500 }, async () => {
      const selector = encodeURIComponent('kubernetes.io/service-name=vault-active');
      const path = `/apis/discovery.k8s.io/v1/namespaces/vault/endpointslices?labelSelector=${selector}`;
      const { items } = await this.#plane.api.call<{ items: readonly Slice[] }>(path);
      const behind = items.flatMap(({ endpoints }) => endpoints ?? []);
      const [only] = behind;
      if (only === undefined || behind.length > 1) return false;
      const active = this.#members.find(({ vault }) => vault.address === only.addresses[0]);
      return (await active?.vault.get('sys/health'))?.code === 200;
    });
  }

  /** Stops it. Rejects with what went wrong meanwhile. */
  async close(): Promise<void> {
    this.#over.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#over;
    while (!signal.aborted) {
      // oxlint-disable-next-line no-await-in-loop -- one round after the other
      await Promise.all(this.#members.map((it) => this.#register(it)));
      // oxlint-disable-next-line no-await-in-loop
      await sleep(EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #register({ name, vault }: Member): Promise<void> {
    const said = (await vault.get('sys/health'))?.code;
    if (said !== 200 && said !== 429) return;
    const answer = await this.#plane.controllersApi.ask(`/api/v1/namespaces/vault/pods/${name}`, {
      method: 'PATCH',
      contentType: 'application/merge-patch+json',
      body: { metadata: { labels: vaultLabels(said === 200) } },
    });
    // It may have been deleted meanwhile.
    if (answer.code !== 200 && answer.code !== 404)
      throw new Error(`labels of ${name}: ${answer.code}`);
  }
}

interface Slice {
  readonly endpoints?: readonly { readonly addresses: readonly string[] }[];
}
