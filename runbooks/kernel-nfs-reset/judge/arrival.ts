import { nodeRefOf } from '../../../src/deeds/references.ts';
import type { Observation } from '../../../src/runbook/observation.ts';
import type { NodeRef } from '../../../src/runbook/references.ts';
import { registration } from '../../../src/tools/csi/registered.ts';
import type { Attachment } from '../../../src/tools/kubectl/attachments.ts';
import type { CsiNode } from '../../../src/tools/kubectl/csi-nodes.ts';
import type { NodeLease } from '../../../src/tools/kubectl/leases.ts';
import type { Node } from '../../../src/tools/kubectl/nodes.ts';
import type { Pod } from '../../../src/tools/kubectl/pods.ts';
import type { Identity } from '../../../src/tools/node/identity.ts';
import type { Kubelet } from '../../../src/tools/node/kubelet.ts';
import type { TaskScan } from '../../../src/tools/node/tasks.ts';
import { kubeletSays } from './kubelet.ts';
import {
  nfsHolders,
  sayHolder,
  sayTask,
  steadyTasks,
  stuckMounts,
  waitingForNfs,
} from './stuck.ts';

/** A node on its way back. */
export interface ArrivalLook {
  readonly node: Observation<Node | undefined>;
  readonly guest: Observation<Identity>;
  readonly lease: Observation<NodeLease | undefined>;
  readonly network: Observation<readonly Pod[]>;
  readonly drivers: Observation<readonly Pod[]>;
  readonly csiNode: Observation<CsiNode | undefined>;
}

export type Arrival =
  | { readonly is: 'up'; readonly target: NodeRef; readonly because: string }
  | { readonly is: 'network'; readonly agent: Pod; readonly because: string }
  | { readonly is: 'driver'; readonly agent: Pod; readonly because: string }
  | { readonly is: 'coming'; readonly because: string };

const coming = (because: string): Arrival => ({ is: 'coming', because });

/** How long the pod network and the driver are given to come up by themselves, in milliseconds. */
const PATIENCE_MS = 180_000;

/** Ready alone proves nothing, since it never flips on a fast boot; a lease from after it does (COMMANDS D.3). */
const LEASE_MS = 30_000;

const on = (pods: Observation<readonly Pod[]>, node: string): Pod | undefined =>
  pods.ok ? pods.value.find((it) => it.node === node) : undefined;

/** The driver of this runbook, and those that were registered on the node before. */
export interface Drivers {
  readonly own: string;
  readonly before: readonly string[];
}

/**
 * Whether the node is back, in the order in which its parts need each other: boot, kubelet, pod network, driver (DOMAIN 2.1,
 * traps). `since` is when the waiting began, in milliseconds.
 */
export function judgeArrival(
  target: NodeRef,
  awaits: 'a new boot' | 'the same boot',
  drivers: Drivers,
  seen: ArrivalLook,
  since: number,
  now: number,
): Arrival {
  if (!seen.node.ok || seen.node.value === undefined) {
    return coming(`node ${target.name} could not be read`);
  }
  const node = seen.node.value;
  if (awaits === 'a new boot') {
    if (!seen.guest.ok) return coming(`${target.name} does not answer yet: ${seen.guest.says}`);
    if (seen.guest.value.bootId === target.bootId) return coming('it still runs the old boot');
    if (node.bootID !== seen.guest.value.bootId)
      return coming('the API does not know the new boot yet');
  }
  const renewed = seen.lease.ok ? Date.parse(seen.lease.value?.renewTime ?? '') : Number.NaN;
  if (node.ready !== 'True' || !(now - renewed < LEASE_MS)) {
    return coming(
      `Ready=${node.ready}, lease ${Number.isNaN(renewed) ? 'not readable' : `${Math.round((now - renewed) / 1000)} s old`}`,
    );
  }
  // What could not be read is neither missing nor ill.
  const unread = [seen.network, seen.drivers, seen.csiNode].find((it) => !it.ok);
  if (unread?.ok === false) return coming(`not everything could be read: ${unread.says}`);
  const patient = now - since < PATIENCE_MS;
  const agent = on(seen.network, target.name);
  if (agent?.ready !== true) {
    const because = `the pod network is not up: ${agent === undefined ? 'its pod is not on the node' : `${agent.name} is not ready`}`;
    return agent === undefined || patient ? coming(because) : { is: 'network', agent, because };
  }
  const pod = on(seen.drivers, target.name);
  const registered = seen.csiNode.ok
    ? registration(drivers.own, seen.csiNode.value, pod)
    : ({ is: 'not', why: seen.csiNode.says } as const);
  const known = seen.csiNode.ok ? (seen.csiNode.value?.drivers ?? []).map((it) => it.name) : [];
  const missing = drivers.before.filter((it) => it !== drivers.own && !known.includes(it));
  if (registered.is === 'registered' && missing.length > 0)
    return coming(`not registered yet: ${missing.join(', ')}`);
  if (registered.is === 'not') {
    return pod === undefined || patient
      ? coming(registered.why)
      : { is: 'driver', agent: pod, because: registered.why };
  }
  return {
    is: 'up',
    target: nodeRefOf(node),
    because: `Ready with boot ${node.bootID}, pod network up, ${[...new Set([drivers.own, ...drivers.before])].join(' and ')} registered`,
  };
}

/** A repaired node while it has to stay well. */
export interface WellnessLook {
  readonly node: Observation<Node | undefined>;
  readonly scan: Observation<TaskScan>;
  readonly kubelet: Observation<Kubelet>;
  readonly drivers: Observation<readonly Pod[]>;
  readonly csiNode: Observation<CsiNode | undefined>;
}

/** So many scans in a row must show a task for it to count as stuck: what waited goes on within a minute (REALITY 4e). */
const SCANS = 3;

/** What speaks against the node now; empty: it is well. `scans` are those of the soak so far, this one included. */
export function complaintsOf(
  target: NodeRef,
  driver: string,
  seen: WellnessLook,
  scans: readonly Observation<TaskScan>[],
): readonly string[] {
  const { node, scan, kubelet, drivers, csiNode } = seen;
  const known = node.ok ? node.value : undefined;
  // A mount that is stuck in two looks is; what else waits is given a minute.
  const stuck = scans.length < 2 ? [] : stuckMounts(steadyTasks(scans.slice(-2)));
  const waiting = scans.length < SCANS ? [] : waitingForNfs(steadyTasks(scans.slice(-SCANS)));
  const tasks = [...new Set([...stuck, ...waiting])];
  const holders = scans.length < 2 ? [] : nfsHolders(steadyTasks(scans.slice(-2)), undefined);
  const registered = csiNode.ok
    ? registration(driver, csiNode.value, on(drivers, target.name))
    : ({ is: 'not', why: csiNode.says } as const);
  return [
    ...(known === undefined ? ['the node object could not be read'] : []),
    ...(known !== undefined && known.bootID !== target.bootId ? ['it has booted again'] : []),
    ...(known !== undefined && known.ready !== 'True' ? [`Ready=${known.ready}`] : []),
    ...(scan.ok
      ? [...holders.map(sayHolder), ...tasks.map(sayTask)]
      : [`it could not be looked at: ${scan.says}`]),
    ...(kubeletSays(kubelet) === 'ill' ? ['its kubelet does not answer'] : []),
    ...(registered.is === 'registered' ? [] : [registered.why]),
  ];
}

/** Pods that did not come back, and voters that are missing: what a calling runbook looks after itself. */
export function podsLeft(
  node: string,
  vaultPods: readonly string[],
  pods: Observation<readonly Pod[]>,
): readonly string[] {
  if (!pods.ok) return [`What came back on ${node} is not known: ${pods.says}.`];
  const here = pods.value.filter((it) => it.node === node && it.phase !== 'Succeeded');
  const down = here.filter((it) => !it.ready);
  const voters = pods.value.filter((it) => vaultPods.includes(it.name) && !it.ready);
  return [
    ...(down.length > 0
      ? [
          `Pods on ${node} that are not ready: ${down.map((it) => `${it.namespace}/${it.name}`).join(', ')}.`,
        ]
      : []),
    ...(voters.length > 0
      ? [
          `Vault voters that are not ready: ${voters.map((it) => it.name).join(', ')}: operational is not finished.`,
        ]
      : []),
  ];
}

/** Volume attachments of the node that are not attached: their consumers may have moved. */
export function attachmentsLeft(
  node: string,
  attachments: Observation<readonly Attachment[]>,
): readonly string[] {
  if (!attachments.ok) return [`Volume attachments of ${node} are not known: ${attachments.says}.`];
  const stale = attachments.value.filter((it) => it.node === node && !it.attached);
  return stale.length > 0
    ? [
        `Volume attachments of ${node} that are not attached: ${stale.map((it) => it.volume || it.name).join(', ')}.`,
      ]
    : [];
}
