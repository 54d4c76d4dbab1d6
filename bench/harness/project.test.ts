import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findProjectRoot, installedVersion, readManifest } from './project.js';
import { withTemporaryFolder } from './temporary-folder.js';

async function place(folder: string, manifest: object): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
}

describe('findProjectRoot', () => {
  it('finds this project from where its source and its bundle stand', () => {
    const root = findProjectRoot(import.meta.dirname);
    expect(readManifest(join(root, 'package.json')).name).toBe('ganglion');
    expect(findProjectRoot(join(root, 'dist', 'chunks'))).toBe(root);
  });

  it('passes over the package.json of another package', async () => {
    await withTemporaryFolder(async (folder) => {
      await place(folder, { name: 'ganglion' });
      await place(join(folder, 'peers'), { name: 'peers' });
      expect(findProjectRoot(join(folder, 'peers'))).toBe(folder);
    });
  });

  it('says from where it looked when there is none', async () => {
    await withTemporaryFolder(async (folder) => {
      expect(() => findProjectRoot(folder)).toThrow(folder);
    });
  });
});

describe('installedVersion', () => {
  it('finds the nearest one, then the one of a folder above, else nothing', async () => {
    await withTemporaryFolder(async (folder) => {
      await place(join(folder, 'node_modules', 'onnx'), { version: '1.0.0' });
      await place(join(folder, 'inner', 'node_modules', 'onnx'), { version: '2.0.0' });
      expect(installedVersion('onnx', join(folder, 'inner'))).toBe('2.0.0');
      expect(installedVersion('onnx', folder)).toBe('1.0.0');
      expect(installedVersion('a-package-that-nobody-has', folder)).toBeUndefined();
    });
  });
});

describe('readManifest', () => {
  it('names the file that is not JSON', async () => {
    await withTemporaryFolder(async (folder) => {
      const path = join(folder, 'package.json');
      await writeFile(path, '{');
      expect(() => readManifest(path)).toThrow(path);
    });
  });
});
