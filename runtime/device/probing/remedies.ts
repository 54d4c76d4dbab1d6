/** How to get a provider that is not there. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Provider } from '../session-options.js';

const INSTALL_CUDA = 'ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node';

export const REMEDIES: Readonly<Record<Provider, string>> = {
  cpu: 'install it again: npm install onnxruntime-node (its binary exists for x64 and arm64 of Linux and Windows, and for arm64 of macOS)',
  webgpu:
    'it needs a GPU with a driver for Vulkan (Linux), Metal (macOS) or Direct3D 12 (Windows); on Linux also the package libvulkan1. Training on the CPU works without it',
  cuda: `it needs an NVIDIA GPU with its driver, CUDA 12 and cuDNN 9 on Linux x64, and the libraries of ONNX Runtime for them: ${INSTALL_CUDA}. Training on the CPU works without it`,
};

/** Libraries that the CUDA provider consists of: too large for the registry, so they are fetched on demand. */
const CUDA_LIBRARIES = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'];

export interface Platform {
  readonly platform: NodeJS.Platform;
  readonly arch: string;
}

/**
 * Why CUDA cannot run here, as far as files tell; `undefined` when nothing of ONNX Runtime's own is missing.
 * @param library file of `onnxruntime-node`: `dist/index.js` of the package
 */
export function missingCuda(
  library: string,
  { platform, arch }: Platform = process,
  exists: (file: string) => boolean = existsSync,
): string | undefined {
  if (platform !== 'linux' || arch !== 'x64')
    return `ONNX Runtime has CUDA for Linux x64 only, and this is ${platform} ${arch}`;
  const folder = join(dirname(library), '..', 'bin', 'napi-v6', platform, arch);
  const missing = CUDA_LIBRARIES.filter((file) => !exists(join(folder, file)));
  if (missing.length === 0) return undefined;
  return `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} not in ${folder}`;
}
