import type { MountWait } from '../world.ts';

/** What `/proc/PID/stack` shows of a `mount.nfs` in each wait, innermost first (REALITY 4d; lab 03, 08, 10). */

const TAIL = [
  'nfs4_create_server',
  'nfs4_try_get_tree',
  'vfs_get_tree',
  'path_mount',
  '__x64_sys_mount',
  'do_syscall_64',
  'entry_SYSCALL_64_after_hwframe',
];

const CALL = ['rpc_wait_bit_killable', '__rpc_execute', 'rpc_execute', 'rpc_run_task'];

const FRAMES: Readonly<Record<MountWait, readonly string[]>> = {
  'set-up': [
    ...CALL,
    'nfs4_run_exchange_id',
    '_nfs4_proc_exchange_id',
    'nfs41_discover_server_trunking',
    'nfs4_discover_server_trunking',
    'nfs4_init_client',
    'nfs4_set_client',
  ],
  queue: ['nfs_wait_client_init_complete', 'nfs_get_client', 'nfs4_set_client'],
  mutex: ['nfs4_discover_server_trunking', 'nfs4_init_client', 'nfs4_set_client'],
  answer: [
    ...CALL,
    '_nfs41_proc_secinfo_no_name.constprop.0',
    'nfs41_find_root_sec',
    'nfs4_proc_get_rootfh',
    'nfs4_get_rootfh',
    'nfs4_server_common_setup',
  ],
};

/** The frames of a wait as a record has them: names only, separated by spaces. */
export const stackOf = (wait: MountWait): string => [...FRAMES[wait], ...TAIL].join(' ');
