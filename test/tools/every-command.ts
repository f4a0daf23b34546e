import type { Command } from '../../src/runbook/command.ts';
import { listAttachments } from '../../src/tools/kubectl/attachments.ts';
import { listAllBudgets } from '../../src/tools/kubectl/budgets.ts';
import { listAllClaims, listClaims, listVolumes } from '../../src/tools/kubectl/claims.ts';
import { setUnschedulable } from '../../src/tools/kubectl/cordon.ts';
import { getCsiNode, listCsiNodes } from '../../src/tools/kubectl/csi-nodes.ts';
import { getDaemonSet } from '../../src/tools/kubectl/daemon-sets.ts';
import { deletePod, forceDeletePod } from '../../src/tools/kubectl/delete-pod.ts';
import { endpointsOf } from '../../src/tools/kubectl/endpoints.ts';
import { failedMounts, podEvents } from '../../src/tools/kubectl/events.ts';
import { evictPod } from '../../src/tools/kubectl/evict.ts';
import { nodeLease } from '../../src/tools/kubectl/leases.ts';
import { podLogs } from '../../src/tools/kubectl/logs.ts';
import { activeJobs, kuredLock } from '../../src/tools/kubectl/maintenance.ts';
import { getNode, listNodes } from '../../src/tools/kubectl/nodes.ts';
import { getPod, listAllPods, listPods, podsOnNode } from '../../src/tools/kubectl/pods.ts';
import { apiReady } from '../../src/tools/kubectl/ready.ts';
import {
  createRunLease,
  readRunLease,
  replaceRunLease,
} from '../../src/tools/kubectl/run-lease.ts';
import { secretExists } from '../../src/tools/kubectl/secrets.ts';
import { getStatefulSet, patchFsGroupChangePolicy } from '../../src/tools/kubectl/statefulset.ts';
import { askServer } from '../../src/tools/nfs/answer.ts';
import { listWorkloads } from '../../src/tools/kubectl/workloads.ts';
import { nfsClients } from '../../src/tools/nfs/clients.ts';
import { testMount } from '../../src/tools/nfs/probe.ts';
import { nfsServer } from '../../src/tools/nfs/server.ts';
import { detachMount } from '../../src/tools/node/detach-mount.ts';
import { identity } from '../../src/tools/node/identity.ts';
import { killTask } from '../../src/tools/node/kill-task.ts';
import { kubelet } from '../../src/tools/node/kubelet.ts';
import { nfsState } from '../../src/tools/node/nfs-state.ts';
import { podLogFile } from '../../src/tools/node/pod-log.ts';
import { portOwner } from '../../src/tools/node/port-owner.ts';
import { reach } from '../../src/tools/node/reach.ts';
import { remains } from '../../src/tools/node/remains.ts';
import { removeDirectory } from '../../src/tools/node/remove-directory.ts';
import { restartUnit } from '../../src/tools/node/restart-unit.ts';
import { sandboxes } from '../../src/tools/node/sandboxes.ts';
import { removeSandbox, stopSandbox } from '../../src/tools/node/sandbox.ts';
import { task } from '../../src/tools/node/task.ts';
import { tasks } from '../../src/tools/node/tasks.ts';
import { unit } from '../../src/tools/node/unit.ts';
import { power } from '../../src/tools/pve/power.ts';
import {
  releaseRunLock,
  renewRunLock,
  showRunLock,
  takeOverRunLock,
  takeRunLock,
} from '../../src/tools/pve/run-lock.ts';
import { vmOn } from '../../src/tools/pve/vm.ts';
import { externalHealth } from '../../src/tools/vault/external.ts';
import { haStatus, health, leader } from '../../src/tools/vault/proxy.ts';
import { newestSnapshots } from '../../src/tools/vault/snapshots.ts';
import { audited, canary, raftConfiguration } from '../../src/tools/vault/token.ts';
import { CLUSTER, SITE, UID } from './site.ts';

const VM = { host: 'pve', vmid: 203, name: 'k8s-node3' } as const;
const POD = { namespace: 'vault', name: 'vault-2', uid: UID };
const SANDBOX = {
  id: 'ab'.repeat(32),
  podUid: UID,
  namespace: 'nfs-csi',
  name: 'csi-nfs-node-x7k2p',
};
const TAKING = { run: 'run-1', owner: 'ops@box', purpose: 'vault: delete pod', seconds: 180 };
const HELD = { run: 'run-1', number: 7 };
/** A directory that a pod left behind. */
export const STALE = `/var/lib/kubelet/pods/${UID}/volumes/kubernetes.io~csi/pvc-0b0b/mount`;

/** One of every command there is, and how it is spelled. */
export const EVERY: readonly (readonly [Command<unknown>, string])[] = [
  [apiReady(CLUSTER), 'kubectl --context home --request-timeout=3s get --raw /readyz'],
  [
    apiReady({ ...CLUSTER, kubeconfig: '/etc/sre/kubeconfig' }),
    'kubectl --context home --kubeconfig /etc/sre/kubeconfig --request-timeout=3s get --raw /readyz',
  ],
  [listNodes(CLUSTER), 'kubectl --context home --request-timeout=10s get --raw /api/v1/nodes'],
  [
    getNode(CLUSTER, 'k8s-node3'),
    'kubectl --context home --request-timeout=10s get --raw /api/v1/nodes/k8s-node3',
  ],
  [
    listPods(CLUSTER, 'vault', SITE.vault.selector),
    'kubectl --context home --request-timeout=10s get --raw /api/v1/namespaces/vault/pods?labelSelector=app.kubernetes.io%2Fname%3Dvault%2Ccomponent%3Dserver',
  ],
  [
    getPod(CLUSTER, POD),
    'kubectl --context home --request-timeout=10s get --raw /api/v1/namespaces/vault/pods/vault-2',
  ],
  [
    podsOnNode(CLUSTER, 'k8s-node3'),
    'kubectl --context home --request-timeout=10s get --raw /api/v1/pods?fieldSelector=spec.nodeName%3Dk8s-node3',
  ],
  [
    deletePod(CLUSTER, POD),
    'kubectl --context home --request-timeout=10s delete --raw /api/v1/namespaces/vault/pods/vault-2 -f -',
  ],
  [
    forceDeletePod(CLUSTER, POD),
    'kubectl --context home --request-timeout=10s delete --raw /api/v1/namespaces/vault/pods/vault-2 -f -',
  ],
  [
    endpointsOf(CLUSTER, 'vault', 'vault-active'),
    'kubectl --context home --request-timeout=10s get --raw /apis/discovery.k8s.io/v1/namespaces/vault/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3Dvault-active',
  ],
  [
    listClaims(CLUSTER, 'vault'),
    'kubectl --context home --request-timeout=10s get --raw /api/v1/namespaces/vault/persistentvolumeclaims',
  ],
  [
    listVolumes(CLUSTER),
    'kubectl --context home --request-timeout=10s get --raw /api/v1/persistentvolumes',
  ],
  [
    getStatefulSet(CLUSTER, 'vault', 'vault'),
    'kubectl --context home --request-timeout=10s get --raw /apis/apps/v1/namespaces/vault/statefulsets/vault',
  ],
  [
    patchFsGroupChangePolicy(CLUSTER, 'vault', 'vault', { fsGroup: 1000, dryRun: true }),
    'kubectl --context home --request-timeout=10s -n vault patch statefulset vault --type=json --dry-run=server -o json -p [{"op":"test","path":"/spec/updateStrategy/type","value":"OnDelete"},{"op":"test","path":"/spec/template/spec/securityContext/fsGroup","value":1000},{"op":"add","path":"/spec/template/spec/securityContext/fsGroupChangePolicy","value":"OnRootMismatch"}]',
  ],
  [
    patchFsGroupChangePolicy(CLUSTER, 'vault', 'vault', { fsGroup: 1000, dryRun: false }),
    'kubectl --context home --request-timeout=10s -n vault patch statefulset vault --type=json -o json -p [{"op":"test","path":"/spec/updateStrategy/type","value":"OnDelete"},{"op":"test","path":"/spec/template/spec/securityContext/fsGroup","value":1000},{"op":"add","path":"/spec/template/spec/securityContext/fsGroupChangePolicy","value":"OnRootMismatch"}]',
  ],
  [
    kuredLock(CLUSTER, { namespace: 'kured', daemonSet: 'kured' }),
    'kubectl --context home --request-timeout=10s get --raw /apis/apps/v1/namespaces/kured/daemonsets/kured',
  ],
  [
    activeJobs(CLUSTER, 'k8s-upgrade'),
    'kubectl --context home --request-timeout=10s get --raw /apis/batch/v1/namespaces/k8s-upgrade/jobs',
  ],
  [
    nodeLease(CLUSTER, 'k8s-node3'),
    'kubectl --context home --request-timeout=10s get --raw /apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/k8s-node3',
  ],
  [
    podEvents(CLUSTER, 'vault', 'vault-2'),
    'kubectl --context home --request-timeout=10s get --raw /api/v1/namespaces/vault/events?fieldSelector=involvedObject.name%3Dvault-2',
  ],
  [
    secretExists(CLUSTER, 'vault', 'vault-unseal-key'),
    'kubectl --context home --request-timeout=10s -n vault get secret vault-unseal-key -o name',
  ],
  [
    podLogs(CLUSTER, POD, 'vault', 5),
    'kubectl --context home --request-timeout=8s get --raw /api/v1/namespaces/vault/pods/vault-2/log?container=vault&tailLines=5&timestamps=true',
  ],
  [
    health(SITE, POD),
    'kubectl --context home --request-timeout=5s get --raw /api/v1/namespaces/vault/pods/http:vault-2:8200/proxy/v1/sys/health?standbycode=299&perfstandbyok=true&sealedcode=299&uninitcode=299&drsecondarycode=299&performancestandbycode=299&haunhealthycode=299&removedcode=299',
  ],
  [
    leader(SITE, POD),
    'kubectl --context home --request-timeout=5s get --raw /api/v1/namespaces/vault/pods/http:vault-2:8200/proxy/v1/sys/leader',
  ],
  [
    haStatus(SITE, POD),
    'kubectl --context home --request-timeout=5s get --raw /api/v1/namespaces/vault/pods/http:vault-2:8200/proxy/v1/sys/ha-status',
  ],
  [
    raftConfiguration(SITE, POD),
    'kubectl --context home --request-timeout=7s -n vault exec -i vault-2 -c vault -- timeout -s KILL 7 sh -c IFS= read -r VAULT_TOKEN || [ -n "$VAULT_TOKEN" ] || exit 90; export VAULT_TOKEN; export VAULT_CLIENT_TIMEOUT=5 VAULT_MAX_RETRIES=0; exec "$@" </dev/null sre vault operator raft list-peers -format=json',
  ],
  [
    canary(SITE, POD, 'run-1'),
    'kubectl --context home --request-timeout=12s -n vault exec -i vault-2 -c vault -- timeout -s KILL 12 sh -c IFS= read -r VAULT_TOKEN || [ -n "$VAULT_TOKEN" ] || exit 90; export VAULT_TOKEN; export VAULT_CLIENT_TIMEOUT=10 VAULT_MAX_RETRIES=0; exec "$@" </dev/null sre vault write -format=json cubbyhole/sre-canary mark=run-1',
  ],
  [
    audited(SITE, POD),
    'kubectl --context home --request-timeout=7s -n vault exec -i vault-2 -c vault -- timeout -s KILL 7 sh -c IFS= read -r VAULT_TOKEN || [ -n "$VAULT_TOKEN" ] || exit 90; export VAULT_TOKEN; export VAULT_CLIENT_TIMEOUT=5 VAULT_MAX_RETRIES=0; exec "$@" </dev/null sre vault token lookup -format=json',
  ],
  [
    externalHealth('https://vault.example.net/v1/sys/health'),
    'curl -sS -o /dev/null -m 5 -w %{http_code} https://vault.example.net/v1/sys/health',
  ],
  [tasks('k8s-node3'), 'sh node/tasks'],
  [remains('k8s-node3', UID), `sh node/remains ${UID}`],
  [
    reach('k8s-node3', '10.10.107.27', 8200, '/v1/sys/leader'),
    'sh node/reach 10.10.107.27 8200 /v1/sys/leader',
  ],
  [podLogFile('k8s-node3', POD, 'vault'), `sh node/pod-log vault vault-2 ${UID} vault 65536`],
  [kubelet('k8s-node3'), 'sh node/kubelet'],
  [
    killTask('k8s-node3', { pid: 343, startTicks: 9676, comm: 'mount.nfs' }),
    'sh node/kill-task 343 9676 mount.nfs',
  ],
  [task('k8s-node3', 343), 'sh node/task 343'],
  [identity({ on: 'pve', host: 'pve' }), 'sh node/identity'],
  ...[nfsClients(SITE)].flatMap((it) =>
    it === undefined ? [] : [[it, 'sh nfs/clients'] as const],
  ),
  ...[newestSnapshots(SITE)].flatMap((it) =>
    it === undefined ? [] : [[it, 'sh vault/snapshots /srv/nfs/vault-backup'] as const],
  ),
  ...[nfsServer(SITE)].flatMap((it) => (it === undefined ? [] : [[it, 'sh nfs/server'] as const])),
  [nfsState('k8s-node3'), 'sh node/nfs-state'],
  [portOwner('k8s-node3', 29_653), 'sh node/port-owner 29653'],
  [sandboxes('k8s-node3'), 'sh node/sandboxes'],
  [stopSandbox('k8s-node3', SANDBOX), `sh node/sandbox stop ${SANDBOX.id} ${UID}`],
  [removeSandbox('k8s-node3', SANDBOX), `sh node/sandbox remove ${SANDBOX.id} ${UID}`],
  [unit('k8s-node3', 'kubelet'), 'sh node/unit kubelet'],
  [restartUnit('k8s-node3', 'kubelet', 811), 'sh node/restart-unit kubelet 811'],
  [restartUnit('k8s-node3', 'containerd', undefined), 'sh node/restart-unit containerd 0'],
  [detachMount('k8s-node3', { path: STALE, podUid: UID }), `sh node/detach-mount ${STALE}`],
  [removeDirectory('k8s-node3', STALE), `sh node/remove-directory ${STALE}`],
  [
    testMount('k8s-node3', { server: '192.168.1.127', export: '/srv/nfs' }, '4.2'),
    'sh nfs/probe 192.168.1.127 /srv/nfs 4.2 15',
  ],
  [askServer('k8s-node3', '192.168.1.127'), 'sh nfs/answer 192.168.1.127'],
  [listAllPods(CLUSTER), 'kubectl --context home --request-timeout=10s get --raw /api/v1/pods'],
  [
    listAllClaims(CLUSTER),
    'kubectl --context home --request-timeout=10s get --raw /api/v1/persistentvolumeclaims',
  ],
  [
    listAllBudgets(CLUSTER),
    'kubectl --context home --request-timeout=10s get --raw /apis/policy/v1/poddisruptionbudgets',
  ],
  [
    listCsiNodes(CLUSTER),
    'kubectl --context home --request-timeout=10s get --raw /apis/storage.k8s.io/v1/csinodes',
  ],
  [
    getCsiNode(CLUSTER, 'k8s-node3'),
    'kubectl --context home --request-timeout=10s get --raw /apis/storage.k8s.io/v1/csinodes/k8s-node3',
  ],
  [
    listAttachments(CLUSTER),
    'kubectl --context home --request-timeout=10s get --raw /apis/storage.k8s.io/v1/volumeattachments',
  ],
  [
    listWorkloads(CLUSTER, 'deployments'),
    'kubectl --context home --request-timeout=10s get --raw /apis/apps/v1/deployments',
  ],
  [
    listWorkloads(CLUSTER, 'statefulsets'),
    'kubectl --context home --request-timeout=10s get --raw /apis/apps/v1/statefulsets',
  ],
  [
    listWorkloads(CLUSTER, 'replicasets'),
    'kubectl --context home --request-timeout=10s get --raw /apis/apps/v1/replicasets',
  ],
  [
    getDaemonSet(CLUSTER, 'nfs-csi', 'csi-nfs-node'),
    'kubectl --context home --request-timeout=10s get --raw /apis/apps/v1/namespaces/nfs-csi/daemonsets/csi-nfs-node',
  ],
  [
    failedMounts(CLUSTER),
    'kubectl --context home --request-timeout=10s get --raw /api/v1/events?fieldSelector=reason%3DFailedMount',
  ],
  [
    setUnschedulable(CLUSTER, { name: 'k8s-node3', uid: UID }, true),
    `kubectl --context home --request-timeout=10s patch node k8s-node3 --type=json -p [{"op":"test","path":"/metadata/uid","value":"${UID}"},{"op":"add","path":"/spec/unschedulable","value":true}] -o json`,
  ],
  [
    setUnschedulable(CLUSTER, { name: 'k8s-node3', uid: UID }, false),
    `kubectl --context home --request-timeout=10s patch node k8s-node3 --type=json -p [{"op":"test","path":"/metadata/uid","value":"${UID}"},{"op":"add","path":"/spec/unschedulable","value":false}] -o json`,
  ],
  [
    evictPod(CLUSTER, POD, 30),
    'kubectl --context home --request-timeout=10s create --raw /api/v1/namespaces/vault/pods/vault-2/eviction -f -',
  ],
  [vmOn('pve', 203), 'sh pve/vm 203'],
  [power(VM, 'reset'), 'sh pve/power reset 203 k8s-node3 -'],
  [power({ ...VM, uuid: UID }, 'resume'), `sh pve/power resume 203 k8s-node3 ${UID}`],
  [power(VM, 'stop'), 'sh pve/power stop 203 k8s-node3 -'],
  [power(VM, 'start'), 'sh pve/power start 203 k8s-node3 -'],
  [
    readRunLease(CLUSTER, 'kube-system'),
    'kubectl --context home --request-timeout=10s get --raw /apis/coordination.k8s.io/v1/namespaces/kube-system/leases/sre-run',
  ],
  [
    createRunLease(CLUSTER, 'kube-system', { number: 1 }),
    'kubectl --context home --request-timeout=10s create --raw /apis/coordination.k8s.io/v1/namespaces/kube-system/leases -f -',
  ],
  [
    replaceRunLease(CLUSTER, 'kube-system', '80412346', { number: 2 }),
    'kubectl --context home --request-timeout=10s replace --raw /apis/coordination.k8s.io/v1/namespaces/kube-system/leases/sre-run -f -',
  ],
  [showRunLock('pve', 180), 'sh pve/run-lock show 180'],
  [takeRunLock('pve', TAKING), 'sh pve/run-lock take run-1 180 ops@box vault: delete pod'],
  [
    renewRunLock('pve', HELD, { purpose: 'vault: wait', seconds: 180 }),
    'sh pve/run-lock renew run-1 7 180 vault: wait',
  ],
  [releaseRunLock('pve', HELD), 'sh pve/run-lock release run-1 7'],
  [
    takeOverRunLock('pve', 6, TAKING),
    'sh pve/run-lock take-over run-1 6 180 ops@box vault: delete pod',
  ],
];
