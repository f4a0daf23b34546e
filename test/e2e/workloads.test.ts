import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { components, workloadPrograms } from './harness/components.ts';
import { type ControlPlane, startControlPlane } from './harness/control-plane.ts';
import type { KubeObject } from './harness/kube-object.ts';
import { canRun } from './harness/required.ts';
import { Undo } from './harness/undo.ts';
import { until } from './harness/until.ts';
import { HELD, OURS, PLAYED, startWorkloads } from './harness/workloads.ts';

const NODES = ['k8s-node1', 'k8s-node2', 'k8s-node3'];
const SOON = { seconds: 60, everyMs: 200 } as const;

/** What the suite stands on: objects come to life, and what is deleted comes again, by nothing of ours. */
describe.runIf(canRun())('real controllers, a real scheduler, and kubelets that are played', () => {
  let undo: Undo;
  let plane: ControlPlane;

  beforeAll(async () => {
    undo = new Undo();
    const built = await components();
    const programs = await workloadPrograms();
    plane = await startControlPlane(undo, { components: built, rights: [] });
    await startWorkloads(undo, plane, programs);
    await plane.apply([namespace, ...NODES.map(node), statefulSet, daemonSet]);
  }, 45 * 60_000);

  afterAll(() => undo.close());

  const pods = async (app: string): Promise<readonly KubeObject[]> => {
    const selector = encodeURIComponent(`app=${app}`);
    const path = `/api/v1/namespaces/work/pods?labelSelector=${selector}`;
    return (await plane.api.call<{ items: readonly KubeObject[] }>(path)).items;
  };

  const readyPods = (app: string, count: number): Promise<readonly KubeObject[]> =>
    until(`${count} pods of ${app} are ready`, SOON, async () => {
      const found = await pods(app);
      return found.length === count && found.every(isReady) ? found : undefined;
    });

  test('a StatefulSet has its pods, each on a node of its own', async () => {
    const found = await readyPods('vault', 3);
    expect(found.map((it) => it.metadata.name).toSorted()).toEqual([
      'vault-0',
      'vault-1',
      'vault-2',
    ]);
    expect(new Set(found.map(nodeOf)).size).toBe(3);
  });

  test('a DaemonSet has one on each node', async () => {
    expect((await readyPods('driver', 3)).map(nodeOf).toSorted()).toEqual(NODES);
  });

  test.for([
    ['vault', 'vault-1'],
    ['driver', undefined],
  ] as const)('what is deleted of %s comes again as another, and is ready', async ([app, name]) => {
    const before = await readyPods(app, 3);
    const gone = before.find((it) => name === undefined || it.metadata.name === name);
    const body = {
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      preconditions: { uid: gone?.metadata.uid },
    };
    await plane.api.call(pathOf(gone?.metadata.name ?? ''), { method: 'DELETE', body });
    const after = await until('another is ready', SOON, async () => {
      const found = await readyPods(app, 3);
      return found.some((it) => it.metadata.uid === gone?.metadata.uid) ? undefined : found;
    });
    expect(uidsOf(after).difference(uidsOf(before)).size).toBe(1);
  });

  const hold = (name: string, why: string | null): Promise<unknown> =>
    plane.api.call(pathOf(name), {
      method: 'PATCH',
      contentType: 'application/merge-patch+json',
      body: { metadata: { annotations: { [HELD]: why } } },
    });

  test('a pod that is held stays Terminating, and its StatefulSet waits for it', async () => {
    const uid = (await readyPods('vault', 3)).find(isFirst)?.metadata.uid;
    await hold('vault-0', 'its volume does not let go');
    await plane.api.call(pathOf('vault-0'), { method: 'DELETE' });
    await sleep(3000);
    const { metadata } = await plane.api.call<KubeObject>(pathOf('vault-0'));
    expect(metadata.uid).toBe(uid);
    expect(metadata.deletionTimestamp).toBeDefined();
    await hold('vault-0', null);
    await until('another is ready', SOON, async () => {
      const found = await readyPods('vault', 3);
      return found.find(isFirst)?.metadata.uid !== uid;
    });
  });

  test('a pod that is left to the suite is bound, and neither runs nor goes by itself', async () => {
    await plane.apply([oursObject]);
    const bound = await until('it has its node', SOON, async () => {
      const pod = await plane.api.call<KubeObject>(pathOf('ours'));
      return nodeOf(pod) === '' ? undefined : pod;
    });
    await sleep(2000);
    const { status } = await plane.api.call<KubeObject>(pathOf('ours'));
    expect(status).toMatchObject({ phase: 'Pending' });
    await plane.api.call(pathOf('ours'), { method: 'DELETE' });
    await sleep(2000);
    const { metadata } = await plane.api.call<KubeObject>(pathOf('ours'));
    expect(metadata.uid).toBe(bound.metadata.uid);
    expect(metadata.deletionTimestamp).toBeDefined();
    const body = { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0 };
    await plane.api.call(pathOf('ours'), { method: 'DELETE', body });
  });

  test('a pod is as old as it is made, and the same', async () => {
    const before = (await readyPods('vault', 3)).find(isFirst);
    const created = new Date(Date.now() - 47 * 60 * 60_000);
    await plane.backdate([{ namespace: 'work', name: 'vault-0' }], created);
    const age = await until('the API server has it', SOON, async () => {
      const { metadata } = await plane.api.call<KubeObject>(pathOf('vault-0'));
      const { creationTimestamp } = metadata as { readonly creationTimestamp?: string };
      return metadata.uid === before?.metadata.uid && creationTimestamp?.startsWith(day(created))
        ? creationTimestamp
        : undefined;
    });
    expect(Date.parse(age)).toBe(Math.floor(created.getTime() / 1000) * 1000);
    // Its controller takes it for its own as before: it makes no other.
    await sleep(2000);
    expect((await readyPods('vault', 3)).find(isFirst)?.metadata.uid).toBe(before?.metadata.uid);
  });

  test('a disruption budget of one is used up until the pod is replaced', async () => {
    await readyPods('vault', 3);
    await plane.apply([budget]);
    const evict = (name: string): Promise<{ readonly code: number }> =>
      plane.api.ask(`${pathOf(name)}/eviction`, {
        method: 'POST',
        body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: 'work' } },
      });
    await hold('vault-0', 'it takes its time');
    await until('the first may go', SOON, async () => (await evict('vault-0')).code === 201);
    expect((await evict('vault-1')).code).toBe(429);
    await hold('vault-0', null);
    await until('the second may go', SOON, async () => (await evict('vault-1')).code === 201);
  });
});

const namespace: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'work' } };

const node = (name: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, annotations: PLAYED, labels: { 'kubernetes.io/hostname': name } },
});

const template = (app: string, spec: object = {}): object => ({
  metadata: { labels: { app } },
  spec: { containers: [{ name: app, image: `${app}:1` }], ...spec },
});

const apart = {
  podAntiAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: [
      { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'vault' } } },
    ],
  },
};

const statefulSet: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'vault', namespace: 'work' },
  spec: {
    serviceName: 'vault',
    replicas: 3,
    podManagementPolicy: 'Parallel',
    selector: { matchLabels: { app: 'vault' } },
    template: template('vault', { affinity: apart }),
  },
};

const budget: KubeObject = {
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: 'vault', namespace: 'work' },
  spec: { minAvailable: 2, selector: { matchLabels: { app: 'vault' } } },
};

const daemonSet: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'driver', namespace: 'work' },
  spec: { selector: { matchLabels: { app: 'driver' } }, template: template('driver') },
};

const oursObject: KubeObject = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'ours', namespace: 'work', annotations: { [OURS]: 'all of it' } },
  spec: { containers: [{ name: 'ours', image: 'ours:1' }] },
};

const day = (date: Date): string => date.toISOString().slice(0, 10);

function isReady(pod: KubeObject): boolean {
  const { conditions = [] } = (pod['status'] ?? {}) as {
    conditions?: readonly { readonly type: string; readonly status: string }[];
  };
  return conditions.some((it) => it.type === 'Ready' && it.status === 'True');
}

const pathOf = (pod: string): string => `/api/v1/namespaces/work/pods/${pod}`;

const isFirst = ({ metadata }: KubeObject): boolean => metadata.name === 'vault-0';

const uidsOf = (pods: readonly KubeObject[]): ReadonlySet<unknown> =>
  new Set(pods.map((it) => it.metadata.uid));

const nodeOf = (pod: KubeObject): string =>
  (pod['spec'] as { readonly nodeName?: string }).nodeName ?? '';
