import { writeFile } from 'node:fs/promises';
import { base64Of, type KeyPair } from './certificates.ts';

/** A kubeconfig file of one context that needs no other file. */
export interface Kubeconfig {
  readonly path: string;
  readonly context: string;
}

/** Writes a kubeconfig file; cluster and user are named after the context. */
export async function writeKubeconfig(
  { path, context }: Kubeconfig,
  server: string,
  authority: string,
  pair: KeyPair,
): Promise<Kubeconfig> {
  const cluster = { server, 'certificate-authority-data': await base64Of(authority) };
  const user = {
    'client-certificate-data': await base64Of(pair.cert),
    'client-key-data': await base64Of(pair.key),
  };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: context, cluster }],
    users: [{ name: context, user }],
    contexts: [{ name: context, context: { cluster: context, user: context } }],
    'current-context': context,
  };
  await writeFile(path, JSON.stringify(config, undefined, 2), { mode: 0o600 });
  return { path, context };
}
