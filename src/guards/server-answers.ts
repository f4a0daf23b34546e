import { guard } from '../runbook/runbook.ts';
import type { Site } from '../runbook/site.ts';
import type { Guard, Verdict } from '../runbook/step.ts';
import { askServer } from '../tools/nfs/answer.ts';

/**
 * Refuses while the NFS server does not answer a NULL call from a healthy node: the server's fault resets nothing (COMMANDS
 * B.6, B.7). `showmount` and `rpcinfo -p` stay green with a dead nfsd, so neither is asked.
 */
export function serverAnswers(site: Site, from: string): Guard {
  const server = site.nfs?.server;
  return guard({
    name: 'NFS server answers',
    observe: { answer: server === undefined ? undefined : askServer(from, server) },
    judge: ({ answer }): Verdict => {
      if (answer === undefined)
        return { verdict: 'unknown', because: 'the inventory names no NFS server' };
      if (!answer.ok)
        return {
          verdict: 'unknown',
          because: `it could not be asked from ${from}: ${answer.says}`,
        };
      const { tcp, rpc } = answer.value;
      switch (rpc) {
        case 'answers':
          return { verdict: 'holds', because: `it answers a NULL call from ${from}` };
        case 'unknown':
          return { verdict: 'unknown', because: `${from} has nothing to ask it with` };
        case 'silent':
        case 'not-registered':
        case 'refused':
          return { verdict: 'fails', because: `from ${from}: TCP ${tcp}, RPC ${rpc}` };
      }
    },
  });
}
