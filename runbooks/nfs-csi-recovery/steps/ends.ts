import type { MakeStep } from '../book.ts';
import { few, path } from '../judge/pods.ts';

const ALERTS = "The driver's alerts are not read here: see that they clear within ten minutes.";

/** Every way this runbook ends, with what a person does next. */
export const ends = (step: MakeStep) => ({
  resolved: step.end({
    title: 'The driver is registered on every node, mounts work, and all of it stayed so',
    result: 'resolved',
    needs: ['remarks'],
    left: ({ facts: { remarks } }) => [...remarks, ALERTS],
  }),
  untried: step.end({
    title: 'The driver is back everywhere, and no test mount proved it',
    result: 'escalate',
    needs: ['repaired', 'remarks'],
    left: ({ facts: { repaired, remarks } }) => [
      ...remarks,
      `No test mount was made (${few(repaired.filter((r) => r.mount === 'not tried').map((r) => r.node))}): name an export in the inventory (nfs.export) and start again, or mount one by hand on each node.`,
    ],
  }),
  healthy: step.end({
    title:
      'The driver is registered everywhere, and nobody waits for NFS: this is not the incident',
    result: 'not-this-incident',
    left: () => [],
  }),
  'no-entry': step.end({
    title: 'The server has no such directory: no driver mends that',
    result: 'escalate',
    needs: ['remarks'],
    left: ({ facts: { remarks } }) => [
      ...remarks,
      'One path: make that directory on the NFS server. Many paths at once: look for fsid=0 in its exports, which moves every path.',
    ],
  }),
  'no-driver': step.end({
    title: 'There are no pods of the driver where the inventory says',
    result: 'escalate',
    left: ({ site: { csi } }) => [
      `Check csi.namespace and csi.nodeSelector in the inventory, and DaemonSet ${csi.daemonSet} in ${csi.namespace}.`,
    ],
  }),
  'no-api': step.end({
    title: 'The API server does not answer',
    result: 'escalate',
    left: () => [
      'Without the API no orphan can be told from a live pod. Look at the control plane first: kube-apiserver and etcd on its node.',
    ],
  }),
  'no-rights': step.end({
    title: 'The API server answers, and your identity may not look at the driver',
    result: 'escalate',
    left: ({ site: { cluster, csi } }) => [
      `Start again with an identity that may (cluster.context and cluster.kubeconfig in the inventory). What this one may: kubectl --context ${cluster.context} auth can-i --list -n ${csi.namespace}`,
    ],
  }),
  'server-down': step.end({
    title: 'The NFS server does not answer: no node is at fault',
    result: 'escalate',
    left: ({ site: { nfs } }) => [
      `Look at ${nfs?.server ?? 'the NFS server'} itself and the way to it: nfsd threads, exports, firewall. Never restart nfs-server on a whim: mounts of every node go stale with it.`,
    ],
  }),
  'server-busy': step.end({
    title: 'The NFS server is saturated: what hangs now proves nothing',
    result: 'escalate',
    left: () => [
      'Find the heavy reader on the NFS server and let it end; then start again. More nfsd threads do not help.',
    ],
  }),
  'server-unknown': step.end({
    title: 'Whether the NFS server is well could not be found out',
    result: 'escalate',
    left: () => [
      'Two nodes must get an answer to a NULL call before any node is touched: check nfs.server in the inventory and the way in to the nodes.',
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
    title: 'The cluster keeps changing under the repair',
    result: 'escalate',
    left: () => [
      'Nodes or pods change faster than they are repaired. Find out who or what is acting, then start again: it begins where this run stops.',
    ],
  }),
  'control-lost': step.end({
    title: 'The healthy node that was left alone has fallen ill too',
    result: 'escalate',
    left: () => [
      'Something breaks nodes faster than they are repaired, and it is not a port on each. Look for what they have in common: the chart, containerd, the network, the NFS server.',
    ],
  }),
  'control-fails': step.end({
    title: 'The healthy node that was left alone would have to be handed over itself',
    result: 'escalate',
    needs: ['patient', 'repaired'],
    left: ({ facts: { patient, repaired } }) => [
      `The control node itself fails (${patient.node}: ${patient.because}): nothing healthy is left to compare with; start anew, and another node is chosen as control. Repaired so far: ${few(repaired.map((r) => r.node))}.`,
    ],
  }),
  absent: step.end({
    title: 'A node has no pod of the driver, and should have one',
    result: 'escalate',
    left: ({ site: { csi } }) => [
      `See why DaemonSet ${csi.daemonSet} in ${csi.namespace} makes none there: its events, taints, and the room on that node.`,
    ],
  }),
  'none-found': step.end({
    title: 'There is no controller, or no speaker, where the inventory says',
    result: 'escalate',
    left: ({ site: { csi, speakers } }) => [
      `Either a selector in sre.yaml is wrong, or none exists: csi.controllerSelector (${csi.controllerSelector} in ${csi.namespace}) against Deployment ${csi.deployment}, and its replicas${speakers === undefined ? '' : `; speakers.selector (${speakers.selector} in ${speakers.namespace}) against their DaemonSet`}.`,
    ],
  }),
  unplaced: step.end({
    title: 'A pod has no node to run on',
    result: 'escalate',
    left: ({ site: { csi } }) => [
      `See its events, which say why no node suits it: taints, affinity, ports taken, or no room. The controllers are those of Deployment ${csi.deployment} in ${csi.namespace}.`,
    ],
  }),
  'not-coming': step.end({
    title: 'A pod is made anew again and again, and does not come up',
    result: 'escalate',
    left: ({ site: { csi } }) => [
      `Who makes pods in ${csi.namespace} anew just now? See the rollout of DaemonSet ${csi.daemonSet} and of Deployment ${csi.deployment}, and their events.`,
    ],
  }),
  'network-ill': step.end({
    title: 'The pod network of a node does not come up, and the driver needs it',
    result: 'escalate',
    needs: ['agent'],
    left: ({ site: { network }, facts: { agent } }) => [
      `Mend the network on ${agent.node} first (pods ${network.selector} in ${network.namespace}): after it the driver, after that volume attachments. Any other order loops.`,
    ],
  }),
  'no-agent': step.end({
    title: 'A node has no network pod, and the driver needs it',
    result: 'escalate',
    left: ({ site: { network } }) => [
      `See why no pod ${network.selector} in ${network.namespace} runs there: the events of its DaemonSet, taints, and a pod that does not end. The network comes first, after it the driver.`,
    ],
  }),
  'no-network': step.end({
    title: 'Whether the pod network is well is not known: none of its pods was found',
    result: 'escalate',
    left: ({ site: { network } }) => [
      `Check network.namespace and network.selector in sre.yaml (${network.selector} in ${network.namespace}): either one is wrong, or no network pod exists. The driver is not repaired before its network is known to be well.`,
    ],
  }),
  'no-route': step.end({
    title: 'The pod has no route to the API server',
    result: 'escalate',
    needs: ['patient'],
    left: ({ site: { network }, facts: { patient } }) => [
      `${patient.pod.name} on ${patient.node} has no route to the API service although the network pod there says it is ready: look at ${network.selector} in ${network.namespace}, kube-proxy and the routes of that node.`,
    ],
  }),
  blind: step.end({
    title: 'The node cannot be looked at',
    result: 'escalate',
    needs: ['patient'],
    left: ({ facts: { patient } }) => [
      `What runs on ${patient.node} is unknown, and an unknown is not repaired. Get a root shell or a console there.`,
    ],
  }),
  'co-located': step.end({
    title: 'Live pods want the same port on one node: nothing was deleted',
    result: 'escalate',
    left: ({ site: { csi } }) => [
      `Fix replicas and affinity of Deployment ${csi.deployment} in ${csi.namespace} (anti-affinity between its pods, and the control plane excluded), in Helm or Terraform too; then start again.`,
    ],
  }),
  'host-service': step.end({
    title: 'A service of the host holds the port',
    result: 'escalate',
    needs: ['patient', 'contest'],
    left: ({ facts: { patient, contest } }) => [
      `Port ${contest.ports.join(', ')} on ${patient.node} belongs to a process outside any pod: see whose it is, and move one of the two.`,
    ],
  }),
  'port-unknown': step.end({
    title: 'Who holds the port could not be found out',
    result: 'escalate',
    needs: ['patient', 'contest'],
    left: ({ facts: { patient, contest } }) => [
      contest.ports.length === 0
        ? `No port of ${path(patient.pod)} is known (${contest.from}): read its log on ${patient.node} by hand, below /var/log/pods, and see what it says it cannot do; nothing may be stopped on a guess.`
        : `Port ${contest.ports.join(', ')} on ${patient.node}: as root there, ss -tulnpe and the threads' descriptors (/proc/*/task/*/fd); nothing may be stopped on a guess.`,
    ],
  }),
  'left-alone': step.end({
    title: 'Declined: the pod was left alone',
    result: 'escalate',
    needs: ['patient'],
    left: ({ facts: { patient } }) => [
      `${path(patient.pod)} on ${patient.node} is left as it was: ${patient.because}.`,
    ],
  }),
  'left-held': step.end({
    title: 'Declined: the port stays held',
    result: 'escalate',
    needs: ['patient', 'contest'],
    left: ({ facts: { patient, contest } }) => [
      `Port ${contest.ports.join(', ')} on ${patient.node} is still held, and ${path(patient.pod)} cannot start: ${patient.because}.`,
    ],
  }),
  'still-held': step.end({
    title: 'Nothing milder than a reset frees the port, and no reset was made',
    result: 'escalate',
    needs: ['patient', 'contest'],
    left: ({ facts: { patient, contest } }) => [
      `Port ${contest.ports.join(', ')} on ${patient.node} stays held, although mounts work there: reset that node by hand when it suits, with its pods and its quorums counted first; then start again.`,
    ],
  }),
  'still-stuck': step.end({
    title: 'The kernel client of a node is well, and the node is not',
    result: 'escalate',
    needs: ['patient'],
    left: ({ facts: { patient } }) => [
      `${patient.node}: ${patient.because}. Its NFS client was looked at twice and is not at fault: look at the node itself, and at the paths of those volumes on the server.`,
    ],
  }),
  'handed-over': step.end({
    title: "The node's kernel client needs more than this runbook may do",
    result: 'escalate',
    needs: ['patient', 'repaired'],
    left: ({ facts: { patient, repaired } }) => [
      `${patient.node} comes first: ${patient.because}. Repaired so far: ${few(repaired.map((r) => r.node))}. Then start again: it finds what is left.`,
    ],
  }),
  'not-gone': step.end({
    title: 'The deleted pod does not go away',
    result: 'escalate',
    needs: ['patient'],
    left: ({ facts: { patient } }) => [
      `${path(patient.pod)} (uid ${patient.pod.uid}) on ${patient.node} does not end, or was not deleted: see the journal for the API server's answer, and its processes on that node. It is not forced: that mints the next orphan.`,
    ],
  }),
  'not-registered': step.end({
    title: 'The new pod does not come up',
    result: 'escalate',
    needs: ['patient', 'repaired'],
    left: ({ facts: { patient, repaired } }) => [
      `The successor of ${path(patient.pod)} on ${patient.node} does not come up, with its port free: see its events and its logs. Repaired so far: ${few(repaired.map((r) => r.node))}.`,
    ],
  }),
  'mount-refused': step.end({
    title: 'The driver is registered, and the server refuses a mount',
    result: 'escalate',
    needs: ['remarks'],
    left: ({ facts: { remarks } }) => [
      ...remarks,
      'See the exports of the NFS server, and nfs.export in the inventory.',
    ],
  }),
  'mount-hangs': step.end({
    title: 'The driver is registered, and a mount hangs',
    result: 'escalate',
    needs: ['remarks'],
    left: ({ facts: { remarks } }) => [
      ...remarks,
      "It is that node's kernel NFS client now: start kernel-nfs-reset for it, then this runbook again.",
    ],
  }),
  'mount-unknown': step.end({
    title: 'What became of a last test mount is not known',
    result: 'escalate',
    needs: ['repaired'],
    left: ({ facts: { repaired } }) => [
      `All is registered (repaired: ${few(repaired.map((r) => r.node))}). See on the nodes that were ill whether a mount.nfs is left (it would block every new mount) and whether /run/sre-nfs.* is still mounted; then start again.`,
    ],
  }),
  unproven: step.end({
    title: 'What became of a test mount is not known',
    result: 'escalate',
    needs: ['patient'],
    left: ({ facts: { patient } }) => [
      `On ${patient.node}: see whether a mount.nfs is left (it would block every new mount) and whether /run/sre-nfs.* is still mounted; then start again.`,
    ],
  }),
  'still-waiting': step.end({
    title: 'Pods still wait for their volumes',
    result: 'escalate',
    needs: ['repaired'],
    left: ({ facts: { repaired } }) => [
      `The driver is back (repaired: ${few(repaired.map((r) => r.node))}), and pods still wait: see their events. At most five of them a minute, and none with a hung mount on its node.`,
    ],
  }),
  operational: step.end({
    title: 'The driver and the mounts are back for good, and somebody who depends on them is not',
    result: 'escalate',
    needs: ['unfinished', 'remarks'],
    left: ({ facts: { unfinished, remarks } }) => [
      ...unfinished.map((it) => it.todo),
      ...remarks,
      ALERTS,
    ],
  }),
  'lost-unproven': step.end({
    title: 'Whether the lost container still runs is not known',
    result: 'escalate',
    needs: ['lost'],
    left: ({ facts: { lost } }) => [
      `${path(lost.pod)} (uid ${lost.pod.uid}) on ${lost.pod.node}: prove it dead there as root and at the NFS server (its client list) before it is deleted; an unknown is not forced.`,
    ],
  }),
  'lost-left': step.end({
    title: 'The pod whose container is lost was left',
    result: 'escalate',
    needs: ['lost'],
    left: ({ facts: { lost } }) => [
      `${path(lost.pod)} (uid ${lost.pod.uid}) on ${lost.pod.node} is left: its StatefulSet makes no other while it is there.`,
    ],
  }),
  'lock-held': step.end({
    title: "Vault's database is still held by another process",
    result: 'escalate',
    needs: ['locked'],
    left: ({ facts: { locked } }) => [
      `${path(locked.pod)} cannot open its database: the evidence names who holds the lock. End that process; the lock ends with it, or within one lease after its node was reset. Never delete vault.db or raft.db: there is no lock file.`,
    ],
  }),
  'not-well': step.end({
    title: 'The driver is back, and not everything is well',
    result: 'escalate',
    needs: ['repaired', 'remarks'],
    left: ({ facts: { repaired, remarks } }) => [
      ...remarks,
      `Repaired: ${few(repaired.map((r) => r.node))}. The last look names what is missing; start again when it has settled.`,
    ],
  }),
  regressed: step.end({
    title: 'The driver was back, and fell ill again',
    result: 'escalate',
    left: () => [
      'It did not last: the evidence says what failed first. Mend that before the next deletion.',
    ],
  }),
  blocked: step.end({
    title: 'A guard does not hold: nothing further was done',
    result: 'unsafe',
    left: () => [
      'See which guard and why; mend that, or decide with a second person, then start again.',
    ],
  }),
});
