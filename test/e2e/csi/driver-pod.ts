import type { KubeObject } from '../harness/kube-object.ts';
import type { LabNode } from '../harness/lab-node.ts';
import { addPod, type NodePod } from '../harness/node-pods.ts';
import { layPodSandbox } from '../harness/node-sandboxes.ts';
import type { NodeTask, Port } from '../harness/node-task.ts';
import { DRIVER_CONTAINERS } from './objects.ts';

/** How the processes of the driver's containers are called. */
const COMMS: Readonly<Record<string, string>> = {
  'liveness-probe': 'livenessprobe',
  // Of csi-node-driver-registrar the kernel keeps 15 characters.
  'node-driver-registrar': 'csi-node-driver',
  nfs: 'nfsplugin',
};

/** A kubelet's longest back-off, which a container has that has crashed for hours. */
const BACK_OFF_MS = 5 * 60_000;

/** A container that ended, and what it said last. */
interface Crash {
  readonly message: string;
  readonly at: Date;
}

interface Container {
  readonly name: string;
  readonly listens: readonly Port[];
  restarts: number;
  running: { readonly pod: NodePod; readonly since: Date } | undefined;
  crash: Crash | undefined;
  /** Milliseconds since 1970, UTC. */
  tryAt: number;
}

/**
 * A pod of the driver on its node. Real: a process for each container, which binds the port of its arguments in the network of
 * the node, and dies of one that is taken. Played: the words of Go for that, and the kubelet's back-off.
 */
export class DriverPod {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly #node: LabNode;
  readonly #startTime = instant(new Date());
  readonly #containers: readonly Container[];

  constructor(node: LabNode, { metadata }: KubeObject) {
    this.#node = node;
    this.uid = metadata.uid ?? '';
    this.namespace = metadata.namespace ?? '';
    this.name = metadata.name;
    this.#containers = DRIVER_CONTAINERS.map(({ name, args }) => {
      const listens = args.flatMap(portOf);
      return { name, listens, restarts: 0, running: undefined, crash: undefined, tryAt: 0 };
    });
  }

  /** Whether every container runs. */
  get runs(): boolean {
    return this.#containers.every(({ running }) => running !== undefined);
  }

  /** A container's process and log, while it runs; throws where it does not. */
  process(container: string): NodePod {
    const { running } = this.#named(container);
    if (running === undefined) throw new Error(`${container} of ${this.name} does not run`);
    return running.pod;
  }

  /** What ended is started again, at once or when its back-off is over. Tells whether anything changed. */
  async look(): Promise<boolean> {
    let changed = false;
    for (const it of this.#containers) {
      if (it.running !== undefined && !(await isAlive(it.running.pod.task))) {
        it.running = undefined;
        it.restarts += 1;
        it.tryAt = 0;
        changed = true;
      }
      if (it.running === undefined && Date.now() >= it.tryAt) {
        await this.#start(it);
        changed = true;
      }
    }
    if (changed) await this.#laySandbox();
    return changed;
  }

  /** The back-off of what has crashed is over. */
  retry(): void {
    for (const it of this.#containers) it.tryAt = 0;
  }

  /** So often has each container that does not run been started before. */
  haveCrashed(restarts: number): void {
    for (const it of this.#containers) if (it.running === undefined) it.restarts = restarts;
  }

  /** Ends its processes; its sandbox and its logs go. */
  async end(): Promise<void> {
    for (const { running } of this.#containers) await running?.pod.remove();
    const { id } = await layPodSandbox(this.#node, this, {});
    await this.#node.run(`rm -rf /var/lib/crictl-e2e/${id}`);
  }

  /** The status that its kubelet reports. */
  status(): object {
    return {
      phase: 'Running',
      startTime: this.#startTime,
      hostIP: this.#node.address,
      podIP: this.#node.address,
      podIPs: [{ ip: this.#node.address }],
      conditions: [
        condition('PodScheduled', true),
        condition('Initialized', true),
        condition('ContainersReady', this.runs),
        condition('Ready', this.runs),
      ],
      containerStatuses: this.#containers.map(statusOf),
    };
  }

  async #start(it: Container): Promise<void> {
    const { name: container, listens } = it;
    const { uid, namespace, name } = this;
    const comm = COMMS[container] ?? container;
    const spec = { uid, namespace, name, container, comm, commandLine: `/${comm}`, listens };
    try {
      const pod = await addPod(this.#node, spec);
      it.running = { pod, since: new Date() };
    } catch (error) {
      const taken = /bind tcp:([\d.]+:\d+): Address already in use/.exec(String(error));
      if (taken === null) throw error;
      const message = `listen tcp ${taken[1]}: bind: address already in use`;
      it.crash = { message, at: new Date() };
      it.restarts += 1;
      it.tryAt = Date.now() + BACK_OFF_MS;
      const line = `${new Date().toISOString()} stderr F ${message}\n`;
      await this.#node.write(`/var/log/pods/${namespace}_${name}_${uid}/${container}/0.log`, line);
    }
  }

  async #laySandbox(): Promise<void> {
    const tasks = this.#containers.flatMap(({ name, running }) =>
      running === undefined ? [] : [[name, running.pod.task] as const],
    );
    await layPodSandbox(this.#node, this, Object.fromEntries(tasks));
  }

  #named(container: string): Container {
    const found = this.#containers.find(({ name }) => name === container);
    if (found === undefined) throw new Error(`the driver has no container ${container}`);
    return found;
  }
}

const condition = (type: string, holds: boolean): object => ({
  type,
  status: holds ? 'True' : 'False',
  lastTransitionTime: instant(new Date()),
});

/** A zombie is no running container. */
async function isAlive(task: NodeTask): Promise<boolean> {
  const state = await task.state();
  return state !== undefined && state !== 'Z';
}

function portOf(argument: string): readonly Port[] {
  const [, port] = /^--http-endpoint=localhost:(\d+)$/.exec(argument) ?? [];
  return port === undefined ? [] : [{ protocol: 'tcp', address: '127.0.0.1', port: Number(port) }];
}

function statusOf({ name, restarts, running, crash }: Container): object {
  const lastState =
    crash === undefined
      ? {}
      : {
          terminated: {
            exitCode: 1,
            reason: 'Error',
            message: crash.message,
            startedAt: instant(crash.at),
            finishedAt: instant(crash.at),
          },
        };
  const back = { reason: 'CrashLoopBackOff', message: 'back-off 5m0s restarting failed container' };
  return {
    name,
    image: `registry.invalid/${name}:1`,
    imageID: '',
    ready: running !== undefined,
    started: running !== undefined,
    restartCount: restarts,
    state:
      running === undefined
        ? { waiting: back }
        : { running: { startedAt: instant(running.since) } },
    lastState,
  };
}

/** A moment as the API writes it: whole seconds. */
export const instant = (date: Date): string => date.toISOString().replace(/\.\d+Z$/, 'Z');
