import type { MakeStep } from '../book.ts';

/** Every way this runbook ends, with what a person does next. */
export const ends = (step: MakeStep) => ({
  resolved: step.end({
    title: 'New mounts work again, and stayed so for the whole soak',
    result: 'resolved',
    mayUse: ['leftovers'],
    left: ({ facts: { leftovers = [] } }) => leftovers,
  }),
  healthy: step.end({
    title: 'Every node mounts: this is not the incident',
    result: 'not-this-incident',
    left: () => [
      'If pods still wait for volumes, see whether the driver is registered on their node: nfs-csi-recovery.',
    ],
  }),
  fine: step.end({
    title: 'This node mounts every version, and its kubelet is well: nothing was touched',
    result: 'not-this-incident',
    needs: ['target'],
    left: ({ facts: { target } }) => [
      `The kernel's NFS client of ${target.name} works. If its pods wait for volumes, look at the driver: nfs-csi-recovery.`,
    ],
  }),
  untested: step.end({
    title: 'No task is stuck, and no test mount could settle it',
    result: 'escalate',
    left: () => [
      'Name nfs.export in the inventory, so that a test mount (read-only, taken back at once) can tell a wedged client from a well one.',
    ],
  }),
  server: step.end({
    title: 'It is the server, not a client: its fault resets nothing',
    result: 'escalate',
    left: ({ site }) => [
      `Look at nfsd on ${site.nfs?.host ?? site.nfs?.server ?? 'the NFS server'}: its threads, its exports, its disks and its load. Do not restart it for clients that hang: mounts recover by themselves when it answers again.`,
    ],
  }),
  grace: step.end({
    title: 'The server is in its grace period: this passes by itself',
    result: 'not-this-incident',
    left: () => [
      'Wait for the grace period to end (90 s by default), then start this runbook again if mounts still hang.',
    ],
  }),
  path: step.end({
    title: 'It is the path between this node and the server',
    result: 'escalate',
    needs: ['target'],
    left: ({ site, facts: { target } }) => [
      `Look at the way from ${target.name} to ${site.nfs?.server ?? 'the NFS server'}: firewall, routes, VLAN, a connection whose source port is blocked. A reset of the node does not mend a path.`,
    ],
  }),
  many: step.end({
    title: 'More than half of the nodes hang: this is no client fault',
    result: 'escalate',
    left: () => [
      'Suspect the NFS server or the control plane: look at nfsd, its disks and its network, then at kube-apiserver and etcd. Resetting nodes one after another would take the cluster down.',
    ],
  }),
  'no-control': step.end({
    title: 'No healthy node is left to compare with',
    result: 'escalate',
    left: () => [
      'Without a node on which mounts work, a client fault cannot be told from a server fault: look at the server first.',
    ],
  }),
  blind: step.end({
    title: 'Most nodes cannot be looked at',
    result: 'escalate',
    left: () => [
      'Mend the way in (SSH, network, power) before anything is reset: of the nodes nothing is known.',
    ],
  }),
  unclear: step.end({
    title: 'What was seen does not decide',
    result: 'escalate',
    left: () => [
      'Read the evidence in the journal; nothing was proven, and nothing may be reset on a guess.',
    ],
  }),
  restless: step.end({
    title: 'The cluster keeps changing, or the same node keeps failing',
    result: 'escalate',
    left: () => [
      'Find out who or what is acting, or why the fault comes back (a dead path, a client of the server, an application), then start again.',
    ],
  }),
  'unknown-node': step.end({
    title: 'There is no such node',
    result: 'escalate',
    left: ({ site: { cluster } }) => [
      `See the names: kubectl --context ${cluster.context} get nodes`,
    ],
  }),
  'no-api': step.end({
    title: 'The API server does not answer',
    result: 'escalate',
    left: () => [
      'Without the API a node cannot be cordoned, and its boot ID is known from one side alone. Look at the control plane first.',
    ],
  }),
  'no-nfs': step.end({
    title: 'The inventory names no NFS server',
    result: 'escalate',
    left: () => ['Write nfs.server and nfs.export into the inventory, then start again.'],
  }),
  outside: step.end({
    title: 'The inventory has no VM for this node: it is never reset',
    result: 'unsafe',
    needs: ['target'],
    left: ({ facts: { target } }) => [
      `Write the VM of ${target.name} under pve.vms in the inventory once you have proven it (qm config: name and smbios1), then start again.`,
    ],
  }),
  'not-the-vm': step.end({
    title: 'That VM is not proven to be this node: it is not touched',
    result: 'unsafe',
    needs: ['target'],
    left: ({ facts: { target } }) => [
      `Compare name and smbios1 in qm config with the systemUUID of ${target.name} (kubectl get node -o yaml). Names may be swapped; the hardware's identity decides.`,
    ],
  }),
  'hands-off': step.end({
    title: 'The VM is locked, or another program manages it',
    result: 'unsafe',
    needs: ['target'],
    left: ({ facts: { target } }) => [
      `A lock means that a backup, a migration or a snapshot of ${target.name} is under way: wait for its end, and never skip the lock. A VM under HA is moved by ha-manager, not by qm.`,
    ],
  }),
  stopped: step.end({
    title: 'The VM is stopped: there is nothing to reset',
    result: 'escalate',
    needs: ['target'],
    left: ({ facts: { target } }) => [
      `Find out who stopped the VM of ${target.name}, and check its boot order before it is started (qm config, qm pending).`,
    ],
  }),
  'unknown-vm': step.end({
    title: 'The hypervisor does not tell enough: nothing was reset on a guess',
    result: 'escalate',
    needs: ['target'],
    left: ({ facts: { target } }) => [
      `See the VM of ${target.name} by hand: qm status, qm config, its console. What cannot be read is not reset.`,
    ],
  }),
  'in-the-dark': step.end({
    title: 'The node does not let anybody in: a reset could not be proven',
    result: 'escalate',
    needs: ['target'],
    left: ({ facts: { target } }) => [
      `Look at the console of ${target.name}'s VM. If its kernel is dead, reset it by hand: note the boot ID ${target.bootId} first, and call it reset when the node object shows another one.`,
    ],
  }),
  'stays-paused': step.end({
    title: 'The VM does not run on',
    result: 'escalate',
    needs: ['target', 'vm'],
    left: ({ facts: { target, vm } }) => [
      `VM ${vm.vmid} (${target.name}) stays paused: look at its disks on ${vm.host} (io-error: storage is full or gone), then qm resume ${vm.vmid}.`,
    ],
  }),
  'boot-disk': step.end({
    title: 'A stop and start would not come up: the boot order leads to no system',
    result: 'unsafe',
    needs: ['target', 'vm'],
    left: ({ facts: { target, vm } }) => [
      `Set the boot order of VM ${vm.vmid} (${target.name}) to the disk that holds its system, for instance: qm set ${vm.vmid} --boot order=scsi1. See qm config ${vm.vmid} for its disks, and have a second person read it; then start this runbook again.`,
    ],
  }),
  pending: step.end({
    title: 'A stop and start would also change the hardware',
    result: 'unsafe',
    needs: ['target', 'vm'],
    left: ({ facts: { target, vm } }) => [
      `See qm pending ${vm.vmid} (${target.name}), and decide whether to apply or to revert it (qm set ${vm.vmid} --revert KEY); then start this runbook again.`,
    ],
  }),
  'does-not-stop': step.end({
    title: 'The VM does not stop',
    result: 'escalate',
    needs: ['target', 'vm'],
    left: ({ facts: { target, vm } }) => [
      `VM ${vm.vmid} (${target.name}) is still there after TERM and KILL: look at its QEMU process on ${vm.host}; it may wait for storage.`,
    ],
  }),
  'does-not-boot': step.end({
    title: 'The VM was stopped and does not start',
    result: 'escalate',
    needs: ['target', 'vm'],
    left: ({ facts: { target, vm } }) => [
      `VM ${vm.vmid} (${target.name}) does not start: see what qm start ${vm.vmid} says on ${vm.host}, and its console.`,
    ],
  }),
  'not-cordoned': step.end({
    title: 'The node does not read back as cordoned: nothing further was done',
    result: 'escalate',
    needs: ['target'],
    left: ({ facts: { target } }) => [
      `${target.name} is schedulable, or could not be read back: see what the API server answered in the journal (rights, admission).`,
    ],
  }),
  'kubelet-by-hand': step.end({
    title: 'The NFS client is well, and the kubelet is not: a person decides',
    result: 'escalate',
    needs: ['target', 'verdict'],
    left: ({ facts: { target, verdict } }) => [
      `${target.name}: ${verdict.because}. Read journalctl -u kubelet there; a node whose kernel mounts is not reset for its kubelet.`,
    ],
  }),
  'left-alone': step.end({
    title: 'Declined: the node is left as it is now',
    result: 'escalate',
    needs: ['target'],
    mayUse: ['verdict'],
    left: ({ facts: { target, verdict } }) => [
      `${target.name} was not repaired${verdict === undefined ? '' : `: ${verdict.because}`}.`,
    ],
  }),
  blocked: step.end({
    title: 'A guard does not hold: nothing further was done',
    result: 'unsafe',
    left: () => [
      'See which guard and why; mend that, or decide with a second person, then start again.',
    ],
  }),
  'not-back': step.end({
    title: 'The node does not come back whole',
    result: 'escalate',
    needs: ['target'],
    left: ({ facts: { target } }) => [
      `${target.name}: see its console, then kubelet, the pod network (Calico) and the CSI driver, in this order: each needs the one before.`,
    ],
  }),
  'left-cordoned': step.end({
    title: 'The node is well, and still cordoned',
    result: 'escalate',
    needs: ['target'],
    left: ({ site: { cluster }, facts: { target } }) => [
      `kubectl --context ${cluster.context} uncordon ${target.name}, when you are ready for it.`,
    ],
  }),
  regressed: step.end({
    title: 'It was back, and fell back',
    result: 'escalate',
    needs: ['target'],
    left: ({ facts: { target } }) => [
      `${target.name} did not stay well: the evidence says what failed. Mend that before another reset.`,
    ],
  }),
});
