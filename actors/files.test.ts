import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readableDirectory, readableFile } from './files.js';
import { temporaryFolder } from './fixtures/temporary-runtime.js';

/** Two roots and a folder beside them, with links between. */
function places() {
  const base = temporaryFolder();
  const [root, second, outside] = ['data', 'more', 'data-outside'].map((name) => join(base, name)) as [
    string,
    string,
    string,
  ];
  for (const folder of [root, second, outside, join(root, 'deep'), join(root, '..hidden')]) mkdirSync(folder);
  for (const file of ['data/a.csv', 'data/deep/b.csv', 'data/..hidden/c.csv', 'more/d.csv', 'data-outside/secret.csv'])
    writeFileSync(join(base, file), '');
  symlinkSync(join(outside, 'secret.csv'), join(root, 'link.csv'));
  symlinkSync(outside, join(root, 'way-out'));
  symlinkSync(join(outside, 'gone.csv'), join(root, 'broken.csv'));
  symlinkSync(join(root, 'deep'), join(second, 'way-in'));
  symlinkSync(join(root, 'loop'), join(root, 'loop'));
  symlinkSync(root, join(base, 'alias'));
  return { base, root, second, outside, roots: [root, second] };
}

type Places = ReturnType<typeof places>;

describe('a file that may be read', () => {
  it.each<[string, (at: Places) => string, (at: Places) => string]>([
    ['by its relative name', () => 'a.csv', ({ root }) => join(root, 'a.csv')],
    ['in a folder', () => 'deep/b.csv', ({ root }) => join(root, 'deep/b.csv')],
    ['in a folder whose name begins with dots', () => '..hidden/c.csv', ({ root }) => join(root, '..hidden/c.csv')],
    ['in the second root', () => 'd.csv', ({ second }) => join(second, 'd.csv')],
    ['by its absolute name', ({ root }) => join(root, 'a.csv'), ({ root }) => join(root, 'a.csv')],
    ['by a way that goes up and comes back', () => 'deep/../a.csv', ({ root }) => join(root, 'a.csv')],
    ['from one root into the other', () => '../more/d.csv', ({ second }) => join(second, 'd.csv')],
    ['through a link that stays inside', () => 'way-in/b.csv', ({ root }) => join(root, 'deep/b.csv')],
    ['by an absolute alias of the root', ({ base }) => join(base, 'alias/a.csv'), ({ root }) => join(root, 'a.csv')],
  ])('is found %s', (_, path, expected) => {
    const at = places();
    expect(readableFile(path(at), at.roots)).toBe(expected(at));
  });

  it.each<[string, (at: Places) => string, 'forbidden_path' | 'missing_file']>([
    ['a way up', () => '../data-outside/secret.csv', 'forbidden_path'],
    ['a way up to nothing', () => '../data-outside/gone.csv', 'forbidden_path'],
    ['a long way up', () => '../../../../../../../../etc/passwd', 'forbidden_path'],
    ['an absolute path outside', ({ outside }) => join(outside, 'secret.csv'), 'forbidden_path'],
    ['an absolute path to nothing outside', () => '/nowhere/at/all.csv', 'forbidden_path'],
    ['a link that leads out', () => 'link.csv', 'forbidden_path'],
    ['a linked folder that leads out', () => 'way-out/secret.csv', 'forbidden_path'],
    ['nothing in a linked folder that leads out', () => 'way-out/gone.csv', 'forbidden_path'],
    ['a broken link that leads out', () => 'broken.csv', 'forbidden_path'],
    ['a link to itself', () => 'loop', 'missing_file'],
    ['a folder', () => 'deep', 'missing_file'],
    ['the root', () => '.', 'missing_file'],
    ['nothing', () => 'gone.csv', 'missing_file'],
    ['a file as if it were a folder', () => 'a.csv/b.csv', 'missing_file'],
    ['a name with a zero byte', () => 'a.csv\0.txt', 'missing_file'],
    ['no name', () => '', 'missing_file'],
  ])('is not %s', (_, path, code) => {
    const at = places();
    let error: unknown;
    try {
      readableFile(path(at), at.roots);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ name: 'FileError', code });
    expect((error as Error).message).toContain(at.root);
  });

  it('is none when no root is there', () => {
    expect(() => readableFile('a.csv', ['/nowhere'])).toThrow('there is no file');
  });
});

describe('a folder that may be read', () => {
  it('is told from a file', () => {
    const { root, roots } = places();
    expect(readableDirectory('deep', roots)).toBe(join(root, 'deep'));
    expect(() => readableDirectory('a.csv', roots)).toThrow('there is no folder');
    expect(() => readableDirectory('way-out', roots)).toThrow('outside');
  });
});
