import { replaceAgent } from '../../../src/deeds/replace-agent.ts';
import type { Site } from '../../../src/runbook/site.ts';
import { podEvents } from '../../../src/tools/kubectl/events.ts';
import { getPod, listPods } from '../../../src/tools/kubectl/pods.ts';
import { podLogFile } from '../../../src/tools/node/pod-log.ts';
import { controlStays } from '../../../src/guards/control-sample.ts';
import type { MakeStep } from '../book.ts';
import { sayPod } from '../judge/pods.ts';
import type { Agent } from '../facts.ts';
import { nodeGuards } from '../remove.ts';

const networkSet = ({ network: { namespace, selector } }: Site) => ({
  namespace,
  selector,
  meanwhile: 'node that gets no new routes until it is back',
});

interface AgentFacts {
  readonly site: Site;
  readonly facts: { readonly agent: Agent };
}

/** The pod network comes before the driver: any other order loops (DOMAIN 2.1, traps). */
export const network = (step: MakeStep) => ({
  network: step.probe({
    title: "Is it the node's network, and not the driver?",
    needs: ['agent'],
    next: {
      ill: { to: 'delete-agent' },
      well: { to: 'survey', atMost: 4, then: 'restless' },
      unknown: { to: 'unclear' },
    },
    watch: () => ({ every: '15s', within: '60s', late: 'ill' }),
    observe: ({ site, facts: { agent } }) => ({ pod: getPod(site.cluster, agent) }),
    conclude: ({ pod }, { to, wait, samples, facts: { agent } }) => {
      if (!pod.ok) {
        return samples.length < 2
          ? wait(`${agent.name} could not be read: ${pod.says}`)
          : to.unknown(`${agent.name} could not be read: ${pod.says}`);
      }
      if (pod.value?.uid !== agent.uid) return to.well(`${agent.name} was replaced`);
      if (pod.value.ready) return to.well(`${agent.name} is ready again`);
      return wait(
        `${sayPod(pod.value)} on ${agent.node}: it is given a minute to come up by itself`,
      );
    },
  }),

  'delete-agent': step.action({
    title: 'Delete the network pod of that node: it comes before the driver',
    risk: 'disruptive',
    needs: ['agent', 'control'],
    next: {
      confirmed: { to: 'agent-back' },
      refuted: { to: 'network-ill' },
      declined: { to: 'network-ill' },
      blocked: { to: 'blocked' },
      drifted: { to: 'survey', atMost: 4, then: 'restless' },
      doubtful: { to: 'agent-back' },
    },
    capture: ({ site, facts: { agent } }) => ({
      events: podEvents(site.cluster, agent.namespace, agent.name),
      logs: Object.fromEntries(
        agent.containers.map((name) => [name, podLogFile(agent.node, agent, name)]),
      ),
    }),
    guards: ({ site, facts: { agent, control } }) => [
      controlStays(site, control, agent.node),
      ...nodeGuards(site, agent.node),
    ],
    ...replaceAgent(({ facts }: AgentFacts) => facts.agent, networkSet),
    drift: {
      freshWithin: '60s',
      observe: ({ site, facts: { agent } }) => ({ pod: getPod(site.cluster, agent) }),
      judge: ({ pod }, { facts: { agent } }) => {
        if (!pod.ok)
          return { drift: 'unknown', because: `${agent.name} could not be read: ${pod.says}` };
        const now = pod.value;
        if (now?.uid !== agent.uid || now.deletionTimestamp !== undefined)
          return { drift: 'changed', because: `${agent.name} is gone or on its way out` };
        return now.ready
          ? { drift: 'changed', because: `${agent.name} is ready again` }
          : { drift: 'same', because: `${sayPod(now)}, on ${agent.node}` };
      },
    },
  }),

  'agent-back': step.probe({
    title: 'Has the node its network again?',
    needs: ['agent'],
    expect: 'ready',
    next: {
      ready: { to: 'survey' },
      late: { to: 'network-ill' },
    },
    watch: () => ({ every: '10s', within: '3m', late: 'late' }),
    observe: ({ site }) => ({
      agents: listPods(site.cluster, site.network.namespace, site.network.selector),
    }),
    conclude: ({ agents }, { to, wait, now, samples, facts: { agent } }) => {
      if (!agents.ok) return wait(`the network pods could not be read: ${agents.says}`);
      const there = agents.value.find((p) => p.node === agent.node && p.uid !== agent.uid);
      if (there === undefined) return wait('its successor is not there yet');
      const seconds = Math.round((now - (samples[0]?.at ?? now)) / 1000);
      // Never two deletions close together, however fast this one was (DOMAIN 2.0: five a minute).
      return there.ready && seconds >= 15
        ? to.ready(`${there.name} is ready on ${agent.node}`)
        : wait(`${sayPod(there)} on ${agent.node}, after ${seconds} s`);
    },
  }),
});
