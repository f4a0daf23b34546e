import { defineConfig } from 'vitest/config';

/**
 * The suite against real components: minutes, and root. Its files wait most of their time (three of the longest side by side
 * took 0.4 of a core) and have subnets, ports and folders of their own, so two run at a time.
 */
export default defineConfig({
  test: {
    include: ['test/e2e/**/*.test.ts'],
    maxWorkers: 2,
    testTimeout: 20 * 60_000,
    hookTimeout: 50 * 60_000,
  },
});
