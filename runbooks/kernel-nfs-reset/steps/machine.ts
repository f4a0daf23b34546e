import { podRefOf } from '../../../src/deeds/references.ts';
import { cordonOf, setSchedulable, targetNode } from '../../../src/deeds/set-schedulable.ts';
import type { Site } from '../../../src/runbook/site.ts';
import { notOurAccessPath } from '../../../src/guards/access-path.ts';
import { controlPlaneStays } from '../../../src/guards/control-plane.ts';
import { noForeignMaintenance } from '../../../src/guards/maintenance.ts';
import { vaultQuorumWithout } from '../../../src/guards/node-quorum.ts';
import { oneNodeAtATime } from '../../../src/guards/one-at-a-time.ts';
import { findVm, vmOnAnyHost } from '../../../src/guards/vm.ts';
import type { NodeRef } from '../../../src/runbook/references.ts';
import { evictPod } from '../../../src/tools/kubectl/evict.ts';
import { getCsiNode } from '../../../src/tools/kubectl/csi-nodes.ts';
import { getNode, listNodes } from '../../../src/tools/kubectl/nodes.ts';
import { listPods, podsOnNode } from '../../../src/tools/kubectl/pods.ts';
import type { MakeStep } from '../book.ts';
import { judgeDrain, judgeEvicted } from '../judge/drain.ts';
import { judgeMachine } from '../judge/machine.ts';
import { drainLook, machine as machineLook } from '../looks.ts';
import { signals, stillSick } from '../reset.ts';

/** The node under repair, for the deeds on it. */
export const theTarget = ({
  facts,
}: {
  readonly site: Site;
  readonly facts: { readonly target: NodeRef };
}): NodeRef => facts.target;

/** Which VM is it, who else is on it, and what can be moved away before it goes down? */
export const machine = (step: MakeStep) => ({
  machine: step.probe({
    title: 'Which VM is the node, and may it be reset?',
    needs: ['target', 'verdict'],
    mayUse: ['cordoned'],
    expect: 'ready',
    next: {
      ready: { to: 'cordon', gives: ['vm', 'voters', 'drivers', 'cordonedBy'] },
      cordoned: { to: 'drainable', gives: ['vm', 'voters', 'drivers', 'cordonedBy'] },
      paused: { to: 'resume', gives: ['vm'] },
      dark: { to: 'dark' },
      outside: { to: 'outside' },
      'not-proven': { to: 'not-the-vm' },
      forbidden: { to: 'hands-off' },
      stopped: { to: 'stopped' },
      unknown: { to: 'unknown-vm' },
    },
    observe: ({ site, facts: { target } }) => ({
      ...machineLook(site, target.name),
      voters: listPods(site.cluster, site.vault.namespace, site.vault.selector),
      csiNode: getCsiNode(site.cluster, target.name),
    }),
    conclude: (
      { voters, csiNode, ...seen },
      { to, site, facts: { target, verdict, cordoned = [] } },
    ) => {
      const word = judgeMachine(site, target, seen);
      switch (word.is) {
        case 'running': {
          if (verdict.is === 'dark') return to.dark(`${word.because}; ${verdict.because}`);
          if (!voters.ok) return to.unknown(`the Vault pods could not be listed: ${voters.says}`);
          const drivers = csiNode.ok ? (csiNode.value?.drivers ?? []).map((it) => it.name) : [];
          const found = { vm: word.vm, voters: voters.value.map(podRefOf), drivers };
          if (!word.unschedulable)
            return to.ready(word.because, { ...found, cordonedBy: 'this run' });
          const ours = cordoned.includes(target.name);
          return to.cordoned(
            `${word.because}; cordoned already by ${ours ? 'this run' : 'somebody else'}`,
            {
              ...found,
              cordonedBy: ours ? 'this run' : 'somebody else',
            },
          );
        }
        case 'paused':
          return to.paused(word.because, { vm: word.vm });
        case 'outside':
        case 'not-proven':
        case 'forbidden':
        case 'stopped':
        case 'unknown':
          return to[word.is](word.because);
      }
    },
  }),

  cordon: step.action({
    title: 'Cordon the node',
    risk: 'reversible',
    needs: ['target', 'control', 'verdict', 'version', 'vm', 'voters'],
    next: {
      confirmed: { to: 'drainable' },
      refuted: { to: 'not-cordoned' },
      declined: { to: 'left-alone' },
      blocked: { to: 'blocked' },
      drifted: { to: 'survey', atMost: 3, then: 'restless' },
    },
    // What would forbid the reset is asked before anything is begun: a node is not cordoned for nothing.
    guards: ({ site, now, facts: { target, voters } }) => [
      oneNodeAtATime(site, target.name),
      controlPlaneStays(site, target.name),
      vaultQuorumWithout(site, voters, target.name, now),
      noForeignMaintenance(site),
      notOurAccessPath(site, target.name),
    ],
    blastRadius: {
      observe: ({ site }) => ({ nodes: listNodes(site.cluster) }),
      measure: ({ nodes }, { facts: { target } }) => {
        const left = nodes.ok
          ? nodes.value.filter(
              (it) => it.name !== target.name && !it.unschedulable && it.ready === 'True',
            )
          : [];
        return {
          counts: [
            { what: 'pod that ends now', count: 0, names: [] },
            ...(nodes.ok
              ? [
                  {
                    what: 'node that stays for new pods',
                    many: 'nodes that stay for new pods',
                    count: left.length,
                    names: left.map((it) => it.name),
                  },
                ]
              : []),
          ],
          unknown: nodes.ok ? [] : [`other nodes: ${nodes.says}`],
        };
      },
    },
    // The way to the reset begins here: a client that has healed meanwhile is neither cordoned nor drained.
    drift: {
      freshWithin: '120s',
      observe: ({ site, facts }) => signals(site, facts),
      judge: (seen, { facts }) => {
        if (seen.node.ok && seen.node.value?.unschedulable === true)
          return { drift: 'changed', because: `${facts.target.name} was cordoned meanwhile` };
        return stillSick(facts, seen);
      },
    },
    ...setSchedulable(theTarget, 'unschedulable'),
    undo: 'kubectl uncordon, which this run offers once the node is well',
    leaves: ({ site, facts: { target } }) => [
      {
        id: cordonOf(target.name),
        left: `${target.name} is cordoned by this run`,
        todo: `When it is well: kubectl --context ${site.cluster.context} uncordon ${target.name}`,
      },
    ],
  }),

  drainable: step.probe({
    title: 'Can its other pods be moved away first?',
    needs: ['target', 'cordonedBy'],
    mayUse: ['cordoned'],
    expect: 'yes',
    next: {
      yes: { to: 'evict', gives: ['evictable', 'cordoned'] },
      no: { to: 'reset', gives: ['cordoned'] },
      'not-cordoned': { to: 'not-cordoned' },
    },
    observe: ({ site, facts: { target } }) => drainLook(site, target.name),
    conclude: (seen, { to, now, facts: { target, cordonedBy, cordoned = [] } }) => {
      const word = judgeDrain(seen, now);
      const ours =
        cordonedBy === 'this run' && !cordoned.includes(target.name)
          ? [...cordoned, target.name]
          : cordoned;
      switch (word.is) {
        case 'yes':
          return to.yes(word.because, { evictable: word.pods.map(podRefOf), cordoned: ours });
        case 'no':
          return to.no(word.because, { cordoned: ours });
        case 'not-cordoned':
          return to['not-cordoned'](word.because);
      }
    },
  }),

  evict: step.action({
    title: 'Evict the pods that hold no NFS volume',
    risk: 'disruptive',
    needs: ['target', 'evictable', 'voters'],
    next: {
      confirmed: { to: 'reset' },
      refuted: { to: 'reset' },
      skipped: { to: 'reset' },
      declined: { to: 'left-alone' },
      blocked: { to: 'blocked' },
      drifted: { to: 'drainable', atMost: 3, then: 'restless' },
    },
    target: ({ facts: { target } }) => targetNode(target),
    guards: ({ site, now, facts: { target, voters } }) => [
      oneNodeAtATime(site, target.name),
      vaultQuorumWithout(site, voters, target.name, now),
      noForeignMaintenance(site),
      notOurAccessPath(site, target.name),
    ],
    blastRadius: {
      observe: () => ({}),
      measure: (_, { facts: { evictable } }) => ({
        counts: [
          {
            what: 'pod that is ended here and started elsewhere',
            many: 'pods that are ended here and started elsewhere',
            count: evictable.length,
            names: evictable.map((it) => `${it.namespace}/${it.name}`),
          },
        ],
        unknown: [],
      }),
    },
    drift: {
      freshWithin: '60s',
      observe: ({ site, facts: { target } }) => ({
        node: getNode(site.cluster, target.name),
        pods: podsOnNode(site.cluster, target.name),
      }),
      judge: ({ node, pods }, { facts: { target, evictable } }) => {
        if (!node.ok)
          return { drift: 'unknown', because: `the node could not be read: ${node.says}` };
        if (!pods.ok)
          return { drift: 'unknown', because: `the pods could not be read: ${pods.says}` };
        if (node.value?.unschedulable !== true)
          return { drift: 'changed', because: `${target.name} is schedulable again` };
        const gone = evictable.filter((it) => !pods.value.some((pod) => pod.uid === it.uid));
        return gone.length === 0
          ? { drift: 'same', because: `cordoned, and the same ${evictable.length} pods are there` }
          : { drift: 'changed', because: `${gone.map((it) => it.name).join(', ')} left by itself` };
      },
    },
    commands: ({ site, facts: { evictable } }) =>
      evictable.map((pod) => evictPod(site.cluster, pod)),
    effect: {
      proof: 'none of them is on the node any more, within 120 s',
      every: '10s',
      within: '120s',
      identity: ({ site, facts: { target } }) => ({ pods: podsOnNode(site.cluster, target.name) }),
      judge: (_, { pods }, { facts: { evictable } }) =>
        judgeEvicted(
          evictable.map((it) => it.uid),
          pods,
        ),
    },
    undo: 'none: their owners start them on other nodes',
  }),

  dark: step.probe({
    title: 'The node does not let anybody in: what does its VM do?',
    needs: ['target'],
    next: { seen: { to: 'in-the-dark' }, unknown: { to: 'unknown-vm' } },
    observe: ({ site, facts: { target } }) => ({ vms: vmOnAnyHost(site, target.name) }),
    conclude: ({ vms }, { to }) => {
      const found = findVm(vms);
      return found.is === 'found'
        ? to.seen(`VM ${found.vm.vmid} on ${found.vm.host} is ${found.vm.qmpStatus}`)
        : to.unknown(found.because);
    },
  }),
});
