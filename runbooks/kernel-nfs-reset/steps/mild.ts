import { notOurAccessPath } from '../../../src/guards/access-path.ts';
import { controlPlaneStays } from '../../../src/guards/control-plane.ts';
import { noForeignMaintenance } from '../../../src/guards/maintenance.ts';
import { nothingStuck } from '../../../src/guards/nothing-stuck.ts';
import { oneNodeAtATime } from '../../../src/guards/one-at-a-time.ts';
import { sameMachine } from '../../../src/guards/same-machine.ts';
import { serverAnswers } from '../../../src/guards/server-answers.ts';
import { killStuckMount } from '../../../src/deeds/kill-mount.ts';
import { replaceAgent } from '../../../src/deeds/replace-agent.ts';
import { restartService } from '../../../src/deeds/restart-service.ts';
import type { NodeRef, PodRef } from '../../../src/runbook/references.ts';
import type { Site } from '../../../src/runbook/site.ts';
import { kubelet } from '../../../src/tools/node/kubelet.ts';
import { unit } from '../../../src/tools/node/unit.ts';
import type { MakeStep } from '../book.ts';
import type { StuckMount } from '../facts.ts';
import { kubeletSays, sayKubelet } from '../judge/kubelet.ts';

interface Facts<F> {
  readonly site: Site;
  readonly facts: F;
}

/** Deeds that leave the machine running, the mildest first. Each comes back to the question whether it helped. */
export const mild = (step: MakeStep) => ({
  kill: step.action({
    title: 'Kill one stuck mount.nfs',
    risk: 'disruptive',
    needs: ['target', 'control', 'task'],
    next: {
      confirmed: { to: 'rung' },
      refuted: { to: 'rung' },
      declined: { to: 'left-alone' },
      blocked: { to: 'blocked' },
      drifted: { to: 'closer', atMost: 6, then: 'restless' },
    },
    guards: ({ site, facts: { target, control } }) => [
      sameMachine(site, target.name),
      serverAnswers(site, control),
      noForeignMaintenance(site),
      notOurAccessPath(site, target.name),
    ],
    ...killStuckMount(
      ({ facts }: Facts<{ readonly task: StuckMount }>) => facts.task,
      ({ facts }) =>
        facts.task.poisons ? ['it sets up the client, and every new mount queues behind it'] : [],
    ),
  }),

  'csi-pod': step.action({
    title: "Delete the node's CSI driver pod, gracefully",
    risk: 'reversible',
    needs: ['target', 'control', 'agent'],
    next: {
      confirmed: { to: 'rung' },
      refuted: { to: 'rung' },
      declined: { to: 'left-alone' },
      blocked: { to: 'blocked' },
      drifted: { to: 'closer', atMost: 6, then: 'restless' },
    },
    guards: ({ site, facts: { target, control } }) => [
      serverAnswers(site, control),
      oneNodeAtATime(site, target.name),
      noForeignMaintenance(site),
      notOurAccessPath(site, target.name),
    ],
    ...replaceAgent(({ facts }: Facts<{ readonly agent: PodRef }>) => facts.agent, driverSet),
  }),

  kubelet: step.action({
    title: 'Restart the kubelet',
    risk: 'disruptive',
    needs: ['target', 'control', 'kubeletPid'],
    next: {
      confirmed: { to: 'rung' },
      refuted: { to: 'rung' },
      declined: { to: 'left-alone' },
      blocked: { to: 'blocked' },
      drifted: { to: 'closer', atMost: 6, then: 'restless' },
    },
    guards: ({ site, facts: { target, control } }) => [
      nothingStuck(target.name),
      sameMachine(site, target.name),
      serverAnswers(site, control),
      oneNodeAtATime(site, target.name),
      controlPlaneStays(site, target.name),
      noForeignMaintenance(site),
      notOurAccessPath(site, target.name),
    ],
    ...restartService(
      'kubelet',
      ({ facts }: Facts<{ readonly target: NodeRef; readonly kubeletPid: number }>) => ({
        node: facts.target.name,
        bootId: facts.target.bootId,
        mainPid: facts.kubeletPid,
      }),
    ),
    drift: {
      freshWithin: '60s',
      observe: ({ facts: { target } }) => ({
        unit: unit(target.name, 'kubelet'),
        kubelet: kubelet(target.name),
      }),
      judge: ({ unit: service, kubelet: seen }, { facts: { kubeletPid } }) => {
        if (!service.ok)
          return { drift: 'unknown', because: `its unit could not be read: ${service.says}` };
        const now = service.value.mainPid ?? 0;
        if (now !== kubeletPid)
          return { drift: 'changed', because: `its main pid is ${now} now: it was restarted` };
        switch (kubeletSays(seen)) {
          case 'well':
            return { drift: 'changed', because: 'the kubelet answers again' };
          case 'ill':
            return { drift: 'same', because: `main pid ${now}, and ${sayKubelet(seen)}` };
          case 'unknown':
            return { drift: 'unknown', because: sayKubelet(seen) };
        }
      },
    },
  }),
});

/** The driver's DaemonSet: existing mounts are the kernel's, and go on (COMMANDS F: delete csi-nfs-node pod). */
export const driverSet = (site: Site) => ({
  namespace: site.csi.namespace,
  selector: site.csi.nodeSelector,
  meanwhile: 'node on which no mount or unmount works for 30 to 120 s; existing mounts go on',
});
