import type { Observation } from '../runbook/observation.ts';
import { guard } from '../runbook/runbook.ts';
import type { Site, SiteVm } from '../runbook/site.ts';
import type { Guard, Verdict } from '../runbook/step.ts';
import { getNode } from '../tools/kubectl/nodes.ts';
import { sameVm } from '../tools/pve/identity.ts';
import { vmOn } from '../tools/pve/vm.ts';
import type { Vm } from '../tools/pve/vm.ts';

/** The VM that the inventory lists for a node; `undefined` where it lists none: that node is never reset. */
export const vmListedFor = (site: Site, node: string): SiteVm | undefined =>
  site.pve?.vms.find((it) => it.node === node);

/** The node's VM, looked for on every hypervisor: `qm` knows only the VMs of the host it runs on (COMMANDS D.1). */
export const vmOnAnyHost = (site: Site, node: string) => {
  const listed = vmListedFor(site, node);
  const hosts = listed === undefined ? [] : (site.pve?.hosts ?? []);
  return Object.fromEntries(hosts.map((host) => [host, vmOn(host, listed?.vmid ?? 0)]));
};

/** Where a VM was found. */
export type FoundVm =
  | { readonly is: 'found'; readonly vm: Vm }
  | { readonly is: 'nowhere'; readonly because: string }
  | { readonly is: 'unknown'; readonly because: string };

/** One VM on one host; two hosts that both have it, or one that cannot be asked while no other has it, leave it unknown. */
export function findVm(answers: Readonly<Record<string, Observation<Vm | undefined>>>): FoundVm {
  const all = Object.entries(answers);
  const found = all.flatMap(([, it]) => (it.ok && it.value !== undefined ? [it.value] : []));
  const [vm, second] = found;
  if (second !== undefined) {
    return {
      is: 'unknown',
      because: `VM ${second.vmid} is on ${found.map((it) => it.host).join(' and on ')}`,
    };
  }
  if (vm !== undefined) return { is: 'found', vm };
  const blind = all.flatMap(([host, it]) => (it.ok ? [] : [`${host}: ${it.says}`]));
  return blind.length > 0
    ? { is: 'unknown', because: `the hypervisor could not be asked (${blind.join('; ')})` }
    : { is: 'nowhere', because: `no hypervisor of the inventory has that VM` };
}

/** Proves a target twice, by name and by hardware (DESIGN: promise 6; COMMANDS D.2). */
export function vmIdentity(site: Site, node: string): Guard {
  const listed = vmListedFor(site, node);
  return guard({
    name: 'VM identity',
    observe: { node: getNode(site.cluster, node), vms: vmOnAnyHost(site, node) },
    judge: ({ node: known, vms }): Verdict => {
      if (listed === undefined)
        return { verdict: 'fails', because: `the inventory lists no VM for ${node}` };
      if (!known.ok || known.value === undefined) {
        return {
          verdict: 'unknown',
          because: `node ${node} could not be read: ${known.ok ? 'the API server has none' : known.says}`,
        };
      }
      const found = findVm(vms);
      if (found.is !== 'found')
        return { verdict: found.is === 'nowhere' ? 'fails' : 'unknown', because: found.because };
      const same = sameVm(found.vm, listed, known.value);
      switch (same.is) {
        case 'proven':
          return { verdict: 'holds', because: same.facts.join('; ') };
        case 'contradicted':
          return { verdict: 'fails', because: same.because };
        case 'unproven':
          return { verdict: 'unknown', because: same.because };
      }
    },
  });
}

/** Why a VM must not be touched now; `undefined` where nothing forbids it (COMMANDS D.1, F: qm reset). */
export function whyNotTouch(vm: Vm): string | undefined {
  if (vm.lock !== undefined) return `VM ${vm.vmid} is locked (${vm.lock})`;
  if (vm.ha === 'managed')
    return `VM ${vm.vmid} is managed by HA, which a reset does not go through`;
  if (vm.ha === 'unknown') return `whether HA manages VM ${vm.vmid} could not be read`;
  return undefined;
}

/** QEMU holds the guest still: a reset is accepted, and nothing runs until it is resumed (COMMANDS fact 2). */
const HELD = new Set(['paused', 'prelaunch', 'io-error', 'suspended']);

/** Whether QEMU holds the guest still. */
export const isHeld = (vm: Pick<Vm, 'qmpStatus'>): boolean => HELD.has(vm.qmpStatus);

const STATES: Readonly<Record<'running' | 'stopped' | 'held still', (vm: Vm) => boolean>> = {
  running: (vm) => vm.qmpStatus === 'running',
  stopped: (vm) => vm.status === 'stopped',
  'held still': isHeld,
};

/** Refuses a VM that is locked, managed by HA, or not in `expected` state. */
export function vmState(site: Site, node: string, expected: keyof typeof STATES): Guard {
  return guard({
    name: 'VM state',
    observe: { vms: vmOnAnyHost(site, node) },
    judge: ({ vms }): Verdict => {
      const found = findVm(vms);
      if (found.is !== 'found') return { verdict: 'unknown', because: found.because };
      const { vm } = found;
      const why = whyNotTouch(vm);
      if (why !== undefined)
        return { verdict: vm.ha === 'unknown' ? 'unknown' : 'fails', because: why };
      return STATES[expected](vm)
        ? { verdict: 'holds', because: `${vm.qmpStatus}, not locked, not managed by HA` }
        : { verdict: 'fails', because: `VM ${vm.vmid} is ${vm.qmpStatus}, expected ${expected}` };
    },
  });
}
