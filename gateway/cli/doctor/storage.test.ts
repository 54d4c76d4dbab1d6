import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lockDirectory } from '../../../runtime/store/directory-lock.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { dataDirectoryFinding, storeFinding } from './storage.js';

describe('the store', () => {
  it('opens, commits and reads in a temporary folder', () => {
    expect(storeFinding()).toEqual({ state: 'ok', detail: 'opens, commits and reads' });
  });
});

describe('the data directory', () => {
  it('that exists is tried with a store, and left as it was', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'ganglion.db'), 'untouched');
    expect(dataDirectoryFinding(folder)).toMatchObject({
      state: 'ok',
      detail: expect.stringContaining('a store works in it'),
    });
    expect(readdirSync(folder).filter((name) => name.startsWith('doctor-'))).toEqual([]);
  });

  it('that does not exist yet is not made', () => {
    const folder = temporaryFolder();
    const finding = dataDirectoryFinding(join(folder, 'a', 'b'));
    expect(finding).toMatchObject({
      state: 'ok',
      detail: expect.stringContaining('does not exist yet and can be made'),
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('that another process uses is left alone', () => {
    const folder = temporaryFolder();
    const unlock = lockDirectory(folder);
    try {
      expect(dataDirectoryFinding(folder)).toMatchObject({
        state: 'ok',
        detail: expect.stringContaining('in use by another'),
      });
    } finally {
      unlock();
    }
  });

  it('below a file is a problem', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), '');
    for (const path of [join(folder, 'file'), join(folder, 'file', 'below')]) {
      expect(dataDirectoryFinding(path)).toMatchObject({
        state: 'problem',
        detail: expect.stringContaining('is not a folder'),
      });
    }
  });

  // The administrator may write everywhere, and Windows has no such bits.
  it.skipIf(process.platform === 'win32' || process.getuid?.() === 0)('that is read-only is a problem', () => {
    const folder = join(temporaryFolder(), 'locked');
    mkdirSync(folder, { mode: 0o500 });
    expect(dataDirectoryFinding(folder)).toMatchObject({ state: 'problem', detail: expect.stringContaining('EACCES') });
  });

  it.runIf(process.platform === 'linux')('on a file system that takes no files is a problem', () => {
    expect(dataDirectoryFinding('/proc/ganglion')).toMatchObject({
      state: 'problem',
      detail: expect.stringContaining('/proc cannot be written to'),
    });
  });
});
