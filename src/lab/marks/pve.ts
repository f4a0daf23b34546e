import { assumed, type Behaviours, recorded } from './mark.ts';

const NO_PVE = 'no Proxmox VE was run';

/** What a hypervisor prints. */
export const PVE_HOST = {
  'pve/identity': assumed('the host as a machine of its own', NO_PVE, 'the script, as on a node'),
  'pve/vm': assumed('a machine, its state and its configuration', NO_PVE, 'COMMANDS.md D.1, D.2'),
  'pve/vm-absent': assumed('no such machine', NO_PVE, 'COMMANDS.md D.1'),
  'pve/power': assumed('a machine is switched', NO_PVE, 'COMMANDS.md D.1; qemu-server, qm.pm'),
  'pve/power-other': assumed('another machine has that number', NO_PVE, 'COMMANDS.md D.2'),
  'pve/run-lock': recorded(
    'the lock of a run',
    'linux/6.18/lock-free',
    'linux/6.18/lock-taken',
    'linux/6.18/lock-of-another',
    'linux/6.18/lock-renewed',
    'linux/6.18/lock-released',
  ),
  'pve/snapshots': assumed('the snapshots of raft', NO_PVE, 'DOMAIN.md 1, backups'),
  'pve/snapshots-absent': assumed('no folder of snapshots', NO_PVE, "the product's own script"),
} as const satisfies Behaviours;
