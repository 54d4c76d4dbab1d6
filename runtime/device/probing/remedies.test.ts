import { describe, expect, it } from 'vitest';
import { missingCuda } from './remedies.js';

const LIBRARY = '/app/node_modules/onnxruntime-node/dist/index.js';
const LINUX = { platform: 'linux', arch: 'x64' } as const;

describe('what CUDA lacks', () => {
  it('is named with its folder', () => {
    expect(missingCuda(LIBRARY, LINUX, () => false)).toBe(
      'libonnxruntime_providers_shared.so and libonnxruntime_providers_cuda.so are not in /app/node_modules/onnxruntime-node/bin/napi-v6/linux/x64',
    );
    expect(missingCuda(LIBRARY, LINUX, (file) => !file.endsWith('cuda.so'))).toMatch(
      /^libonnxruntime_providers_cuda.so is not in /,
    );
  });

  it('is nothing where its libraries lie beside the others', () => {
    expect(missingCuda(LIBRARY, LINUX, () => true)).toBeUndefined();
  });

  it('is everything on a machine for which there is none', () => {
    expect(missingCuda(LIBRARY, { platform: 'darwin', arch: 'arm64' }, () => true)).toMatch(/this is darwin arm64/);
  });
});
