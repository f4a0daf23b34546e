import { findVm, isHeld, vmListedFor, whyNotTouch } from '../../../src/guards/vm.ts';
import type { Observation } from '../../../src/runbook/observation.ts';
import type { NodeRef } from '../../../src/runbook/references.ts';
import type { Site } from '../../../src/runbook/site.ts';
import type { Drift, Judgement } from '../../../src/runbook/step.ts';
import type { Node } from '../../../src/tools/kubectl/nodes.ts';
import type { Identity } from '../../../src/tools/node/identity.ts';
import { bootDisk } from '../../../src/tools/pve/boot.ts';
import { sameVm } from '../../../src/tools/pve/identity.ts';
import type { Vm } from '../../../src/tools/pve/vm.ts';
import type { VmRef } from '../facts.ts';

/** The machine under a node, from all sides. */
export interface MachineLook {
  readonly node: Observation<Node | undefined>;
  readonly guest: Observation<Identity>;
  readonly vms: Readonly<Record<string, Observation<Vm | undefined>>>;
}

/** Which VM it is, and whether it may be touched. */
export type Machine =
  | { readonly is: 'outside'; readonly because: string }
  | { readonly is: 'not-proven'; readonly because: string }
  | { readonly is: 'unknown'; readonly because: string }
  | { readonly is: 'forbidden'; readonly because: string }
  | { readonly is: 'paused'; readonly vm: VmRef; readonly because: string }
  | { readonly is: 'stopped'; readonly because: string }
  | {
      readonly is: 'running';
      readonly vm: VmRef;
      readonly unschedulable: boolean;
      readonly because: string;
    };

const refTo = (vm: Vm, proven: VmRef['proven']): VmRef => ({
  host: vm.host,
  vmid: vm.vmid,
  name: vm.name,
  ...(vm.uuid === undefined ? {} : { uuid: vm.uuid }),
  proven,
  hostpci: vm.hostpci,
});

/** Proves the VM by its name and one hardware identity, and says why it must not be touched where that is so (COMMANDS D.2, F). */
export function judgeMachine(site: Site, target: NodeRef, seen: MachineLook): Machine {
  const listed = vmListedFor(site, target.name);
  if (listed === undefined) {
    return { is: 'outside', because: `the inventory lists no VM for ${target.name}` };
  }
  if (!seen.node.ok || seen.node.value === undefined) {
    return {
      is: 'unknown',
      because: `node ${target.name} could not be read: ${seen.node.ok ? 'the API server has none' : seen.node.says}`,
    };
  }
  const found = findVm(seen.vms);
  if (found.is === 'unknown') return { is: 'unknown', because: found.because };
  if (found.is === 'nowhere') {
    return { is: 'not-proven', because: `VM ${listed.vmid} (${listed.name}): ${found.because}` };
  }
  const { vm } = found;
  const guest = seen.guest.ok ? seen.guest.value : undefined;
  const same = sameVm(vm, listed, seen.node.value, guest);
  if (same.is !== 'proven') {
    return { is: 'not-proven', because: `VM ${vm.vmid} on ${vm.host}: ${same.because}` };
  }
  const why = whyNotTouch(vm);
  if (why !== undefined) return { is: 'forbidden', because: why };
  const ref = refTo(vm, same.facts);
  const said = `VM ${vm.vmid} on ${vm.host}: ${same.facts.join('; ')}; ${vm.qmpStatus}`;
  if (vm.status === 'stopped') return { is: 'stopped', because: said };
  if (isHeld(vm)) return { is: 'paused', vm: ref, because: said };
  if (vm.qmpStatus !== 'running') return { is: 'unknown', because: said };
  return { is: 'running', vm: ref, unschedulable: seen.node.value.unschedulable, because: said };
}

/** What a reset that nobody saw work has done. */
export type AfterReset =
  | { readonly is: 'booted'; readonly because: string }
  | { readonly is: 'paused'; readonly because: string }
  | { readonly is: 'nothing'; readonly because: string }
  | { readonly is: 'not-up'; readonly because: string }
  | { readonly is: 'stopped'; readonly because: string }
  /** Something runs, and the guest does not let anybody in to say which boot it is. */
  | { readonly is: 'unseen'; readonly because: string }
  | { readonly is: 'unknown'; readonly because: string };

const held = (it: Vm): AfterReset => ({
  is: 'paused',
  because: `VM ${it.vmid} is ${it.qmpStatus}: the guest stands still until it is resumed`,
});

/** Looks before the next rung: a no-op and a failed boot want different things (COMMANDS D.3). */
export function judgeAfterReset(target: NodeRef, seen: MachineLook): AfterReset {
  const found = findVm(seen.vms);
  const vm = found.is === 'found' ? found.vm : undefined;
  if (seen.guest.ok) {
    const { bootId } = seen.guest.value;
    if (bootId !== target.bootId) {
      return {
        is: 'booted',
        because: `the guest runs boot ${bootId}, before it was ${target.bootId}`,
      };
    }
    return vm !== undefined && isHeld(vm)
      ? held(vm)
      : {
          is: 'nothing',
          because: `the guest answers with its old boot ${bootId}: the reset did nothing`,
        };
  }
  const says = `the guest does not answer: ${seen.guest.says}`;
  const known = seen.node.ok ? (seen.node.value?.bootID ?? '') : '';
  if (known !== '' && known !== target.bootId)
    return { is: 'unseen', because: `the API knows boot ${known} of it already; ${says}` };
  if (!seen.node.ok)
    return { is: 'unknown', because: `the node could not be read: ${seen.node.says}; ${says}` };
  if (vm === undefined)
    return { is: 'unknown', because: `the hypervisor tells nothing either; ${says}` };
  if (vm.status === 'stopped') return { is: 'stopped', because: `VM ${vm.vmid} is stopped` };
  if (isHeld(vm)) return held(vm);
  if (vm.qmpStatus !== 'running')
    return { is: 'unknown', because: `VM ${vm.vmid} is ${vm.qmpStatus}; ${says}` };
  return vm.agent === true
    ? { is: 'unseen', because: `VM ${vm.vmid} runs and its guest agent answers; ${says}` }
    : { is: 'not-up', because: `VM ${vm.vmid} is running; ${says}` };
}

/** Whether a stop and a start may be risked: they apply what is pending, and boot by the boot order (COMMANDS D.1, D.3). */
export type ColdStart =
  | { readonly is: 'may'; readonly because: string }
  /** It is off already: only the start is left. */
  | { readonly is: 'off'; readonly because: string }
  | { readonly is: 'boot-disk'; readonly because: string }
  | { readonly is: 'pending'; readonly because: string }
  | { readonly is: 'forbidden'; readonly because: string };

const sayBoot = (vm: Vm): string =>
  vm.boot.kind === 'order'
    ? `boot order ${vm.boot.devices.join(';')}`
    : `bootdisk ${vm.boot.bootdisk ?? 'not set'}`;

/** The three checks before the last rung: the boot disk, what is pending, and HA. */
export function judgeColdStart(vm: Vm): ColdStart {
  const why = whyNotTouch(vm);
  if (why !== undefined) return { is: 'forbidden', because: why };
  if (vm.pending.length > 0) {
    return {
      is: 'pending',
      because: `a stop and start would also apply what is pending for VM ${vm.vmid}: ${vm.pending.join('; ')}`,
    };
  }
  const disk = bootDisk(vm);
  const disks = Object.keys(vm.disks).join(', ') || 'none';
  switch (disk.is) {
    case 'disk':
      return {
        is: vm.status === 'stopped' ? 'off' : 'may',
        because: `it would boot from ${disk.device}; nothing is pending`,
      };
    case 'missing':
      return {
        is: 'boot-disk',
        because: `${sayBoot(vm)} names ${disk.device}, which VM ${vm.vmid} does not have (disks: ${disks}): it would not come up again`,
      };
    case 'not-a-disk':
      return {
        is: 'boot-disk',
        because: `${sayBoot(vm)} begins with ${disk.device}, which holds no system (disks: ${disks}): it would not come up again`,
      };
    case 'nothing':
      return {
        is: 'boot-disk',
        because: `${sayBoot(vm)} leads to no disk (disks: ${disks}): it would not come up again`,
      };
  }
}

type SeenVm = Observation<Vm | undefined>;

/** Whether a deed on the power of a VM had its effect: what QEMU says of it now, never what `qm` exited with. */
export function judgePower(vm: VmRef, seen: SeenVm, wanted: 'running' | 'stopped'): Judgement {
  if (!seen.ok)
    return { effect: 'unknown', because: `VM ${vm.vmid} could not be read: ${seen.says}` };
  if (seen.value === undefined)
    return { effect: 'unknown', because: `VM ${vm.vmid} is not on ${vm.host} any more` };
  const { qmpStatus } = seen.value;
  if (qmpStatus === 'unknown')
    return { effect: 'unknown', because: `QEMU does not tell what VM ${vm.vmid} does` };
  return {
    effect: qmpStatus === wanted ? 'confirmed' : 'refuted',
    because: `VM ${vm.vmid} is ${qmpStatus}`,
  };
}

/** Whether a VM is still in the state that decided for the deed. */
export function stillIs(vm: VmRef, seen: SeenVm, state: (it: Vm) => boolean): Drift {
  if (!seen.ok)
    return { drift: 'unknown', because: `VM ${vm.vmid} could not be read: ${seen.says}` };
  if (seen.value === undefined)
    return { drift: 'changed', because: `VM ${vm.vmid} is not on ${vm.host} any more` };
  const { qmpStatus } = seen.value;
  if (qmpStatus === 'unknown')
    return { drift: 'unknown', because: `QEMU does not tell what VM ${vm.vmid} does` };
  return state(seen.value)
    ? { drift: 'same', because: `VM ${vm.vmid} is still ${qmpStatus}` }
    : { drift: 'changed', because: `VM ${vm.vmid} is ${qmpStatus} now` };
}
