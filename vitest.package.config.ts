import { defineConfig } from 'vitest/config';

/** Packs, installs and starts sre as a user would: needs the registry, so it is apart from `npm test`. */
export default defineConfig({
  test: {
    include: ['test/package/**/*.test.ts'],
    testTimeout: 5 * 60_000,
    hookTimeout: 10 * 60_000,
  },
});
