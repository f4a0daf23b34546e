import { reference } from '../../src/lab/cluster.ts';
import { changeNode } from '../../src/lab/change.ts';
import { withVersion } from '../../src/lab/scenarios/nfs-stage.ts';
import type { NfsVersion as Client, World } from '../../src/lab/world.ts';
import type { NfsSite } from '../../src/runbook/site.ts';
import { testMount } from '../../src/tools/nfs/probe.ts';
import type { MountTry, NfsVersion } from '../../src/tools/nfs/probe.ts';
import type { Bench } from './bench.ts';
import { bench } from './bench.ts';

/** The node on which the tests of the kernel's NFS client look. */
export const NODE = 'k8s-node2';

/** A lab whose world is the reference cluster with a change. */
export const benchOf = (change: (world: World) => World = (world) => world): Bench => {
  const world = reference({ scenario: 'nfs-healthy', seed: 1, backend: 'block', shares: 'nfs' });
  return bench('nfs-healthy', 1, change(world));
};

/** A node without any NFS mount: it has no client either. */
export const bare = (world: World, node = NODE): World =>
  changeNode(world, node, (it) => ({ ...it, mounts: [] }));

/** What is mounted on the node is mounted with that version. */
export const using = (world: World, version: Client): World => withVersion(world, NODE, version);

/** The NFS server with a change. */
export const serverWith = (world: World, change: Partial<World['nfsServer']>): World => ({
  ...world,
  nfsServer: { ...world.nfsServer, ...change },
});

const nfsOf = (on: Bench): NfsSite & { readonly export: string } => {
  const { nfs } = on.lab.site;
  if (nfs?.export === undefined) throw new Error('the lab names no export');
  return { ...nfs, export: nfs.export };
};

/** A test mount on a node. */
export const mountOn = (
  on: Bench,
  version: NfsVersion = 'default',
  node = NODE,
): Promise<MountTry> => on.value(testMount(node, nfsOf(on), version));
