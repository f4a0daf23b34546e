import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { LabNode } from './lab-node.ts';
import { STANDBY, type VaultState } from './vault-state.ts';

/**
 * A fake Vault pod: an HTTP server on port 8200 of a pod address, inside the network and PID
 * namespaces of a node, so that it dies with the node. It answers what needs no token, and has
 * neither raft nor storage: what its peers say of one another is up to who sets their states.
 */
export class VaultStub {
  readonly address: string;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #acknowledgements: Interface;
  #state: VaultState = STANDBY;

  private constructor(address: string, child: ChildProcessByStdio<Writable, Readable, null>) {
    this.address = address;
    this.#child = child;
    this.#acknowledgements = createInterface({ input: child.stdout });
  }

  /** Starts it on an address of the node (see `addPodAddress`), as a standby that knows no leader. */
  static async start(node: LabNode, address: string): Promise<VaultStub> {
    const server = [process.execPath, join(import.meta.dirname, 'vault-server.ts'), address];
    const child = spawn('nsenter', ['-t', String(node.init), '-n', '-p', ...server], {
      detached: true,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.stdin.on('error', () => undefined);
    const stub = new VaultStub(address, child);
    await stub.#acknowledged();
    return stub;
  }

  /** The address under which Vault's pods name it. */
  get apiAddress(): string {
    return `http://${this.address}:8200`;
  }

  /** Changes some of its state; resolves once it behaves so. */
  async become(change: Partial<VaultState>): Promise<void> {
    this.#state = { ...this.#state, ...change };
    this.#child.stdin.write(`${JSON.stringify(this.#state)}\n`);
    await this.#acknowledged();
  }

  /** Ends the process; its port then refuses connections. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.stdin.end();
    await exited;
  }

  async #acknowledged(): Promise<void> {
    const waiting = new AbortController();
    const { signal } = waiting;
    try {
      const answer = once(this.#acknowledgements, 'line', { signal });
      const end = once(this.#child, 'exit', { signal }).then(() => {
        throw new Error(`the fake Vault at ${this.address} ended`);
      });
      await Promise.race([answer, end]);
    } finally {
      waiting.abort();
    }
  }
}
