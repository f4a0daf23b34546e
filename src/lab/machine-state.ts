/** What the hypervisor adds to the world's data; see `world.ts` for how it is kept. */

/** A guest's power: `paused` is a hypervisor that does not run it, `off` also one that finds nothing to boot. */
export type Power = 'on' | 'booting' | 'paused' | 'off';

/** A virtual machine of the hypervisor (COMMANDS D.1 to D.3). */
export interface Vm {
  readonly vmid: number;
  readonly name: string;
  /** The node that is its guest; absent: none of the cluster. */
  readonly node?: string;
  /** SMBIOS UUID. */
  readonly uuid: string;
  readonly mac: string;
  /** As `ipconfig0` names it; absent: nothing does. */
  readonly address?: string;
  readonly qmp: 'running' | 'paused' | 'io-error' | 'prelaunch' | 'stopped';
  readonly lock?: string;
  readonly ha: boolean;
  /** HA was asked for it, and has not done it yet. */
  readonly haAsked?: 'stopped' | 'started';
  /** The guest agent is installed. */
  readonly agent: boolean;
  /** `scsi0` → `local-lvm:vm-202-disk-0,size=256G`. */
  readonly disks: Readonly<Record<string, string>>;
  /** `order=scsi0;net0`; absent: `bootdisk` decides. */
  readonly boot?: string;
  readonly bootdisk?: string;
  /** Where the operating system really is: no command says so. */
  readonly osDisk: string;
  readonly hostpci: readonly string[];
  /** Changes that the next stop and start apply, by key. */
  readonly pending: Readonly<Record<string, string>>;
  /** Resets that exit 0 and do nothing, still to come. */
  readonly ignores: number;
  /** When its QEMU process started: a reset does not change it. */
  readonly startedAt: number;
}
