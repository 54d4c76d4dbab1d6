/** What the operating system tells of GPUs, without asking a driver. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Files that stand for GPUs on Linux: Direct Rendering, NVIDIA's driver, AMD's compute driver, Windows' GPUs in WSL. */
const DEVICE_FILES: readonly (readonly [folder: string, file: RegExp])[] = [
  ['/dev/dri', /^renderD\d+$/],
  ['/dev', /^(nvidia\d+|kfd|dxg)$/],
];

/** Where NVIDIA's driver describes each GPU. */
const NVIDIA_GPUS = '/proc/driver/nvidia/gpus';

const VENDORS: Readonly<Record<string, string>> = { '0x10de': 'NVIDIA', '0x1002': 'AMD', '0x8086': 'Intel' };

/** The folders that are read; tests hand in others. */
export interface SystemFiles {
  list(folder: string): readonly string[];
  read(file: string): string;
}

/** Missing folders are empty, missing files are empty texts. */
export const SYSTEM_FILES: SystemFiles = {
  list: (folder) => {
    try {
      return readdirSync(folder);
    } catch {
      return [];
    }
  },
  read: (file) => {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      return '';
    }
  },
};

/** Whether this machine has a GPU at all. Elsewhere than on Linux nobody tells cheaply: it is tried. */
export function mayHaveGpu(platform: NodeJS.Platform = process.platform, files: SystemFiles = SYSTEM_FILES): boolean {
  if (platform !== 'linux') return true;
  return DEVICE_FILES.some(([folder, pattern]) => files.list(folder).some((name) => pattern.test(name)));
}

/** What the GPU is called, as far as anybody says: the binding of ONNX Runtime does not. */
export function gpuName(files: SystemFiles = SYSTEM_FILES): string | undefined {
  for (const gpu of files.list(NVIDIA_GPUS)) {
    const model = /^Model:\s*(.+)$/m.exec(files.read(join(NVIDIA_GPUS, gpu, 'information')))?.[1];
    if (model !== undefined) return model.trim();
  }
  for (const card of files.list('/sys/class/drm').filter((name) => /^card\d+$/.test(name))) {
    const vendor = files.read(`/sys/class/drm/${card}/device/vendor`).trim();
    const device = files.read(`/sys/class/drm/${card}/device/device`).trim();
    if (vendor !== '') return `${VENDORS[vendor] ?? `GPU of vendor ${vendor}`} ${device}`.trim();
  }
  return undefined;
}
