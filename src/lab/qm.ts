import { boots, changeVm, felled, wentOn } from './power.ts';
import type { Vm, World } from './world.ts';

/** `qm` on the hypervisor, verb by verb: what it says, how it ends, and what it does (COMMANDS D.1; fact 2). */

/** What a verb came to. */
export interface Done {
  readonly world: World;
  readonly code: number;
  readonly says?: string;
}

const ok = (world: World): Done => ({ world, code: 0 });

/** Only the last error of a task is said; its exit code is 255. */
const failed = (world: World, says: string): Done => ({ world, code: 255, says });

const qmp = (world: World, vm: Vm, state: Vm['qmp']): World =>
  changeVm(world, vm.vmid, (it) => ({ ...it, qmp: state }));

const fall = (world: World, vm: Vm, power: 'booting' | 'off'): World =>
  vm.node === undefined ? world : felled(world, vm.node, power);

/** A reset of a machine that QEMU holds still is accepted, and nothing runs until it is resumed (evidence: qmp-system-reset). */
function reset(world: World, vm: Vm): Done {
  if (vm.qmp === 'stopped') return failed(world, `VM ${vm.vmid} not running`);
  if (vm.ignores > 0) {
    return ok(changeVm(world, vm.vmid, (it) => ({ ...it, ignores: it.ignores - 1 })));
  }
  return vm.qmp === 'running'
    ? ok(fall(world, vm, 'booting'))
    : ok(fall(qmp(world, vm, 'prelaunch'), vm, 'off'));
}

function resume(world: World, vm: Vm): Done {
  if (vm.qmp === 'stopped') return failed(world, `VM ${vm.vmid} not running`);
  if (vm.qmp === 'running') return ok(world);
  const running = qmp(world, vm, 'running');
  if (vm.node === undefined) return ok(running);
  if (vm.qmp !== 'prelaunch') return ok(wentOn(running, vm.node));
  const { node } = vm;
  const nodes = running.nodes.map((it) =>
    it.name === node ? { ...it, power: 'booting' as const } : it,
  );
  return ok({ ...running, nodes });
}

/** The machine as its next start makes it: what was pending holds. */
function applied(vm: Vm): Vm {
  const { boot, bootdisk, ...hardware } = vm.pending;
  const drives = Object.entries(hardware).filter(([key]) =>
    /^(?:ide|sata|scsi|virtio)\d+$/.test(key),
  );
  return {
    ...vm,
    ...(boot === undefined ? {} : { boot }),
    ...(bootdisk === undefined ? {} : { bootdisk }),
    disks: { ...vm.disks, ...Object.fromEntries(drives) },
    pending: {},
  };
}

/** QEMU ends, and with it what its guest had; what was pending is applied. */
export const stopped = (world: World, vm: Vm): World =>
  fall(
    changeVm(world, vm.vmid, (it) => ({ ...applied(it), qmp: 'stopped' })),
    vm,
    'off',
  );

/** A new QEMU. Without a system where the boot order looks, it sits there and looks for one. */
export function started(world: World, vm: Vm): World {
  const fresh = applied(vm);
  const running = changeVm(world, vm.vmid, () => ({
    ...fresh,
    qmp: 'running',
    startedAt: world.at,
  }));
  const nodes = running.nodes.map((it) =>
    it.name === vm.node && boots(fresh) ? { ...it, power: 'booting' as const } : it,
  );
  return { ...running, nodes };
}

const ask = (world: World, vm: Vm, haAsked: 'stopped' | 'started'): Done => ({
  world: changeVm(world, vm.vmid, (it) => ({ ...it, haAsked })),
  code: 0,
  says: `Requesting HA ${haAsked === 'stopped' ? 'stop' : 'start'} for VM ${vm.vmid}`,
});

function stop(world: World, vm: Vm): Done {
  if (vm.ha) return ask(world, vm, 'stopped');
  return vm.qmp === 'stopped' ? ok(world) : ok(stopped(world, vm));
}

function start(world: World, vm: Vm): Done {
  if (vm.ha) return ask(world, vm, 'started');
  return vm.qmp === 'stopped'
    ? ok(started(world, vm))
    : failed(world, `VM ${vm.vmid} already running`);
}

const VERBS: Readonly<Record<string, (world: World, vm: Vm) => Done>> = {
  reset,
  resume,
  stop,
  start,
};

/** `qm VERB VMID`, without `--skiplock`; `undefined`: the lab's qm has no such verb. */
export function qm(world: World, verb: string, vm: Vm): Done | undefined {
  const does = VERBS[verb];
  if (does === undefined) return undefined;
  return vm.lock === undefined ? does(world, vm) : failed(world, `VM is locked (${vm.lock})`);
}
