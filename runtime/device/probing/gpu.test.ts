import { describe, expect, it } from 'vitest';
import { gpuName, mayHaveGpu, type SystemFiles } from './gpu.js';

/** Files by their path; folders are what the paths imply. */
const system = (files: Readonly<Record<string, string>>): SystemFiles => ({
  list: (folder) => [
    ...new Set(
      Object.keys(files)
        .filter((file) => file.startsWith(`${folder}/`))
        .map((file) => file.slice(folder.length + 1).split('/')[0]!),
    ),
  ],
  read: (file) => files[file] ?? '',
});

describe('whether a machine may have a GPU', () => {
  it.each([
    [{}, false],
    [{ '/dev/null': '', '/dev/dri/card0': '', '/dev/nvidiactl': '' }, false],
    [{ '/dev/dri/renderD128': '' }, true],
    [{ '/dev/nvidia0': '' }, true],
    [{ '/dev/dxg': '' }, true],
    [{ '/dev/kfd': '' }, true],
  ])('Linux with %j: %s', (files, may) => {
    expect(mayHaveGpu('linux', system(files))).toBe(may);
  });

  it('is not known elsewhere', () => {
    expect(mayHaveGpu('darwin', system({}))).toBe(true);
    expect(mayHaveGpu('win32', system({}))).toBe(true);
  });
});

describe('the name of the GPU', () => {
  it('is what the driver of NVIDIA says', () => {
    const information = 'Model: \t\t NVIDIA H200\nIRQ:   \t\t 16\n';
    expect(gpuName(system({ '/proc/driver/nvidia/gpus/0000:01:00.0/information': information }))).toBe('NVIDIA H200');
  });

  it('is vendor and number of the others', () => {
    const card = '/sys/class/drm/card0/device';
    expect(gpuName(system({ [`${card}/vendor`]: '0x1002\n', [`${card}/device`]: '0x744c\n' }))).toBe('AMD 0x744c');
    expect(gpuName(system({ [`${card}/vendor`]: '0x1af4\n', [`${card}/device`]: '0x1050\n' }))).toBe(
      'GPU of vendor 0x1af4 0x1050',
    );
  });

  it('is left out where nobody says it', () => {
    expect(gpuName(system({}))).toBeUndefined();
  });
});
