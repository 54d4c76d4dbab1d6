import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeMachine } from './machine.js';
import { findProjectRoot } from './project.js';
import { type SuiteResult, writeResult } from './result-file.js';
import { withTemporaryFolder } from './temporary-folder.js';

const result: SuiteResult = {
  suite: 'spine',
  machine: describeMachine(findProjectRoot(import.meta.dirname)),
  rows: [],
};

it('writes the result below folders that did not exist, over an older one, and leaves nothing else', async () => {
  await withTemporaryFolder(async (folder) => {
    const path = join(folder, 'new', 'deep', 'spine.json');
    await writeResult(path, { ...result, suite: 'older' });
    await writeResult(path, result);
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual(result);
    expect(await readdir(join(folder, 'new', 'deep'))).toEqual(['spine.json']);
  });
});

it('names the file that cannot be written and leaves no partial one', async () => {
  await withTemporaryFolder(async (folder) => {
    const path = join(folder, 'taken');
    await mkdir(path);
    await writeFile(join(path, 'something'), '');
    await expect(writeResult(path, result)).rejects.toThrow(path);
    expect(await readdir(folder)).toEqual(['taken']);
  });
});
