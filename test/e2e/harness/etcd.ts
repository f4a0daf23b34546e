import { join } from 'node:path';
import { ApiClient } from './api-client.ts';
import type { KeyPair } from './certificates.ts';
import { startDaemon } from './daemon.ts';
import { commandLineFlags } from './flags.ts';
import { freePorts } from './ports.ts';
import type { Undo } from './undo.ts';

/** Where an etcd lives and how it proves itself; its clients use the same pair. */
export interface EtcdOptions {
  readonly binary: string;
  readonly folder: string;
  readonly authority: string;
  readonly pair: KeyPair;
}

/** A running etcd of one member. */
export interface Etcd {
  readonly url: string;
  readonly log: string;
}

/** Starts a real etcd on loopback and waits until it answers. */
export async function startEtcd(undo: Undo, options: EtcdOptions): Promise<Etcd> {
  const { binary, folder, authority, pair } = options;
  const [clientPort, peerPort] = await freePorts(2);
  const url = `https://127.0.0.1:${clientPort}`;
  const peer = `http://127.0.0.1:${peerPort}`;
  const log = join(folder, 'etcd.log');
  const client = await ApiClient.create(url, authority, pair);
  const args = commandLineFlags({
    'data-dir': join(folder, 'etcd'),
    'listen-client-urls': url,
    'advertise-client-urls': url,
    'listen-peer-urls': peer,
    'initial-advertise-peer-urls': peer,
    'initial-cluster': `default=${peer}`,
    'cert-file': pair.cert,
    'key-file': pair.key,
    'trusted-ca-file': authority,
    'client-cert-auth': 'true',
    'unsafe-no-fsync': 'true',
  });
  const ready = async () => (await client.ask('/health')).code === 200;
  await startDaemon(undo, { file: binary, args, log, seconds: 60, ready });
  client.close();
  return { url, log };
}
