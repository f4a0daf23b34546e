import { between, uuid } from '../chance.ts';
import { note } from '../change.ts';
import { qm } from '../qm.ts';
import { unknownCommand } from '../said.ts';
import type { Said } from '../said.ts';
import { PVE } from '../site.ts';
import type { Mutation, Vm, World } from '../world.ts';
import { records } from './records.ts';
import type { Records } from './records.ts';
import type { Turn } from './turn.ts';

/** The hypervisor: one machine read, and switched (COMMANDS D.1, D.2; src/tools/pve). */

/** What every script there says first. */
export const pveHead = (world: World): Records => [
  ['boot', uuid(world.seed, 'boot', PVE)],
  ['uid', 0],
];

/** Disks of the CSI driver are plugged into the machine of the node on which they are mounted (DOMAIN 1). */
function pluggedIn(world: World, vm: Vm): readonly (readonly [string, string])[] {
  const node = world.nodes.find((it) => it.name === vm.node);
  return (node?.mounts ?? [])
    .filter((mount) =>
      world.volumes.some((it) => it.name === mount.volume && it.backend === 'block'),
    )
    .map(({ volume }, i) => [`scsi${i + 2}`, `local-lvm:vm-9999-${volume},backup=0,size=2G`]);
}

const optional = (key: string, text: string | undefined) =>
  text === undefined ? [] : [[key, text] as const];

/** The keys of `qm config --current`, sorted as it prints them. */
function configOf(world: World, vm: Vm): readonly (readonly [string, string])[] {
  return [
    ...optional('agent', vm.agent ? '1' : undefined),
    ...optional('boot', vm.boot),
    ...optional('bootdisk', vm.bootdisk),
    ['cores', '8'] as const,
    ...vm.hostpci.map((it, i) => [`hostpci${i}`, it] as const),
    ...optional(
      'ipconfig0',
      vm.address === undefined ? undefined : `gw=10.0.20.1,ip=${vm.address}/24`,
    ),
    ...optional('lock', vm.lock),
    ['memory', '32768'] as const,
    ['name', vm.name] as const,
    ['net0', `virtio=${vm.mac},bridge=vmbr1,tag=20`] as const,
    ['onboot', '1'] as const,
    ['scsihw', 'virtio-scsi-single'] as const,
    ['smbios1', `uuid=${vm.uuid}`] as const,
    ...Object.entries(vm.disks),
    ...pluggedIn(world, vm),
  ].toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** A paused machine is running to `qm list`: only the monitor tells (COMMANDS D.1). */
const listed = (vm: Vm): 'running' | 'stopped' => (vm.qmp === 'stopped' ? 'stopped' : 'running');

function statusOf(world: World, vm: Vm): Records {
  const uptime = vm.qmp === 'stopped' ? 0 : Math.floor((world.at - vm.startedAt) / 1000);
  const pid = vm.qmp === 'stopped' ? [] : [['pid', between(2_000, 900_000, vm.vmid, vm.startedAt)]];
  return [
    ['name', vm.name],
    ...pid.map(([key = '', value = 0]) => [key, value]),
    ['qmpstatus', vm.qmp],
    ['status', listed(vm)],
    ['uptime', uptime],
    ['vmid', vm.vmid],
    ...(vm.lock === undefined ? [] : [['lock', vm.lock]]),
  ].map((line) => ['status', ...line]);
}

/** The agent answers from a guest that runs. */
function agentOf(world: World, vm: Vm): 'yes' | 'no' | 'unknown' {
  if (!vm.agent) return 'no';
  const node = world.nodes.find((it) => it.name === vm.node);
  return vm.qmp === 'running' && (node === undefined || node.power === 'on') ? 'yes' : 'no';
}

/** Answers `pve/vm VMID`. */
export function readVm(world: World, [vmid = '']: readonly string[]): Said {
  const found = world.vms.find((it) => String(it.vmid) === vmid);
  const head: Records = [...pveHead(world), ['host', PVE]];
  if (found === undefined) return records('pve/vm-absent', [...head, ['absent']]);
  const config = configOf(world, found).map(([key, value]) => `${key}: ${value}`);
  const twins = world.vms.filter(
    (it) => it.vmid !== found.vmid && (it.name === found.name || it.uuid === found.uuid),
  );
  return records(
    'pve/vm',
    [
      ...head,
      ['list', listed(found), found.name],
      ...statusOf(world, found),
      ...config.map((line) => ['config', line]),
      ...config.map((line) => ['pending', `cur ${line}`]),
      ...Object.entries(found.pending).map(([key, value]) => ['pending', `new ${key}: ${value}`]),
      ['ha', found.ha ? 'managed' : 'none'],
      ['agent', agentOf(world, found)],
      ...twins.map((it) => ['twin', it.vmid]),
    ],
    between(900, 2_400, world.seed, 'qm', vmid, world.at),
  );
}

const DEEDS: Readonly<Record<string, Mutation['what']>> = {
  reset: 'reset-vm',
  resume: 'resume-vm',
  stop: 'stop-vm',
  start: 'start-vm',
};

/** How long `qm` takes for each, in milliseconds. */
const TAKES: Readonly<Record<string, readonly [number, number]>> = {
  reset: [300, 900],
  resume: [300, 800],
  stop: [2_000, 6_000],
  start: [2_000, 5_000],
};

/** Answers `pve/power VERB VMID NAME UUID`: the machine must still be the one that was seen. */
export function power(world: World, args: readonly string[]): Turn {
  const [verb = '', vmid = '', name = '', seen = '-'] = args;
  const found = world.vms.find((it) => String(it.vmid) === vmid);
  if (found === undefined) return { world, said: records('pve/vm-absent', [['absent']]) };
  if (found.name !== name || (seen !== '-' && found.uuid !== seen.toLowerCase())) {
    return { world, said: records('pve/power-other', [['other', found.name, found.uuid]]) };
  }
  const done = qm(world, verb, found);
  const what = DEEDS[verb];
  if (done === undefined || what === undefined) {
    return { world, said: unknownCommand(`qm ${verb} ${vmid}`) };
  }
  const [low, high] = TAKES[verb] ?? [300, 900];
  const said = records(
    'pve/power',
    [...(done.says === undefined ? [] : [['said', done.says]]), ['exit', done.code]],
    between(low, high, world.seed, verb, vmid, world.at),
  );
  return { world: note(done.world, what, `${vmid}:${found.node ?? found.name}`), said };
}
