import { spawnSync } from 'node:child_process';
import { copyFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findProjectRoot } from './project.js';
import { withTemporaryFolder } from './temporary-folder.js';

const INSTALLER = join(findProjectRoot(import.meta.dirname), 'bench', 'peers', 'install.mjs');

/** Runs a copy of the installer, so that what it finds and changes is the copy's own folder. */
async function run(...args: string[]) {
  return withTemporaryFolder(async (folder) => {
    await copyFile(INSTALLER, join(folder, 'install.mjs'));
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, 'install.mjs'), ...args], {
      encoding: 'utf8',
    });
    return { status, stdout, stderr, files: await readdir(folder) };
  });
}

it('lists every peer with its size', async () => {
  const { status, stdout } = await run('--list');
  expect(status).toBe(0);
  const lines = stdout.trim().split('\n');
  expect(lines.length).toBeGreaterThanOrEqual(4);
  for (const line of lines) expect(line).toMatch(/^[\w-]+: (npm|python) \S+ \d\S* \(.+\); .*MB/);
});

it('says sizes and commands first, and changes nothing without --yes', async () => {
  const { status, stdout, files } = await run('xstate', 'scikit-learn');
  expect(status).toBe(0);
  expect(stdout.trim().split('\n')).toEqual([
    expect.stringMatching(/^xstate: npm .*MB$/),
    expect.stringMatching(/^scikit-learn: python .*MB$/),
    expect.stringMatching(/^would run: npm install --prefix .* xstate@\d/),
    expect.stringMatching(/^would run: .* -m venv /),
    expect.stringMatching(/^would run: .* -m pip install .* scikit-learn==\d/),
    expect.stringMatching(/^nothing was changed/),
  ]);
  expect(files).toEqual(['install.mjs']);
});

it.each([
  ['no peer', [], 'which peer?'],
  ['an unknown peer', ['keras'], 'no such peer: keras; known: xstate'],
  ['an unknown option', ['--force'], '--force'],
])('ends with 2 for %s', async (_, args, message) => {
  const { status, stderr, files } = await run(...args);
  expect(status).toBe(2);
  expect(stderr).toContain(message);
  expect(files).toEqual(['install.mjs']);
});
