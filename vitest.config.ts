import { defineConfig } from 'vitest/config';

/** Rooms whose tests start nothing and touch nothing but memory: their modules are loaded once, for all of them. */
const IN_MEMORY = ['engine', 'lab', 'locks', 'runbooks'].map((room) => `test/${room}/**/*.test.ts`);

/** Node runs these sources as they are, here as in a checkout: nothing is transformed for the tests. */
const native = { experimental: { viteModuleRunner: false, nodeLoader: false } } as const;

/** Programs are started, and machines are shared: a limit is for what hangs, never a measure of speed. */
const limits = {
  testTimeout: 60_000,
  hookTimeout: 60_000,
  expect: { poll: { timeout: 20_000 } },
} as const;

export default defineConfig({
  test: {
    // One more than the cores of the smallest machine: half of these tests wait for programs, not for a core.
    maxWorkers: 3,
    projects: [
      {
        test: {
          name: 'in memory',
          include: IN_MEMORY,
          pool: 'threads',
          isolate: false,
          ...native,
          ...limits,
        },
      },
      {
        test: {
          name: 'with programs',
          include: ['test/**/*.test.ts'],
          exclude: [...IN_MEMORY, 'test/e2e/**', 'test/package/**', 'test/crash/**'],
          pool: 'forks',
          isolate: false,
          ...native,
          ...limits,
        },
      },
    ],
  },
});
