import type { MakeStep } from '../book.ts';

/** Every way this runbook ends, with what a person does next. */
export const ends = (step: MakeStep) => ({
  resolved: step.end({
    title: 'Vault is back: one active pod, every voter functional, for the whole soak',
    result: 'resolved',
    left: () => [],
  }),
  operational: step.end({
    title: 'Vault works, and is not finished: a voter is missing',
    result: 'escalate',
    left: () => [
      'Vault answers with fewer functional voters than it has: one more loss ends it. Repair the missing voter, then start this runbook again.',
    ],
  }),
  healthy: step.end({
    title: 'Vault is well: this is not the incident',
    result: 'not-this-incident',
    left: () => [],
  }),
  'way-in': step.end({
    title: 'Vault is well inside; the way to it is not',
    result: 'not-this-incident',
    left: () => ['Look at the tunnel, the ingress and the load balancer: Vault itself answers.'],
  }),
  slow: step.end({
    title: 'The leader is slow, and it works: nothing was touched',
    result: 'not-this-incident',
    left: () => [
      'A slow leader is not removed. Look at its storage and its node: I/O wait, NFS latency, memory limit.',
    ],
  }),
  sealed: step.end({
    title: 'Vault is sealed: nothing was touched',
    result: 'not-this-incident',
    left: () => [
      'Unseal it: look at the auto-unseal sidecar and its secret, or bring the key shares. A deletion does not unseal.',
    ],
  }),
  'failed-member': step.end({
    title: 'Vault works without one of its members: a failed member is left',
    result: 'escalate',
    needs: ['member'],
    left: ({ facts: { member } }) => [
      `${member.name} on ${member.node === '' ? 'no node' : member.node} does not answer, and Vault works without it. Look at its process and its node (frozen, out of memory, cut off); it is not a leader to remove.`,
    ],
  }),
  suspect: step.end({
    title: 'The leader is suspect, and it is not proven stuck',
    result: 'escalate',
    left: () => [
      "Name a token file in the inventory (vault.tokenFile) so that a canary write can settle it, or look at the leader's node by hand.",
    ],
  }),
  'no-leader': step.end({
    title: 'Nobody leads, and no deletion helps',
    result: 'escalate',
    left: () => [
      "Look at the raft peers: addresses in DNS, network policies, TLS on port 8201, and each pod's log for candidate loops.",
    ],
  }),
  dark: step.end({
    title: 'Nobody can reach the pods: the network is the first suspect',
    result: 'escalate',
    left: () => [
      'Look at the pod network (CNI pods on the nodes, routes, policies) before Vault: of Vault nothing is known.',
    ],
  }),
  unclear: step.end({
    title: 'What was seen does not decide',
    result: 'escalate',
    left: () => [
      'Read the evidence in the journal; nothing was proven, and nothing may be deleted on a guess.',
    ],
  }),
  restless: step.end({
    title: 'The cluster keeps changing under the evidence',
    result: 'escalate',
    left: () => [
      'Pods or leaders change faster than evidence can be gathered. Find out who or what is acting, then start again.',
    ],
  }),
  'no-vault': step.end({
    title: 'There are no Vault pods where the inventory says',
    result: 'escalate',
    left: () => ['Check vault.namespace and vault.selector in the inventory, and the StatefulSet.'],
  }),
  'no-api': step.end({
    title: 'The API server does not answer',
    result: 'escalate',
    left: () => [
      'Without the API nothing can be deleted safely. Look at the control plane first: kube-apiserver and etcd on its node.',
    ],
  }),
  'no-rights': step.end({
    title: 'The API server answers, and your identity may not look at Vault',
    result: 'escalate',
    left: ({ site: { cluster, vault } }) => [
      `Start again with an identity that may (cluster.context and cluster.kubeconfig in the inventory). What this one may: kubectl --context ${cluster.context} auth can-i --list -n ${vault.namespace}`,
    ],
  }),
  'quorum-first': step.end({
    title: 'Removing it would cost the quorum',
    result: 'escalate',
    left: () => [
      'Repair another voter first: the evidence names the missing one and why it does not count.',
    ],
  }),
  'no-unseal-path': step.end({
    title: 'A pod that is deleted now would come back sealed',
    result: 'escalate',
    left: () => [
      'Bring the unseal path back first: the sidecar in another pod and its secret, the KMS, or people with the key shares.',
    ],
  }),
  blocked: step.end({
    title: 'A guard does not hold: nothing further was done',
    result: 'unsafe',
    left: () => [
      'See which guard and why; mend that, or decide with a second person, then start again.',
    ],
  }),
  'left-alone': step.end({
    title: 'Declined: the pod was left alone',
    result: 'escalate',
    needs: ['victim'],
    left: ({ facts: { victim } }) => [
      `${victim.pod.name} still stands in the way: ${victim.because}.`,
    ],
  }),
  'left-hanging': step.end({
    title: 'Declined: the pod is left terminating',
    result: 'escalate',
    needs: ['victim'],
    left: ({ facts: { victim } }) => [
      `${victim.pod.name} (uid ${victim.pod.uid}) is being deleted and does not go away; ${victim.pod.node} holds it.`,
    ],
  }),
  'still-there': step.end({
    title: 'The old pod does not go away',
    result: 'escalate',
    needs: ['victim'],
    left: ({ facts: { victim } }) => [
      `A process or a lock of ${victim.pod.name} (uid ${victim.pod.uid}) is alive on ${victim.pod.node}; forcing it now would make two writers.`,
    ],
  }),
  'not-deleted': step.end({
    title: 'The API server did not take the deletion',
    result: 'escalate',
    needs: ['victim'],
    left: ({ facts: { victim } }) => [
      `${victim.pod.name} (uid ${victim.pod.uid}) is not being deleted: see what the API server answered in the journal (rights, admission).`,
    ],
  }),
  blind: step.end({
    title: 'The node cannot be looked at',
    result: 'escalate',
    needs: ['victim'],
    left: ({ facts: { victim } }) => [
      `What holds ${victim.pod.name} on ${victim.pod.node} is unknown; an unknown is not forced. Get a root shell or a console there.`,
    ],
  }),
  'node-left': step.end({
    title: 'The node under the pod is not repaired',
    result: 'escalate',
    needs: ['victim'],
    left: ({ facts: { victim } }) => [
      `${victim.pod.name} waits for ${victim.pod.node === '' ? 'a node' : victim.pod.node}: something there dies by no signal, or its NFS client cannot mount. When that is mended, start this runbook again: it finds what is left.`,
    ],
  }),
  'node-well': step.end({
    title: "The node's NFS client works: the pod hangs for another reason",
    result: 'escalate',
    needs: ['victim'],
    left: ({ facts: { victim } }) => [
      `${victim.pod.name} (uid ${victim.pod.uid}) on ${victim.pod.node}: see its events, and what the kernel-nfs-reset part of this run has measured there.`,
    ],
  }),
  'not-up': step.end({
    title: 'The new pod does not come up',
    result: 'escalate',
    needs: ['victim'],
    left: ({ facts: { victim } }) => [
      `${victim.pod.name} was deleted and does not come up again: see its events and its node.`,
    ],
  }),
  audit: step.end({
    title: 'Storage under the active pod fails: its audit log cannot be written',
    result: 'escalate',
    left: () => [
      'Vault refuses requests that it cannot audit. Look at the audit volume of that pod and at its node; it will regress until that is mended.',
    ],
  }),
  regressed: step.end({
    title: 'It was back, and fell back',
    result: 'escalate',
    left: () => [
      'The first 200 did not last. The evidence says what failed; mend that before the next deletion.',
    ],
  }),
});
