import { randomInt } from 'node:crypto';
import type { Member } from './incident.ts';

/** How often a standby complains: Vault's own backoff gives 4 to 12 lines in a minute. */
const EVERY_MS = 8000;

/** The standbys' logs while their leader hangs: lines about raft calls to it that time out, until stopped (COMMANDS A.4, L3). */
export class Complaints {
  readonly #timer: NodeJS.Timeout;
  #last: Promise<unknown> = Promise.resolve();

  constructor(standbys: readonly Member[], leader: Member) {
    const complain = (): void => {
      this.#last = Promise.all(standbys.map((from) => from.pod.log([complaint(from, leader)])));
    };
    complain();
    this.#timer = setInterval(complain, EVERY_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#last;
  }
}

function complaint(from: Member, leader: Member): string {
  const socket = `${from.stub.address}:${randomInt(32_768, 60_999)}->${leader.stub.address}:8201`;
  const error = `msgpack decode error [pos 0]: read tcp ${socket}: i/o timeout`;
  const target = `{Voter ${leader.name} ${leader.name}.vault-internal:8201}`;
  const said = `failed to make requestVote RPC: target="${target}" error="${error}" term=9`;
  return `${from.node.now().toISOString()} [ERROR] storage.raft: ${said}`;
}
