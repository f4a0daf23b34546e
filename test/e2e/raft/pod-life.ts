import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlPlane } from '../harness/control-plane.ts';
import type { KubeObject } from '../harness/kube-object.ts';
import { PodKubelet } from '../harness/pod-kubelet.ts';
import { until } from '../harness/until.ts';
import type { Member } from './members.ts';

const EVERY_MS = 1000;

/**
 * What the suite plays of the life of Vault's pods: their kubelets, and the sidecar that unseals. A pod that is bound to a
 * node becomes a real Vault there; one that is deleted goes when no thread of its Vault is left.
 */
export class PodLife {
  readonly #plane: ControlPlane;
  readonly #members: readonly Member[];
  readonly #kubelet: PodKubelet;
  readonly #over = new AbortController();
  /** When a terminating pod's process was asked to end, by the UID of the pod. */
  readonly #asked = new Map<string, number>();
  #key: string | undefined;
  #running: Promise<void> = Promise.resolve();

  private constructor(plane: ControlPlane, members: readonly Member[]) {
    this.#plane = plane;
    this.#members = members;
    this.#kubelet = new PodKubelet(plane.controllersApi);
  }

  /** Close it before the undo is. */
  static start(plane: ControlPlane, members: readonly Member[]): PodLife {
    const it = new PodLife(plane, members);
    it.#running = it.#run();
    // It is told when it is closed.
    it.#running.catch(() => undefined);
    return it;
  }

  /** From now on a pod that starts is unsealed, as by the sidecar of the incident. */
  unsealWith(key: string): void {
    this.#key = key;
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
      await this.#round();
      // oxlint-disable-next-line no-await-in-loop
      await sleep(EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #round(): Promise<void> {
    const path = '/api/v1/namespaces/vault/pods';
    const { items } = await this.#plane.controllersApi.call<{ items: readonly Pod[] }>(path);
    await Promise.all(
      this.#members.map(async (member) => {
        const pod = items.find(({ metadata: { name } }) => name === member.name);
        if (pod === undefined) return;
        if (pod.metadata.deletionTimestamp !== undefined) await this.#end(member, pod);
        else if (pod.status.phase === 'Pending' && pod.spec.nodeName !== undefined)
          await this.#start(member, pod);
      }),
    );
  }

  async #start({ name, vault, node }: Member, { metadata, spec }: Pod): Promise<void> {
    if (spec.nodeName !== node.name)
      throw new Error(`${name} is bound to ${spec.nodeName}, and its disk is on ${node.name}`);
    // Whatever was in the way to the pod before it was in the way to that pod.
    await vault.wayIn({});
    await vault.launch(metadata.uid ?? '');
    await this.#kubelet.setRunning({ namespace: 'vault', name }, { podIp: vault.address });
    const key = this.#key;
    if (key === undefined) return;
    await until(`${name} is unsealed`, { seconds: 60, everyMs: 500 }, async () => {
      return (await vault.put('sys/unseal', { key }))?.body['sealed'] === false;
    });
  }

  /** SIGTERM, and SIGKILL once the grace is over; the pod goes when no thread is left. */
  async #end({ name, vault }: Member, { metadata }: Pod): Promise<void> {
    const { uid = '', deletionGracePeriodSeconds = 30 } = metadata;
    if (await vault.isThere()) {
      const asked = this.#asked.get(uid);
      this.#asked.set(uid, asked ?? Date.now());
      if (asked === undefined) await vault.signal('TERM');
      else if (Date.now() - asked > deletionGracePeriodSeconds * 1000) await vault.signal('KILL');
    }
    if (!(await vault.isThere())) await this.#kubelet.remove({ namespace: 'vault', name });
  }
}

interface Pod extends KubeObject {
  readonly metadata: KubeObject['metadata'] & { readonly deletionGracePeriodSeconds?: number };
  readonly spec: { readonly nodeName?: string };
  readonly status: { readonly phase?: string };
}
