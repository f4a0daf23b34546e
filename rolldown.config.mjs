import { defineConfig } from 'rolldown';

export default defineConfig({
  input: { main: 'src/cli/main.ts' },
  platform: 'node',
  // ssh2 asks for these only where they were compiled; it works without.
  external: ['cpu-features', /\.node$/],
  // ssh2 is CommonJS and reads __dirname at import.
  transform: { define: { __dirname: 'import.meta.dirname' } },
  output: { dir: 'dist', format: 'esm', chunkFileNames: '[name].js', minify: false },
});
