import { defineConfig } from 'vitest/config';
import suite from '../../../vitest.e2e.config.ts';

/** The suite's own configuration with one file, which is run to be interrupted. */
export default defineConfig({
  ...suite,
  test: { ...suite.test, include: ['test/e2e/interrupted/everything.ts'] },
});
