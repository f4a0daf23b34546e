import { z } from 'zod';
import type { ApiClient } from './api-client.ts';
import type { PodRef } from './pod-kubelet.ts';
import { until } from './until.ts';

/** What etcd's JSON gateway says of a key; bytes are base64. */
const RANGE = z.object({ kvs: z.array(z.object({ value: z.string(), mod_revision: z.string() })) });
const TXN = z.object({ succeeded: z.boolean().default(false) });

/**
 * Gives a pod another time of creation. The API server sets that itself, and no request changes it; so it is rewritten where
 * the API server keeps it, in etcd, in the pod's protobuf, and only if nobody wrote the pod meanwhile. Everyone who watches is
 * told, as of any change.
 */
export async function backdate(
  store: ApiClient,
  { namespace, name }: PodRef,
  created: Date,
): Promise<void> {
  const key = base64(Buffer.from(`/registry/pods/${namespace}/${name}`));
  await until(`${namespace}/${name} is backdated`, { seconds: 10 }, async () => {
    const found = RANGE.parse(
      await store.call('/v3/kv/range', { method: 'POST', body: { key } }),
    ).kvs.at(0);
    if (found === undefined) throw new Error(`etcd has no pod ${namespace}/${name}`);
    const value = base64(withCreation(Buffer.from(found.value, 'base64'), created));
    const { mod_revision } = found;
    const body = {
      compare: [{ key, target: 'MOD', result: 'EQUAL', mod_revision }],
      success: [{ request_put: { key, value } }],
    };
    return TXN.parse(await store.call('/v3/kv/txn', { method: 'POST', body })).succeeded;
  });
}

/** Where `metadata.creationTimestamp` stands: field 8 of ObjectMeta, a message of seconds (5 bytes until 2106) and no nanoseconds. */
const CREATION = /\u0042\u0008\u0008([\u0080-\u00ff]{4}[\u0000-\u007f])\u0010\u0000/;

function withCreation(value: Buffer, created: Date): Buffer {
  // One character for each byte.
  const text = value.toString('latin1');
  if (!CREATION.test(text)) throw new Error('the stored pod has no time of creation');
  const seconds = varint(Math.floor(created.getTime() / 1000)).toString('latin1');
  const field = `\u0042\u0008\u0008${seconds}\u0010\u0000`;
  return Buffer.from(
    text.replace(CREATION, () => field),
    'latin1',
  );
}

function varint(number: number): Buffer {
  const bytes: number[] = [];
  for (let rest = number; rest > 0; rest = Math.floor(rest / 128)) {
    bytes.push((rest % 128) + (rest >= 128 ? 128 : 0));
  }
  return Buffer.from(bytes);
}

const base64 = (bytes: Buffer): string => bytes.toString('base64');
