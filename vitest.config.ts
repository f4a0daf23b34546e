import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Programs are started, and machines are shared: a limit is for what hangs, never a measure of speed.
    testTimeout: 60_000,
    // As many as there are cores: half of these tests wait for programs, not for a core.
    maxWorkers: 3,
    exclude: ['test/e2e/**', 'test/package/**'],
  },
});
