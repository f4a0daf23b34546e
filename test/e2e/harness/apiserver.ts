import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiClient } from './api-client.ts';
import { AUDIT_POLICY } from './audit-log.ts';
import type { KeyPair } from './certificates.ts';
import { startDaemon } from './daemon.ts';
import { commandLineFlags } from './flags.ts';
import { freePorts } from './ports.ts';
import type { ProcessIdentity } from './process-identity.ts';
import type { Undo } from './undo.ts';

/** What a kube-apiserver needs: a folder, its etcd, and the pairs of itself and of the admin. */
export interface ApiserverOptions {
  readonly binary: string;
  readonly folder: string;
  readonly etcd: string;
  readonly authority: string;
  readonly serving: KeyPair;
  readonly admin: KeyPair;
}

/** A running API server. */
export interface Apiserver {
  readonly url: string;
  readonly process: ProcessIdentity;
  readonly log: string;
  readonly auditLog: string;
  /** A client with the admin's identity. */
  readonly api: ApiClient;
}

/**
 * Starts a real kube-apiserver on loopback and waits until it is ready. Without the admission
 * plugin ServiceAccount, since pods could not be created where no controller makes accounts.
 */
export async function startApiserver(undo: Undo, options: ApiserverOptions): Promise<Apiserver> {
  const { binary, folder, etcd, authority, serving, admin } = options;
  const [port] = await freePorts(1);
  const url = `https://127.0.0.1:${port}`;
  const policy = join(folder, 'audit-policy.json');
  await writeFile(policy, JSON.stringify(AUDIT_POLICY));
  const log = join(folder, 'apiserver.log');
  const auditLog = join(folder, 'audit.log');
  const api = await ApiClient.create(url, authority, admin);
  const args = commandLineFlags({
    'etcd-servers': etcd,
    'etcd-cafile': authority,
    'etcd-certfile': serving.cert,
    'etcd-keyfile': serving.key,
    'bind-address': '127.0.0.1',
    'secure-port': String(port),
    'endpoint-reconciler-type': 'none',
    'tls-cert-file': serving.cert,
    'tls-private-key-file': serving.key,
    'client-ca-file': authority,
    'authorization-mode': 'RBAC',
    'anonymous-auth': 'false',
    'disable-admission-plugins': 'ServiceAccount',
    'service-account-issuer': 'https://sre-e2e.invalid',
    'service-account-key-file': serving.cert,
    'service-account-signing-key-file': serving.key,
    'service-cluster-ip-range': '10.97.0.0/24',
    // A node whose kubelet serves from outside its network says so with an external address (`execThrough` of exec-server.ts).
    'kubelet-preferred-address-types': 'ExternalIP,InternalIP',
    'audit-policy-file': policy,
    'audit-log-path': auditLog,
    'audit-log-mode': 'blocking',
  });
  const ready = async () => (await api.ask('/readyz')).code === 200;
  const running = await startDaemon(undo, { file: binary, args, log, seconds: 180, ready });
  return { url, process: running, log, auditLog, api };
}
