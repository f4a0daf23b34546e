import type { MakeStep } from '../book.ts';

/** The node under a pod that no signal ends, or that cannot mount its volume: another runbook's work, then back to the start. */
export const node = (step: MakeStep) => ({
  'reset-node': step.call({
    title: 'Repair the NFS client of the node under the pod',
    needs: ['victim'],
    runbook: 'kernel-nfs-reset',
    // Vault is down meanwhile, and its own soak follows: the node's is kept short.
    with: ({ facts: { victim } }) => ({ node: victim.pod.node, soak: '60s' }),
    next: {
      resolved: { to: 'reach-api', atMost: 3, then: 'restless' },
      'not-this-incident': { to: 'node-well' },
      escalate: { to: 'node-left' },
      unsafe: { to: 'node-left' },
      aborted: { to: 'node-left' },
    },
  }),
});
