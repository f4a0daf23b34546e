/**
 * What a VM boots from. `legacy`: without `boot: order=…` the one hard disk with a boot index is the one that
 * `bootdisk:` names, present or not (qm:QemuServer.pm bootorder_from_legacy; COMMANDS D.3).
 */
export type BootOrder =
  | { readonly kind: 'order'; readonly devices: readonly string[] }
  | { readonly kind: 'legacy'; readonly bootdisk?: string };

/** What the next start of a VM boots from, as far as its configuration says. */
export type BootDisk =
  /** A disk of the VM's own. Whether the system is on it, the configuration does not say. */
  | { readonly is: 'disk'; readonly device: string }
  /** A device that the VM does not have. */
  | { readonly is: 'missing'; readonly device: string }
  /** The network, a CD, or the volume of another VM or of a CSI driver. */
  | { readonly is: 'not-a-disk'; readonly device: string }
  | { readonly is: 'nothing' };

/** What is needed of a VM: `vmid` tells its own volumes from those of others. */
export interface Bootable {
  readonly vmid: number;
  readonly boot: BootOrder;
  readonly disks: Readonly<Record<string, string>>;
}

const DRIVE = /^(?:ide|sata|scsi|virtio)\d+$/;

/** Whether `key` of a configuration is a drive: `scsi0`, `ide2`. */
export const isDrive = (key: string): boolean => DRIVE.test(key);

/**
 * Reads `boot:` and `bootdisk:`. `order=scsi0;net0` counts alone; letters (`cdn`, `legacy=cdn`) or nothing are the
 * legacy form, in which `c` stands for the hard disk (qm:QemuServer.pm, pve-qm-boot).
 */
export function bootOrder(boot: string | undefined, bootdisk: string | undefined): BootOrder {
  const parts = (boot ?? '').split(',').map((part) => part.trim());
  const legacy = parts
    .map((part) => (part.includes('=') ? part : `legacy=${part}`))
    .find((part) => /^legacy=./.test(part))
    ?.slice('legacy='.length);
  const order = parts.find((part) => part.startsWith('order='))?.slice('order='.length);
  if (order !== undefined && legacy === undefined) {
    return { kind: 'order', devices: order.split(/[;\s]+/).filter((device) => device !== '') };
  }
  const hasDisk = (legacy ?? 'cdn').includes('c');
  return hasDisk && bootdisk ? { kind: 'legacy', bootdisk } : { kind: 'legacy' };
}

/** The volume of a drive: what stands before its first comma. */
const volumeOf = (drive: string): string => drive.split(',')[0] ?? '';

/**
 * Whether a drive can be the system's disk: no CD, not empty, and no volume that carries another VMID in its name, as
 * the volumes of the Proxmox CSI driver do (`vm-9999-pvc-…`), which are plugged into whichever VM needs them.
 */
function isOwnDisk(drive: string, vmid: number): boolean {
  const volume = volumeOf(drive);
  if (volume === '' || volume === 'none' || volume === 'cdrom') return false;
  if (/(?:^|,)media=cdrom(?:,|$)/.test(drive) || /\bcloudinit\b/.test(volume)) return false;
  const owner = [...volume.matchAll(/\bvm-(\d+)-/g)].at(-1)?.[1];
  return owner === undefined || Number(owner) === vmid;
}

function judged(device: string, { disks, vmid }: Bootable): BootDisk {
  if (!isDrive(device)) return { is: 'not-a-disk', device };
  const drive = Object.hasOwn(disks, device) ? disks[device] : undefined;
  if (drive === undefined) return { is: 'missing', device };
  return { is: isOwnDisk(drive, vmid) ? 'disk' : 'not-a-disk', device };
}

/**
 * What the next start boots from: the first device of the order, where every drive of the order exists. A reset boots
 * with the order that the running machine was started with; a stop and start takes this one (COMMANDS D.1, D.3).
 */
export function bootDisk(vm: Bootable): BootDisk {
  const { boot } = vm;
  const devices = boot.kind === 'order' ? boot.devices : boot.bootdisk ? [boot.bootdisk] : [];
  const [first] = devices;
  if (first === undefined) return { is: 'nothing' };
  const missing = devices.map((device) => judged(device, vm)).find((it) => it.is === 'missing');
  return missing ?? judged(first, vm);
}
