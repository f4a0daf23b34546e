import { networkInterfaces } from 'node:os';
import { execa } from 'execa';
import type { Undo } from './undo.ts';

const SUBNETS = 250;
const FIRST_NODE = 10;
const FIRST_POD = 100;
const LAST_HOST = 254;

/** A network namespace of one node: its name, and the address of its `eth0`. */
export interface NodeNetwork {
  readonly namespace: string;
  readonly address: string;
  /** The only other node that can reach that address; undefined where everybody can. */
  readonly behind: NodeNetwork | undefined;
  /** The hardware address of `eth0`, in lower case. */
  mac(): Promise<string>;
  /** Gives `eth0` one more address, for a pod of this node. */
  addPodAddress(): Promise<string>;
  /** Pulls or plugs the cable, on the bridge's side. */
  setCable(state: 'plugged' | 'pulled'): Promise<void>;
}

/** A place on the bridge for a guest of QEMU: the tap that it plugs into, and what it has to call itself there. */
export interface GuestPort {
  /** The namespace in which the tap is; QEMU is started there. */
  readonly namespace: string;
  readonly tap: string;
  readonly address: string;
  /** The hardware address, in lower case. */
  readonly mac: string;
}

/**
 * A bridge in a namespace of the suite's own, on a subnet 10.98.N.0/24 with one leg (10.98.N.1)
 * in the namespace of the machine, so that the API server and the product reach nodes and pods.
 * Nothing is routed any further.
 */
export class Network {
  readonly #undo: Undo;
  readonly #subnet: number;
  #nodes = 0;
  #pods = 0;

  private constructor(undo: Undo, subnet: number) {
    this.#undo = undo;
    this.#subnet = subnet;
  }

  /** Takes the first subnet that is free: the name of its leg is the lock among several runs. */
  static async open(undo: Undo): Promise<Network> {
    for (let subnet = 1; subnet <= SUBNETS; subnet += 1) {
      const network = new Network(undo, subnet);
      if (network.#inUse() || !(await network.#claim())) continue;
      await network.#connect();
      return network;
    }
    throw new Error('no free subnet: remove links sre*-leg of runs that are over');
  }

  /** What the names of all links and namespaces of this run begin with. */
  get prefix(): string {
    return `sre${this.#subnet}-`;
  }

  /** The address of the machine itself in this network. */
  get machineAddress(): string {
    return this.#address(1);
  }

  /**
   * Makes the namespace of a node and connects it. `behind` another node its address is on a cable to that one alone:
   * nobody else gets an answer for it, while the addresses of its pods are reached like any.
   */
  async addNode(name: string, behind?: NodeNetwork): Promise<NodeNetwork> {
    const { address, index } = this.takeAddress();
    const namespace = `${this.prefix}${name}`;
    const port = `${this.prefix}p${index}`;
    await this.#addNamespace(namespace);
    const peer = ['peer', 'name', 'eth0', 'netns', namespace];
    await ip('-n', this.#hub, 'link', 'add', port, 'type', 'veth', ...peer);
    await ip('-n', this.#hub, 'link', 'set', port, 'master', 'br0', 'up');
    if (behind === undefined) {
      await ip('-n', namespace, 'address', 'add', `${address}/24`, 'dev', 'eth0');
    } else {
      await hide(namespace, address, behind, `${this.prefix}j${index}`);
    }
    await ip('-n', namespace, 'link', 'set', 'eth0', 'up');
    await ip('-n', namespace, 'link', 'set', 'lo', 'up');
    return {
      namespace,
      address,
      behind,
      mac: async () => {
        const show = ['-n', namespace, '-o', 'link', 'show', 'eth0'];
        const { stdout } = await execa('ip', show);
        return /link\/ether (\S+)/.exec(stdout)?.[1] ?? '';
      },
      addPodAddress: async () => {
        const host = FIRST_POD + this.#pods;
        this.#pods += 1;
        if (host > LAST_HOST) throw new Error('too many pods for one subnet');
        const pod = this.#address(host);
        await ip('-n', namespace, 'address', 'add', `${pod}/24`, 'dev', 'eth0');
        return pod;
      },
      setCable: async (state) => {
        await ip('-n', this.#hub, 'link', 'set', port, state === 'plugged' ? 'up' : 'down');
      },
    };
  }

  /** Makes a tap on the bridge; it goes with the namespace. */
  async addGuest(): Promise<GuestPort> {
    const { address, index } = this.takeAddress();
    const [namespace, tap] = [this.#hub, `${this.prefix}t${index}`];
    await ip('-n', namespace, 'tuntap', 'add', 'dev', tap, 'mode', 'tap');
    await ip('-n', namespace, 'link', 'set', tap, 'master', 'br0', 'up');
    // 52:54:00 is QEMU's own prefix.
    const mac = ['52', '54', '00', '62', hex(this.#subnet), hex(index)].join(':');
    return { namespace, tap, address, mac };
  }

  /** The next address for a node or a guest, for one that makes its interface itself. */
  takeAddress(): { readonly address: string; readonly index: number } {
    const index = FIRST_NODE + this.#nodes;
    this.#nodes += 1;
    if (index >= FIRST_POD) throw new Error('too many nodes for one subnet');
    return { address: this.#address(index), index };
  }

  get #hub(): string {
    return `${this.prefix}hub`;
  }

  get #leg(): string {
    return `${this.prefix}leg`;
  }

  #address(host: number): string {
    return `10.98.${this.#subnet}.${host}`;
  }

  #inUse(): boolean {
    const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    return addresses.some(({ address }) => address.startsWith(this.#address(0).slice(0, -1)));
  }

  async #claim(): Promise<boolean> {
    const peer = ['peer', 'name', `${this.prefix}hub`];
    const args = ['link', 'add', this.#leg, 'type', 'veth', ...peer];
    const { exitCode, stderr } = await execa('ip', args, { reject: false });
    if (exitCode !== 0 && !stderr.includes('File exists')) throw new Error(`ip: ${stderr}`);
    if (exitCode === 0) this.#undo.remember({ kind: 'link', name: this.#leg });
    return exitCode === 0;
  }

  async #connect(): Promise<void> {
    await this.#addNamespace(this.#hub);
    await ip('-n', this.#hub, 'link', 'add', 'br0', 'type', 'bridge');
    await ip('-n', this.#hub, 'link', 'set', 'br0', 'up');
    await ip('link', 'set', `${this.prefix}hub`, 'netns', this.#hub);
    await ip('-n', this.#hub, 'link', 'set', `${this.prefix}hub`, 'master', 'br0', 'up');
    await ip('address', 'add', `${this.machineAddress}/24`, 'dev', this.#leg);
    await ip('link', 'set', this.#leg, 'up');
  }

  async #addNamespace(name: string): Promise<void> {
    this.#undo.remember({ kind: 'namespace', name });
    await ip('netns', 'add', name);
  }
}

/** Puts an address on a cable of its own, `eth1`, whose other end `end` is in the namespace of `jump`. */
async function hide(
  namespace: string,
  address: string,
  jump: NodeNetwork,
  end: string,
): Promise<void> {
  const peer = ['peer', 'name', 'eth1', 'netns', namespace];
  await ip('-n', jump.namespace, 'link', 'add', end, 'type', 'veth', ...peer);
  await ip('-n', jump.namespace, 'link', 'set', end, 'up');
  await ip('-n', jump.namespace, 'route', 'add', `${address}/32`, 'dev', end);
  await ip('-n', namespace, 'address', 'add', `${address}/32`, 'dev', 'eth1');
  await ip('-n', namespace, 'link', 'set', 'eth1', 'up');
  await ip('-n', namespace, 'route', 'add', `${jump.address}/32`, 'dev', 'eth1');
  // A Linux host answers ARP for any address it has, on whichever cable: here only for those of that cable.
  const ignore = 'echo 1 > /proc/sys/net/ipv4/conf/eth0/arp_ignore';
  await ip('netns', 'exec', namespace, 'sh', '-c', ignore);
}

const hex = (byte: number): string => byte.toString(16).padStart(2, '0');

async function ip(...args: readonly string[]): Promise<void> {
  await execa('ip', args);
}
