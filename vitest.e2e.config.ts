import { basename } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The files that take minutes, the longest first: what begins last must not be what ends last. */
const LONG = [
  'vault-raft-repair',
  'kernel-guest-reset',
  'nfs-csi-recovery',
  'vault-raft-deadlock',
  'vault-raft',
  'kernel-nfs-reset',
  'interrupted',
  'nodes',
  'conformance',
  'kernel-guest',
];

function placeOf({ moduleId }: TestSpecification): number {
  const found = LONG.indexOf(basename(moduleId, '.test.ts'));
  return found < 0 ? LONG.length : found;
}

class LongestFirst extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return Promise.resolve(files.toSorted((a, b) => placeOf(a) - placeOf(b)));
  }
}

/**
 * The suite against real components: minutes, and root. Its files wait most of their time (three of the longest side by side
 * took 0.4 of a core) and have subnets, ports and folders of their own, so three run at a time.
 */
export default defineConfig({
  test: {
    include: ['test/e2e/**/*.test.ts'],
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    testTimeout: 20 * 60_000,
    hookTimeout: 50 * 60_000,
  },
});
