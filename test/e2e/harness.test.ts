import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { access, readdir, readFile, readlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { components } from './harness/components.ts';
import { type ControlPlane, startControlPlane, USERS } from './harness/control-plane.ts';
import { PodKubelet } from './harness/pod-kubelet.ts';
import type { KubeObject } from './harness/kube-object.ts';
import type { Kubeconfig } from './harness/kubeconfig.ts';
import type { LabNode } from './harness/lab-node.ts';
import { Network } from './harness/network.ts';
import { addPod } from './harness/node-pods.ts';
import { mountVolume, stickMountNfs, volumePath } from './harness/node-volumes.ts';
import { addZombie } from './harness/node-zombie.ts';
import { type LabNodes, startNodes } from './harness/nodes.ts';
import { canRun } from './harness/required.ts';
import { Undo } from './harness/undo.ts';
import { until } from './harness/until.ts';
import { VaultStub } from './harness/vault-stub.ts';

const POD_UID = randomUUID();
const COMMAND_LINES = '/proc/[0-9]*/cmdline';
const VAULT_0 = { namespace: 'vault', name: 'vault-0' };
const HEALTH =
  '/api/v1/namespaces/vault/pods/http:vault-0:8200/proxy/v1/sys/health' +
  '?standbycode=299&perfstandbyok=true&sealedcode=299&uninitcode=299';

const able = canRun();
let undo: Undo;
let kubectlPath: string;
let plane: ControlPlane;
let network: Network;
let lab: LabNodes;
let worker: LabNode;

beforeAll(async () => {
  undo = new Undo();
  const built = await components();
  kubectlPath = built.kubectl;
  const pods = { namespace: 'vault', resources: ['pods'], verbs: ['get', 'list', 'delete'] };
  const proxy = { namespace: 'vault', resources: ['pods/proxy'], verbs: ['get'] };
  plane = await startControlPlane(undo, { components: built, rights: [pods, proxy] });
  network = await Network.open(undo);
  lab = await startNodes(undo, network, ['k8s-node1', 'k8s-node2']);
  worker = lab.get('k8s-node1');
}, 45 * 60_000);

afterAll(() => undo.close());

describe.runIf(able)('the control plane', () => {
  test('is ready, seen through kubectl', async () => {
    expect(await kubectl(plane.admin, 'get', '--raw', '/readyz')).toMatchObject({ stdout: 'ok' });
    const version = await kubectl(plane.operator, 'version');
    expect(version.stdout).toMatch(/Server Version: v1\.34\./);
  });

  test('gives the operator its rights and no others, and the bystander none', async () => {
    const mine = await kubectl(plane.operator, 'get', 'pods', '-n', 'vault', '-o', 'name');
    expect(mine.exitCode).toBe(0);
    const nodes = await kubectl(plane.operator, 'get', 'nodes');
    expect(nodes.stderr).toContain('Error from server (Forbidden)');
    const theirs = await kubectl(plane.bystander, 'get', 'pods', '-n', 'vault');
    expect(theirs.stderr).toContain('Error from server (Forbidden)');
    await plane.grant([{ resources: ['nodes'], verbs: ['list'] }]);
    expect((await kubectl(plane.operator, 'get', 'nodes')).exitCode).toBe(0);
  });

  test('witnesses a delete pinned to a UID, and plays a kubelet that lets go', async () => {
    await plane.apply([podObject('10.98.0.250')]);
    const uid = (await kubectl(plane.operator, ...getVault0('{.metadata.uid}'))).stdout;
    const mark = await plane.audit.mark();

    const wrong = await deletePinned('00000000-0000-4000-8000-000000000000');
    expect(wrong.stderr).toContain('the UID in the precondition');
    expect((await deletePinned(uid, '?dryRun=All')).exitCode).toBe(0);
    expect((await deletePinned(uid)).exitCode).toBe(0);

    const deletes = await plane.audit.mutations(mark, USERS.operator);
    const pinned = { verb: 'delete', resource: 'pods', namespace: 'vault', name: 'vault-0' };
    expect(deletes).toMatchObject([
      { ...pinned, code: 409 },
      { ...pinned, code: 200, preconditionUid: uid, dryRun: false },
    ]);

    const kubelet = new PodKubelet(plane.controllersApi);
    expect(await kubelet.terminating(VAULT_0, 5)).toBe(uid);
    await kubelet.setRunning(VAULT_0, { podIp: '10.98.0.251', ready: false });
    const ip = await kubectl(plane.operator, ...getVault0('{.metadata.uid} {.status.podIP}'));
    expect(ip.stdout).toBe(`${uid} 10.98.0.251`);
    expect(await kubelet.remove(VAULT_0)).toBe(uid);
    expect((await kubectl(plane.operator, ...getVault0('{.metadata.uid}'))).exitCode).not.toBe(0);
    const others = await plane.audit.mutations(mark, USERS.controllers);
    expect(others.map(({ verb }) => verb)).toEqual(['patch', 'delete']);
  });
});

describe.runIf(able)('a node', () => {
  test('is reached by ssh with strict host keys and has its own PID namespace', async () => {
    for (const node of lab.nodes) {
      const { stdout } = await ssh(node, 'hostname; cat /proc/1/comm; echo "$SSH_CONNECTION"');
      expect(stdout.split('\n').slice(0, 2)).toEqual([node.name, 'sshd']);
      expect(stdout).toContain(`${network.machineAddress} `);
    }
    const [first, second] = await Promise.all(lab.nodes.map((node) => node.bootId()));
    expect(first).not.toBe(second);
    const stranger = ['-o', 'UserKnownHostsFile=/dev/null', worker.name, 'true'];
    const refused = await execa('ssh', ['-F', lab.ssh.config, ...stranger], { reject: false });
    expect(refused.stderr).toContain('Host key verification failed');
  });

  test('has a mount.nfs in D with the wchan given, and SIGKILL over ssh ends it', async () => {
    const volume = { podUid: POD_UID, pv: 'pvc-1' };
    const task = await stickMountNfs(worker, volume);
    const proc = `/proc/${task.pid}`;
    const seen = await ssh(
      worker,
      `cat ${proc}/stat; cat ${proc}/wchan; grep -la '[m]ount.nfs' ${COMMAND_LINES}`,
    );
    expect(seen.stdout).toMatch(
      new RegExp(`^${task.pid} \\(mount\\.nfs\\) D .* ${task.startTime} `),
    );
    expect(seen.stdout).toContain(`\nrpc_wait_bit_killable${proc}/cmdline`);
    await ssh(worker, `kill -KILL ${task.pid}`);
    await until('it is gone', { seconds: 5 }, async () => !(await task.isThere()));
  });

  test('has volumes in mountinfo', async () => {
    const volume = { podUid: POD_UID, pv: 'pvc-2' };
    await mountVolume(worker, volume);
    const { stdout } = await ssh(worker, 'cat /proc/self/mountinfo');
    expect(stdout).toMatch(
      new RegExp(` ${volumePath(volume)} .* - tmpfs 10\\.98\\.0\\.9:/export/pvc-2`),
    );
    await ssh(worker, `umount ${volumePath(volume)}`);
  });

  test('has a pod with a log, a cgroup, and threads stuck both ways', async () => {
    const pod = await addPod(worker, { uid: POD_UID, ...VAULT_0 });
    await pod.log(['[INFO]  core: entering standby mode']);
    const log = await ssh(worker, `cat ${pod.logPath}`);
    expect(log.stdout).toMatch(/^\S+Z stdout F \[INFO\] {2}core: entering standby mode$/);
    const { pid } = pod.task;
    const cgroup = await ssh(worker, `cat /proc/${pid}/cgroup`);
    expect(cgroup.stdout).toContain(`-pod${POD_UID.replaceAll('-', '_')}.slice/cri-containerd-`);

    const killable = await pod.stick({ wchan: 'rpc_wait_bit_killable', killable: true });
    const unkillable = await pod.stick({ wchan: 'folio_wait_bit_common', killable: false });
    expect(await pod.task.state()).toBe('S');
    const wchan = await ssh(worker, `cat /proc/${pid}/task/${unkillable.tid}/wchan`);
    expect(wchan.stdout).toBe('folio_wait_bit_common');
    expect(await ssh(worker, `cat /proc/${pid}/task/${unkillable.tid}/stat`)).toMatchObject({
      stdout: expect.stringMatching(/^\d+ \(vault\) D /),
    });

    await pod.remove();
    await until('one thread is gone', { seconds: 5 }, async () => !(await killable.isThere()));
    expect(await unkillable.state()).toBe('D');
    expect(await pod.task.state()).toBe('Z');
  });

  test('has zombies', async () => {
    const { zombie, parent } = await addZombie(worker);
    const stat = await ssh(worker, `cat /proc/${zombie.pid}/stat`);
    expect(stat.stdout).toContain(`(umount.nfs4) Z ${parent.pid} `);
  });

  test('loses all of this by a reset, and has a new boot ID', async () => {
    const before = await worker.bootId();
    await worker.addCommand('kubelet-version', '#!/bin/sh\necho v1.34.4\n');
    await worker.reset();
    const { stdout } = await ssh(worker, 'cat /proc/sys/kernel/random/boot_id; kubelet-version');
    const [after, version] = stdout.split('\n');
    expect(after).toBe(await worker.bootId());
    expect(after).not.toBe(before);
    expect(version).toBe('v1.34.4');
    const comms = (await ssh(worker, 'cat /proc/[0-9]*/comm')).stdout.split('\n');
    expect(comms).not.toContain('vault');
  });

  test('falls silent when its cable is pulled', async () => {
    await worker.network.setCable('pulled');
    const quick = ['-o', 'ConnectTimeout=1', worker.name, 'true'];
    const pulled = await execa('ssh', ['-F', lab.ssh.config, ...quick], { reject: false });
    expect(pulled.stderr).toContain('timed out');
    await worker.network.setCable('plugged');
    expect((await ssh(worker, 'true')).exitCode).toBe(0);
  });
});

describe.runIf(able)('a fake Vault', () => {
  test('answers through the API server, and does not when silent', async () => {
    const vault = await VaultStub.start(worker, await worker.network.addPodAddress());
    await plane.apply([podObject(vault.address)]);
    const standby = await kubectl(plane.operator, 'get', '--raw', HEALTH);
    expect(JSON.parse(standby.stdout)).toMatchObject({ standby: true, sealed: false });
    await vault.become({ mode: 'active' });
    const active = await kubectl(plane.operator, 'get', '--raw', HEALTH);
    expect(JSON.parse(active.stdout)).toMatchObject({ standby: false });

    await vault.become({ mode: 'silent' });
    const direct = ['-s', '-m', '1', '-o', '/dev/null', '-w', '%{time_connect} %{size_download}'];
    const silent = await execa('curl', [...direct, `${vault.apiAddress}/v1/sys/health`], {
      reject: false,
    });
    expect(silent.exitCode).toBe(28);
    expect(silent.stdout).toMatch(/^0\.\d*[1-9]\d* 0$/);
    const proxied = await kubectl(plane.operator, 'get', '--raw', HEALTH, '--request-timeout=1s');
    expect(proxied.exitCode).toBe(1);

    await vault.become({ mode: 'sealed' });
    const sealed = await kubectl(plane.operator, 'get', '--raw', HEALTH);
    expect(JSON.parse(sealed.stdout)).toMatchObject({ sealed: true });
    await vault.stop();
  });
});

describe.runIf(able)('closing', () => {
  test('leaves no process, namespace, link, mount, loop device or folder', async () => {
    const unshared = await Promise.all(lab.nodes.map(({ init }) => pidNamespace(String(init))));
    const folders = [plane.logs.etcd, lab.ssh.config].map((path) => dirname(path));
    const ours = async (pid: string): Promise<boolean> => {
      const words = await commandLine(pid);
      const namespace = await pidNamespace(pid);
      return unshared.includes(namespace) || folders.some((folder) => words.includes(folder));
    };
    expect((await processes(ours)).length).toBeGreaterThan(4);

    await undo.close();
    expect(await processes(ours)).toEqual([]);
    await until('links and namespaces are gone', { seconds: 10 }, async () => {
      const namespaces = (await execa('ip', ['netns', 'list'])).stdout;
      return !`${await links()} ${namespaces}`.includes(network.prefix);
    });
    expect(await readFile('/proc/self/mountinfo', 'utf8')).not.toContain(network.prefix);
    expect((await execa('losetup', ['-a'])).stdout).not.toContain(POD_UID);
    for (const folder of folders) await expect(access(folder)).rejects.toThrow('ENOENT');
  });

  test('happens as well when the suite is killed', async () => {
    const program = `
      import { Network } from '${import.meta.dirname}/harness/network.ts';
      import { Undo } from '${import.meta.dirname}/harness/undo.ts';
      const network = await Network.open(new Undo());
      console.log(network.prefix);
      setInterval(() => undefined, 1000);`;
    const args = ['--input-type=module', '-e', program];
    const suite = execa(process.execPath, args, { reject: false });
    const [prefix] = (await once(createInterface({ input: suite.stdout }), 'line')) as [string];
    expect(await links()).toContain(`${prefix}leg`);
    suite.kill('SIGKILL');
    await suite;
    await until('it is gone', { seconds: 10 }, async () => !(await links()).includes(prefix));
  });
});

function podObject(podIP: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...VAULT_0, labels: { 'app.kubernetes.io/name': 'vault' } },
    spec: { nodeName: 'k8s-node1', containers: [{ name: 'vault', image: 'hashicorp/vault' }] },
    status: { phase: 'Running', podIP, podIPs: [{ ip: podIP }] },
  };
}

function getVault0(jsonPath: string): readonly string[] {
  return ['get', 'pod', 'vault-0', '-n', 'vault', '-o', `jsonpath=${jsonPath}`];
}

async function deletePinned(uid: string, query = '') {
  const path = `/api/v1/namespaces/vault/pods/vault-0${query}`;
  const input = { kind: 'DeleteOptions', apiVersion: 'v1', preconditions: { uid } };
  const args = ['--kubeconfig', plane.operator.path, 'delete', '--raw', path, '-f', '-'];
  return execa(kubectlPath, args, { input: JSON.stringify(input), reject: false });
}

async function kubectl({ path, context }: Kubeconfig, ...args: readonly string[]) {
  const where = ['--kubeconfig', path, '--context', context];
  return execa(kubectlPath, [...where, ...args], { reject: false, timeout: 30_000 });
}

async function ssh(node: LabNode, script: string) {
  return execa('ssh', ['-n', '-F', lab.ssh.config, node.name, script], { timeout: 30_000 });
}

async function links(): Promise<string> {
  return (await execa('ip', ['-o', 'link'])).stdout;
}

async function processes(chosen: (pid: string) => Promise<boolean>): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(pids.map(async (pid) => ((await chosen(pid)) ? [pid] : [])));
  return found.flat();
}

async function pidNamespace(pid: string): Promise<string> {
  return readlink(`/proc/${pid}/ns/pid`).catch(() => '');
}

async function commandLine(pid: string): Promise<string> {
  return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
}
