import { defineConfig } from 'vitest/config';

/** The suite against real components: minutes, root, and one file at a time, since all share one machine. */
export default defineConfig({
  test: {
    include: ['test/e2e/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 20 * 60_000,
    hookTimeout: 50 * 60_000,
  },
});
