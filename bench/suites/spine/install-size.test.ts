import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../harness/clock.js';
import { withTemporaryFolder } from '../../harness/temporary-folder.js';
import { installSize, type LockFile, productionPackages } from './install-size.js';

/** Writes files of the given sizes; paths are relative to the folder. */
async function files(root: string, sizes: Readonly<Record<string, number>>): Promise<void> {
  for (const [path, size] of Object.entries(sizes)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), Buffer.alloc(size));
  }
}
const lock = (packages: NonNullable<LockFile['packages']>): LockFile => ({
  lockfileVersion: 3,
  packages: { '': {}, ...packages },
});

describe('productionPackages', () => {
  it('counts each package once, at its own line of the lock file, and all its files', async () => {
    await withTemporaryFolder(async (root) => {
      await files(root, {
        'node_modules/a/package.json': 100,
        'node_modules/a/lib/deep/code.js': 20,
        'node_modules/a/node_modules/b/index.js': 3,
        'node_modules/@s/c/index.js': 7,
        'node_modules/nobody-asked-for-it/index.js': 5000,
      });
      const packages = { 'node_modules/a': {}, 'node_modules/a/node_modules/b': {}, 'node_modules/@s/c': {} };
      expect(await productionPackages(root, lock(packages))).toEqual([
        { path: 'node_modules/a', bytes: 120 },
        { path: 'node_modules/a/node_modules/b', bytes: 3 },
        { path: 'node_modules/@s/c', bytes: 7 },
      ]);
    });
  });

  it.each([
    ['a package for development only', { dev: true }, 0],
    ['a link to a folder of the project', { link: true }, 0],
    ['an optional package', { optional: true }, 10],
    ['a package that is optional, or for development, by different ways', { devOptional: true }, 10],
  ])('knows what npm does with %s', async (_, fields, bytes) => {
    await withTemporaryFolder(async (root) => {
      await files(root, { 'node_modules/a/index.js': 10 });
      const sizes = await productionPackages(root, lock({ 'node_modules/a': fields }));
      expect(sizes.reduce((sum, size) => sum + size.bytes, 0)).toBe(bytes);
    });
  });

  it.each([{ optional: true }, { devOptional: true }])(
    'leaves out %j that this platform does not have',
    async (fields) => {
      await withTemporaryFolder(async (root) => {
        expect(await productionPackages(root, lock({ 'node_modules/a': fields }))).toEqual([]);
      });
    },
  );

  it('does not follow a link out of the package', async () => {
    await withTemporaryFolder(async (root) => {
      await files(root, { 'large/file': 100_000, 'node_modules/a/index.js': 10 });
      await symlink(join(root, 'large'), join(root, 'node_modules/a/link'));
      const [size] = await productionPackages(root, lock({ 'node_modules/a': {} }));
      expect(size!.bytes).toBeLessThan(10_000);
    });
  });

  it('refuses a sum without a package that must be there', async () => {
    await withTemporaryFolder(async (root) => {
      await expect(productionPackages(root, lock({ 'node_modules/a': {} }))).rejects.toThrow(
        'node_modules/a of package-lock.json is not installed: run npm ci',
      );
    });
  });

  it('refuses a lock file without the list of packages', async () => {
    await expect(productionPackages('.', { lockfileVersion: 1 })).rejects.toThrow('version 1');
  });
});

it('install_size is the sum of them, and its note says how and names the largest', async () => {
  await withTemporaryFolder(async (root) => {
    await files(root, {
      'node_modules/@s/small/i.js': 1000,
      'node_modules/large/i.js': 5_000_000,
      'node_modules/d/i.js': 9,
    });
    const packages = { 'node_modules/@s/small': {}, 'node_modules/large': {}, 'node_modules/d': { dev: true } };
    await writeFile(join(root, 'package-lock.json'), JSON.stringify(lock(packages)));
    const row = installSize({ root, clock: systemClock, quick: false });
    const contestant = await row.open();
    expect(await contestant.measure({ index: 0, signal: new AbortController().signal })).toBe(5_001_000);
    expect(contestant.note?.('install_size')).toMatch(/of the 2 packages .*largest: large 5 MB, @s\/small 1 kB$/);
  });
});
