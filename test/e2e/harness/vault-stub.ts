import type { LabNode } from './lab-node.ts';
import { Steered } from './steered.ts';
import { STANDBY, type VaultState } from './vault-state.ts';

/**
 * A fake Vault pod: an HTTP server on port 8200 of a pod address of a node. It answers what needs no token, and has neither
 * raft nor storage: what its peers say of one another is up to who sets their states.
 */
export class VaultStub {
  readonly address: string;
  readonly #server: Steered<VaultState>;
  #state: VaultState = STANDBY;

  private constructor(address: string, server: Steered<VaultState>) {
    this.address = address;
    this.#server = server;
  }

  /** Starts it on an address of the node (see `addPodAddress`), as a standby that knows no leader. */
  static async start(node: LabNode, address: string): Promise<VaultStub> {
    return new VaultStub(address, await Steered.start(node, 'vault-server.ts', [address]));
  }

  /** The address under which Vault's pods name it. */
  get apiAddress(): string {
    return `http://${this.address}:8200`;
  }

  /** Changes some of its state; resolves once it behaves so. */
  async become(change: Partial<VaultState>): Promise<void> {
    this.#state = { ...this.#state, ...change };
    await this.#server.become(this.#state);
  }

  /** Ends the process; its port then refuses connections. */
  async stop(): Promise<void> {
    await this.#server.stop();
  }
}
