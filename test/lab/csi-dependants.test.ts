import { expect, test } from 'vitest';
import { deletePod, forceDeletePod } from '../../src/tools/kubectl/delete-pod.ts';
import { podLogs } from '../../src/tools/kubectl/logs.ts';
import { listPods } from '../../src/tools/kubectl/pods.ts';
import type { Pod } from '../../src/tools/kubectl/pods.ts';
import { nfsClients } from '../../src/tools/nfs/clients.ts';
import { remains } from '../../src/tools/node/remains.ts';
import { stopSandbox } from '../../src/tools/node/sandbox.ts';
import type { Bench } from './bench.ts';
import { bench } from './bench.ts';
import { agentOn, orphansOn } from './csi-bench.ts';

const mysql = async (on: Bench): Promise<Pod> => {
  const [pod] = await on.value(listPods(on.lab.site.cluster, 'dbaas', 'app=mysql-standalone'));
  if (pod === undefined) throw new Error('no MySQL');
  return pod;
};

/** The locks that the NFS server knows, by the name of the client's node. */
async function locks(on: Bench): Promise<readonly string[]> {
  const command = nfsClients(on.lab.site);
  const { clients } = command === undefined ? { clients: [] } : await on.value(command);
  return clients.flatMap((it) => it.locks.map(({ filename }) => `${it.hostname} ${filename}`));
}

test('MySQL is lost and dead: no process, no lock, and deleted it comes back', async () => {
  const on = bench('nfs-csi-recovery');
  const pod = await mysql(on);
  expect(pod).toMatchObject({ phase: 'Failed', ready: false, node: 'k8s-node3' });
  expect(pod.containers).toMatchObject([
    {
      state: 'terminated',
      reason: 'ContainerStatusUnknown',
      termination: { reason: 'ContainerStatusUnknown', exitCode: 137 },
    },
  ]);
  expect(await on.value(remains('k8s-node3', pod.uid))).toMatchObject({
    root: true,
    processes: [],
    mounts: [],
  });
  expect((await locks(on)).filter((it) => it.includes('ibdata1'))).toEqual([]);
  await on.value(deletePod(on.lab.site.cluster, pod));
  await on.sleep(20);
  const next = await mysql(on);
  expect(next.uid).not.toBe(pod.uid);
  expect(next.phase).toBe('Pending');
  expect(on.truth().dataLost).toBe(false);
});

test('MySQL is lost and alive: its process and its lock are there, and force makes two writers', async () => {
  const on = bench('mysql-alive');
  const pod = await mysql(on);
  expect(pod).toMatchObject({ phase: 'Failed' });
  const left = await on.value(remains('k8s-node3', pod.uid));
  expect(left.processes).toMatchObject([{ comm: 'mysqld', state: 'S' }]);
  expect(left.mounts).toMatchObject([{ fstype: 'nfs4' }]);
  expect((await locks(on)).filter((it) => it.includes('ibdata1'))).toEqual([
    expect.stringMatching(/^k8s-node3 dbaas-/),
  ]);
  await on.value(forceDeletePod(on.lab.site.cluster, pod));
  await on.sleep(60);
  expect((await mysql(on)).uid).not.toBe(pod.uid);
  expect(on.truth().dataLost).toBe(true);
});

test('a Vault pod waits for the lock that an orphan has, and comes up once that is gone', async () => {
  const on = bench('nfs-csi-recovery');
  expect(on.truth()).toMatchObject({ functional: ['vault-0', 'vault-2'], leaderWorking: true });
  const pod = await on.pod('vault-1');
  expect(pod.containers[0]).toMatchObject({ reason: 'CrashLoopBackOff', restarts: 61 });
  const log = await on.value(podLogs(on.lab.site.cluster, pod, 'vault', 20));
  expect(log.join('\n')).toContain('failed to open bolt file: timeout');
  expect((await locks(on)).filter((it) => it.includes('data-vault-1'))).toEqual([
    expect.stringMatching(/^k8s-node4 .*\/vault\.db$/),
    expect.stringMatching(/^k8s-node4 .*\/raft\.db$/),
  ]);
  const orphan = (await orphansOn(on, 'k8s-node4')).find((it) => it.namespace === 'vault');
  if (orphan === undefined) throw new Error('no orphan of Vault');
  const left = await on.value(remains('k8s-node4', orphan.podUid));
  expect(left.processes.map((it) => it.comm)).toContain('vault');

  await on.sleep(700);
  expect((await on.pod('vault-1')).containers[0]?.restarts).toBeGreaterThan(61);
  await on.value(stopSandbox('k8s-node4', orphan));
  expect((await locks(on)).filter((it) => it.includes('data-vault-1'))).toEqual([]);
  await on.sleep(330);
  expect(on.truth().functional).toEqual(['vault-0', 'vault-1', 'vault-2']);
});

test('deleted while the lock is held, it crash-loops as before', async () => {
  const on = bench('nfs-csi-recovery');
  const pod = await on.pod('vault-1');
  // On a node without the driver it would not even get its mount.
  const [orphan] = await orphansOn(on, 'k8s-node3');
  expect(orphan).toBeDefined();
  await on.value(deletePod(on.lab.site.cluster, await agentOn(on, 'driver', 'k8s-node3')));
  await on.value(deletePod(on.lab.site.cluster, pod));
  await on.sleep(400);
  expect(on.truth().functional).toEqual(['vault-0', 'vault-2']);
});
