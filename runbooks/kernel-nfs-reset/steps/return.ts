import { podRefOf } from '../../../src/deeds/references.ts';
import { replaceAgent } from '../../../src/deeds/replace-agent.ts';
import type { AgentSet } from '../../../src/deeds/replace-agent.ts';
import { cordonOf, setSchedulable } from '../../../src/deeds/set-schedulable.ts';
import { notOurAccessPath } from '../../../src/guards/access-path.ts';
import { noForeignMaintenance } from '../../../src/guards/maintenance.ts';
import type { PodRef } from '../../../src/runbook/references.ts';
import type { Site } from '../../../src/runbook/site.ts';
import type { Risk } from '../../../src/runbook/step.ts';
import { getNode } from '../../../src/tools/kubectl/nodes.ts';
import { podsOnNode } from '../../../src/tools/kubectl/pods.ts';
import { nfsState } from '../../../src/tools/node/nfs-state.ts';
import { tasks } from '../../../src/tools/node/tasks.ts';
import type { MakeStep } from '../book.ts';
import { attachmentsLeft, complaintsOf, judgeArrival, podsLeft } from '../judge/arrival.ts';
import { sayTry } from '../judge/diagnosis.ts';
import { nfsHolders, sayHolder } from '../judge/stuck.ts';
import { aftermath, arrival, mountOn, wellness } from '../looks.ts';
import { theTarget } from './machine.ts';
import { driverSet } from './mild.ts';

/** A watch that was asleep for longer than this, in milliseconds, has watched nothing in between. */
const GAP_MS = 90_000;

const networkSet = (site: Site) => ({
  namespace: site.network.namespace,
  selector: site.network.selector,
  meanwhile: 'node whose pod network is set up anew',
});

interface AgentFacts {
  readonly site: Site;
  readonly facts: { readonly agent: PodRef };
}

/** A pod of the node that does not come up by itself gets a successor; then the node is looked at again. */
const renewed = (
  step: MakeStep,
  head: { readonly title: string; readonly risk: Risk },
  set: (site: Site) => AgentSet,
) =>
  step.action({
    ...head,
    needs: ['target', 'agent'],
    next: {
      confirmed: { to: 'back' },
      refuted: { to: 'not-back' },
      declined: { to: 'not-back' },
      blocked: { to: 'blocked' },
      drifted: { to: 'back', atMost: 6, then: 'restless' },
    },
    guards: ({ site, facts: { target } }) => [
      noForeignMaintenance(site),
      notOurAccessPath(site, target.name),
    ],
    ...replaceAgent(({ facts }: AgentFacts) => facts.agent, set),
  });

/** The way back: Ready, network, driver, mounts; then it is opened again, and has to stay well. */
export const comingBack = (step: MakeStep) => ({
  back: step.probe({
    title: 'Is the node back: Ready, pod network, driver?',
    needs: ['target', 'awaits'],
    mayUse: ['reboots', 'drivers', 'idle'],
    expect: 'up',
    next: {
      up: { to: 'mounts-again', gives: ['target', 'reboots', 'idle'] },
      network: { to: 'network', gives: ['agent'], atMost: 6, then: 'not-back' },
      driver: { to: 'driver', gives: ['agent'], atMost: 6, then: 'not-back' },
      late: { to: 'not-back' },
    },
    watch: () => ({ every: '10s', within: '10m', late: 'late' }),
    observe: ({ site, facts: { target } }) => arrival(site, target.name),
    conclude: (seen, { to, wait, now, samples, site, facts }) => {
      const { target, awaits, reboots = [], drivers = [], idle = [] } = facts;
      const since = samples[0]?.at ?? now;
      const known = { own: site.csi.driver, before: drivers };
      const word = judgeArrival(target, awaits, known, seen, since, now);
      switch (word.is) {
        case 'up': {
          const reboot = { node: target.name, from: target.bootId, to: word.target.bootId };
          return to.up(word.because, {
            target: word.target,
            reboots: reboot.from === reboot.to ? reboots : [...reboots, reboot],
            idle: idle.filter((it) => it !== target.name),
          });
        }
        case 'network':
          return to.network(word.because, { agent: podRefOf(word.agent) });
        case 'driver':
          return to.driver(word.because, { agent: podRefOf(word.agent) });
        case 'coming':
          return wait(word.because);
      }
    },
  }),

  network: renewed(
    step,
    { title: "Delete the node's network pod, so that it starts anew", risk: 'disruptive' },
    networkSet,
  ),

  driver: renewed(
    step,
    { title: "Delete the node's CSI driver pod, so that it registers anew", risk: 'reversible' },
    driverSet,
  ),

  'mounts-again': step.probe({
    title: 'Does a fresh mount work there now?',
    needs: ['target'],
    mayUse: ['cordoned', 'version'],
    expect: 'opens',
    next: {
      opens: { to: 'uncordon' },
      works: { to: 'soak' },
      hangs: { to: 'closer', atMost: 4, then: 'not-back' },
      unknown: { to: 'not-back' },
    },
    observe: ({ site, facts: { target, version = 'default' } }) => ({
      node: getNode(site.cluster, target.name),
      scan: tasks(target.name),
      state: nfsState(target.name),
      mount: mountOn(site, target.name, version),
    }),
    conclude: ({ node, scan, state, mount }, { to, facts }) => {
      const { target, cordoned = [], version = 'default' } = facts;
      const said = sayTry(version, mount);
      if (!node.ok || node.value === undefined) return to.unknown('the node could not be read');
      if (!scan.ok) return to.unknown(`${target.name} could not be looked at: ${scan.says}`);
      if (mount?.ok !== true || mount.value.is === 'locked') return to.unknown(said);
      const holders = nfsHolders(scan.value.tasks, state).map(sayHolder);
      if (mount.value.is !== 'mounted' || holders.length > 0) {
        return to.hangs([said, ...holders].join('; '));
      }
      return node.value.unschedulable && cordoned.includes(target.name)
        ? to.opens(`${said}; this run cordoned ${target.name}`)
        : to.works(
            `${said}; ${node.value.unschedulable ? `${target.name} was cordoned by somebody else, and stays so` : `${target.name} is schedulable`}`,
          );
    },
  }),

  uncordon: step.action({
    title: 'Uncordon the node that this run cordoned',
    risk: 'reversible',
    needs: ['target'],
    next: {
      confirmed: { to: 'soak' },
      refuted: { to: 'left-cordoned' },
      declined: { to: 'left-cordoned' },
      blocked: { to: 'blocked' },
      drifted: { to: 'mounts-again', atMost: 3, then: 'restless' },
    },
    guards: ({ site, facts: { target } }) => [
      noForeignMaintenance(site),
      notOurAccessPath(site, target.name),
    ],
    blastRadius: {
      observe: ({ site, facts: { target } }) => ({ pods: podsOnNode(site.cluster, target.name) }),
      measure: ({ pods }) => ({
        counts: [{ what: 'pod that ends', count: 0, names: [] }],
        unknown: pods.ok ? [] : [`pods on the node: ${pods.says}`],
      }),
    },
    drift: {
      freshWithin: '60s',
      observe: ({ site, facts: { target } }) => ({ node: getNode(site.cluster, target.name) }),
      judge: ({ node }, { facts: { target } }) => {
        if (!node.ok)
          return { drift: 'unknown', because: `the node could not be read: ${node.says}` };
        return node.value?.bootID === target.bootId && node.value.ready === 'True'
          ? { drift: 'same', because: `${target.name} is Ready with boot ${target.bootId}` }
          : {
              drift: 'changed',
              because: `${target.name} is not as it was: another boot, or not Ready`,
            };
      },
    },
    ...setSchedulable(theTarget, 'schedulable'),
    undo: 'kubectl cordon',
    settles: ({ facts: { target } }) => [cordonOf(target.name)],
  }),

  soak: step.probe({
    title: 'Does it stay so?',
    needs: ['target'],
    expect: 'stayed',
    next: {
      stayed: { to: 'aftermath' },
      regressed: { to: 'regressed' },
      gap: { to: 'soak', atMost: 4, then: 'regressed' },
    },
    watch: ({ params }) => ({ every: '30s', within: params.soak, late: 'stayed' }),
    observe: ({ site, facts: { target } }) => wellness(site, target.name),
    conclude: (seen, { to, wait, now, samples, params, site, facts: { target } }) => {
      const since = samples[0]?.at ?? now;
      const earlier = samples.at(-2);
      if (earlier !== undefined && now - earlier.at > GAP_MS) {
        return to.gap(
          `nothing was looked at for ${Math.round((now - earlier.at) / 1000)} s: the soak begins again`,
        );
      }
      const scans = samples.map((it) => it.seen.scan);
      const against = complaintsOf(target, site.csi.driver, seen, scans);
      const minutes = ((now - since) / 60_000).toFixed(1);
      return against.length === 0
        ? wait(`well for ${minutes} min of ${params.soak}, ${samples.length} samples`)
        : to.regressed(`well for ${minutes} min, then: ${against.join('; ')}`);
    },
  }),

  aftermath: step.probe({
    title: 'Does a mount still work, what is left, and is another node ill?',
    needs: ['target'],
    mayUse: ['version', 'repaired', 'reboots', 'leftovers', 'voters', 'cordoned', 'idle'],
    expect: 'done',
    next: {
      done: { to: 'resolved', gives: ['repaired', 'leftovers', 'cordoned'] },
      next: {
        to: 'survey',
        gives: ['repaired', 'leftovers', 'cordoned'],
        atMost: 6,
        then: 'restless',
      },
      regressed: { to: 'regressed' },
    },
    observe: ({ site, facts: { target, version = 'default' } }) =>
      aftermath(site, target.name, version),
    conclude: ({ pods, attachments, mount }, { to, now, params, facts }) => {
      const { target, version = 'default', reboots = [], voters = [], idle = [] } = facts;
      const { repaired = [], leftovers = [], cordoned = [] } = facts;
      const said = sayTry(version, mount);
      if (mount?.ok !== true || mount.value.is !== 'mounted')
        return to.regressed(`at the end of the soak: ${said}`);
      const times = reboots.filter((it) => it.node === target.name).length;
      const boots =
        times === 0 ? 'without a reset' : `with ${times === 1 ? 'one reset' : `${times} resets`}`;
      const how = idle.includes(target.name) ? `${boots}, after one that did nothing` : boots;
      const names = voters.map((it) => it.name);
      const left = [
        ...(params.called ? [] : podsLeft(target.name, names, pods)),
        ...attachmentsLeft(target.name, attachments),
      ];
      const given = {
        repaired: [...repaired, { node: target.name, how, at: now }],
        leftovers: [...leftovers, ...left],
        cordoned: cordoned.filter((it) => it !== target.name),
      };
      const because = `${target.name} is well again, ${how}; ${said}; ${left.length === 0 ? 'nothing is left there' : left.join(' ')}`;
      return params.node === undefined ? to.next(because, given) : to.done(because, given);
    },
  }),
});
