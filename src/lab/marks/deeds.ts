import type { Mutation } from '../world.ts';
import { assumed, type Behaviour } from './mark.ts';

const NO_KUBELET = 'what follows is done by a kubelet, and none runs here';
const NO_PVE = 'no Proxmox VE was run';
const NO_SYSTEMD = 'needs systemd, kubelet and containerd, of which none runs in the suite';
const NO_NFS = 'needs an NFS client in the kernel, which namespaces share';

/** What each change of the world does to it at once: all that the lab can note has a mark. */
export const DEEDS: Readonly<Record<Mutation['what'], Behaviour>> = {
  'delete-pod': assumed(
    'the pod is Terminating, its containers are stopped',
    NO_KUBELET,
    'COMMANDS.md A.6',
  ),
  'force-delete-pod': assumed(
    'the object goes at once, the process may run on',
    NO_KUBELET,
    'DOMAIN.md 2.1 A4',
  ),
  'evict-pod': assumed(
    'the pod is Terminating, its containers are stopped',
    NO_KUBELET,
    'COMMANDS.md D.4',
  ),
  'patch-statefulset': assumed(
    'new pods have the new policy, old ones keep theirs',
    'no StatefulSet controller acts in the recording',
    'COMMANDS.md A.6, OnDelete',
  ),
  cordon: assumed(
    'no new pod comes to the node',
    'no scheduler acts in the recording',
    'COMMANDS.md D.4',
  ),
  uncordon: assumed(
    'pods come to the node again',
    'no scheduler acts in the recording',
    'COMMANDS.md D.4',
  ),
  'kill-task': assumed(
    'a mount that waits killably ends, and lets go what waits behind it',
    NO_NFS,
    'REALITY.md 4c, 4d',
  ),
  'restart-kubelet': assumed('a kubelet with a new process', NO_SYSTEMD, 'COMMANDS.md B.3'),
  'restart-containerd': assumed('a containerd with a new process', NO_SYSTEMD, 'COMMANDS.md C.4'),
  'stop-sandbox': assumed(
    'what runs in the sandbox ends, if it can',
    NO_SYSTEMD,
    'COMMANDS.md C.4',
  ),
  'remove-sandbox': assumed('the sandbox is forgotten', NO_SYSTEMD, 'COMMANDS.md C.4'),
  'detach-mount': assumed(
    'out of the table, and a superblock stays while it is held',
    NO_NFS,
    'COMMANDS.md B.4',
  ),
  'remove-directory': assumed('the directory is gone', NO_NFS, 'COMMANDS.md B.4'),
  'reset-vm': assumed(
    'a new boot, or nothing, by the state of the machine',
    NO_PVE,
    'COMMANDS.md D.1; REALITY.md 3',
  ),
  'resume-vm': assumed('a paused machine goes on', NO_PVE, 'COMMANDS.md D.1'),
  'stop-vm': assumed('the machine is off', NO_PVE, 'COMMANDS.md D.1'),
  'start-vm': assumed('the machine boots', NO_PVE, 'COMMANDS.md D.1'),
};
