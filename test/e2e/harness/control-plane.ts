import { join } from 'node:path';
import { ApiClient } from './api-client.ts';
import { startApiserver } from './apiserver.ts';
import { applyObjects } from './apply.ts';
import { AuditLog } from './audit-log.ts';
import { CertificateAuthority, type KeyPair } from './certificates.ts';
import { backdate } from './backdate.ts';
import type { Components } from './components.ts';
import { startEtcd } from './etcd.ts';
import type { KubeObject } from './kube-object.ts';
import { type Kubeconfig, writeKubeconfig } from './kubeconfig.ts';
import type { PodRef } from './pod-kubelet.ts';
import { accessReviews, rbacObjects, type Right } from './rights.ts';
import type { Undo } from './undo.ts';
import { until } from './until.ts';

/** The user names as RBAC and the audit log have them. */
export const USERS = {
  operator: 'sre-e2e-operator',
  bystander: 'sre-e2e-bystander',
  admin: 'sre-e2e-admin',
  controllers: 'sre-e2e-controllers',
} as const;

/** What a control plane needs to start. */
export interface ControlPlaneOptions {
  readonly components: Components;
  /** All that the operator may do, beside what any authenticated user may. */
  readonly rights: readonly Right[];
}

/**
 * A real etcd and a real kube-apiserver on loopback with RBAC and an audit log. What brings objects to life comes on top:
 * `startWorkloads` the real programs, `Kubelet` what of a node kwok does not play, `PodKubelet` what a test decides itself.
 */
export interface ControlPlane {
  readonly server: string;
  /** Context `sre-e2e`: the rights given, and no more. */
  readonly operator: Kubeconfig;
  /** Context `sre-e2e-bystander`: what any authenticated user has. */
  readonly bystander: Kubeconfig;
  /** Context `sre-e2e-admin`: everything; for the harness, never for the product. */
  readonly admin: Kubeconfig;
  /** Context `sre-e2e-controllers`: for programs of the suite that play controllers and kubelets. */
  readonly controllers: Kubeconfig;
  /** Proves any program of the suite on loopback. */
  readonly serving: KeyPair;
  /** The folder of its files and logs. */
  readonly folder: string;
  /** The API as the admin. */
  readonly api: ApiClient;
  /** The API as the user who plays controllers, so that the audit log tells them apart. */
  readonly controllersApi: ApiClient;
  readonly audit: AuditLog;
  readonly logs: { readonly etcd: string; readonly apiserver: string };
  /** Creates or updates objects as the admin, their status included. */
  apply(objects: readonly KubeObject[]): Promise<void>;
  /** Makes pods older than they are, which no request can (`backdate.ts`). */
  backdate(pods: readonly PodRef[], created: Date): Promise<void>;
  /** Stops the API server as a machine without CPU does: its port takes connections, and nothing answers. */
  freeze(): void;
  /** Lets it go on, and waits until it answers. */
  thaw(): Promise<void>;
  /** Gives the operator more rights and waits until they hold. */
  grant(rights: readonly Right[]): Promise<void>;
}

/** Starts etcd and the API server; closing `undo` stops them. */
export async function startControlPlane(
  undo: Undo,
  { components, rights }: ControlPlaneOptions,
): Promise<ControlPlane> {
  const folder = await undo.folder();
  const authority = await CertificateAuthority.create(folder);
  const masters = 'system:masters';
  const [serving, operator, bystander, admin, controllers] = await Promise.all([
    authority.issue({ commonName: 'sre-e2e-serving' }),
    authority.issue({ commonName: USERS.operator, organization: 'sre-e2e-operators' }),
    authority.issue({ commonName: USERS.bystander }),
    authority.issue({ commonName: USERS.admin, organization: masters }),
    authority.issue({ commonName: USERS.controllers, organization: masters }),
  ]);
  const shared = { folder, authority: authority.cert };
  const etcd = await startEtcd(undo, { ...shared, binary: components.etcd, pair: serving });
  const servers = { binary: components.apiserver, etcd: etcd.url, serving, admin };
  const {
    url,
    process: server,
    log,
    auditLog,
    api,
  } = await startApiserver(undo, { ...shared, ...servers });

  const kubeconfig = (context: string, pair: KeyPair) => {
    const path = join(folder, `${context}.kubeconfig`);
    return writeKubeconfig({ path, context }, url, authority.cert, pair);
  };
  const adminConfig = await kubeconfig('sre-e2e-admin', admin);
  const apply = (objects: readonly KubeObject[]) =>
    applyObjects(components.kubectl, adminConfig.path, objects);
  const controllersApi = await ApiClient.create(url, authority.cert, controllers);
  const store = await ApiClient.create(etcd.url, authority.cert, serving);
  const held: Right[] = [];
  const plane: ControlPlane = {
    server: url,
    operator: await kubeconfig('sre-e2e', operator),
    bystander: await kubeconfig('sre-e2e-bystander', bystander),
    admin: adminConfig,
    controllers: await kubeconfig('sre-e2e-controllers', controllers),
    serving,
    folder,
    api,
    controllersApi,
    audit: new AuditLog(auditLog, async (marker) => {
      await api.ask(`/livez?fence=${marker}`);
    }),
    logs: { etcd: etcd.log, apiserver: log },
    apply,
    backdate: async (pods, created) => {
      for (const pod of pods) await backdate(store, pod, created);
    },
    freeze: () => process.kill(server.pid, 'SIGSTOP'),
    thaw: async () => {
      process.kill(server.pid, 'SIGCONT');
      // It may have given up on these meanwhile.
      for (const client of [api, controllersApi]) client.close();
      await until('the API server answers', { seconds: 30 }, () => isReady(api));
    },
    grant: async (more) => {
      held.push(...more);
      await apply([...namespacesOf(held), ...rbacObjects(USERS.operator, held)]);
      await until('the rights hold', { seconds: 20 }, () => allAllowed(api, more));
    },
  };
  await plane.grant(rights);
  return plane;
}

const isReady = (api: ApiClient): Promise<boolean> =>
  api.ask('/readyz').then(
    ({ code }) => code === 200,
    () => false,
  );

async function allAllowed(api: ApiClient, rights: readonly Right[]): Promise<boolean> {
  const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
  const answers = await Promise.all(
    accessReviews(USERS.operator, rights).map((body) =>
      api.call<{ status: { allowed: boolean } }>(path, { method: 'POST', body }),
    ),
  );
  return answers.every(({ status }) => status.allowed);
}

function namespacesOf(rights: readonly Right[]): readonly KubeObject[] {
  const names = new Set(rights.flatMap(({ namespace }) => namespace ?? []));
  return [...names].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
}
