// Bundles the package into dist/: the public entry points, the command line and the entry of the actor hosts.
// One call, shared chunks, dependencies left outside: a worker thread then loads in about 35 ms.
import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build as bundle } from 'esbuild';

const root = fileURLToPath(new URL('.', import.meta.url));

/** Output name -> source. An entry whose source is missing is an error, never skipped. */
const entries = {
  index: 'actors/index.ts',
  learn: 'learn/index.ts',
  onnx: 'learn/onnx/index.ts',
  gateway: 'gateway/index.ts',
  cli: 'gateway/cli/main.ts',
  host: 'actors/host-entry.ts',
  'gateway-host': 'gateway/host-entry.ts',
  bench: 'bench/main.ts',
};

export async function build() {
  for (const source of Object.values(entries)) {
    if (!existsSync(root + source)) throw new Error(`build: the entry ${source} is missing`);
  }
  await bundle({
    absWorkingDir: root,
    entryPoints: entries,
    outdir: 'dist',
    entryNames: '[name]',
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    packages: 'external',
    sourcemap: true,
    logLevel: 'warning',
  });
  // CommonJS, as it is: see there.
  copyFileSync(`${root}runtime/host/thread.cjs`, `${root}dist/thread.cjs`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  rmSync(`${root}dist`, { recursive: true, force: true });
  await build();
}
