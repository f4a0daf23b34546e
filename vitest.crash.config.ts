import { defineConfig } from 'vitest/config';

/** Every run of the lab stopped at every moment and taken up again, and its longest run in other ways: many minutes of one processor each. */
export default defineConfig({
  test: {
    include: ['test/crash/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60 * 60_000,
    experimental: { viteModuleRunner: false, nodeLoader: false },
  },
});
