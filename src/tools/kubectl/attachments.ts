import { z } from 'zod';
import type { Command } from '../../runbook/command.ts';
import type { Cluster } from '../../runbook/site.ts';
import { getRaw } from './kubectl.ts';
import { listOf } from './list.ts';

/** A VolumeAttachment: a volume that is, or is to be, attached to a node. NFS volumes need none. */
export interface Attachment {
  readonly name: string;
  readonly driver: string;
  readonly node: string;
  /** The PersistentVolume; empty where the volume stands inline. */
  readonly volume: string;
  readonly attached: boolean;
}

const attachmentSchema = z.object({
  metadata: z.object({ name: z.string().min(1) }),
  spec: z.object({
    attacher: z.string(),
    nodeName: z.string(),
    source: z.object({ persistentVolumeName: z.string().nullish() }),
  }),
  status: z.object({ attached: z.boolean() }).nullish(),
});

/** All VolumeAttachments: what a node's reset leaves attached (DOMAIN 2.1, traps). */
export function listAttachments(cluster: Cluster): Command<readonly Attachment[]> {
  return getRaw({
    cluster,
    id: 'kubectl.attachments',
    about: 'list the volume attachments',
    path: '/apis/storage.k8s.io/v1/volumeattachments',
    read: (json) =>
      listOf(
        json,
        'a list of volume attachments',
        attachmentSchema,
        ({ metadata, spec, status }) => ({
          name: metadata.name,
          driver: spec.attacher,
          node: spec.nodeName,
          volume: spec.source.persistentVolumeName ?? '',
          attached: status?.attached ?? false,
        }),
      ),
  });
}
