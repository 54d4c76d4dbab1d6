import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{runtime,actors,learn,gateway,bench}/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'bench/peers/**'],
    globalSetup: ['./vitest.setup.mjs'],
    setupFiles: ['./vitest.properties.mjs'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // A thread pool would end its threads the hard way while an actor host still runs native code: processes are safe.
    pool: 'forks',
  },
});
