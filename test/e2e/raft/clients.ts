import { setTimeout as sleep } from 'node:timers/promises';
import type { Raft } from './raft.ts';

/** Clients of Vault, as a cluster has them. */
export interface Clients {
  /** Ends them, once the last has its answer. */
  readonly stop: () => Promise<void>;
}

/** Clients that read and write through every member, each a second after its last answer, until they are stopped. */
export function clientsThatWait({
  members,
  rootToken,
}: Pick<Raft, 'members' | 'rootToken'>): Clients {
  const over = new AbortController();
  const work = members.map(async ({ name, vault }) => {
    for (let count = 0; !over.signal.aborted; count += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one client asks one thing at a time
      await vault.put(`cubbyhole/${name}`, { count }, rootToken);
      // oxlint-disable-next-line no-await-in-loop
      await vault.get(`cubbyhole/${name}`, rootToken);
      // oxlint-disable-next-line no-await-in-loop
      await sleep(1000);
    }
  });
  return {
    stop: async () => {
      over.abort();
      await Promise.all(work);
    },
  };
}
