import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from './clock.js';
import { scriptPeer } from './script-peer.js';
import type { Contestant, SuiteContext } from './suite.js';
import { withTemporaryFolder } from './temporary-folder.js';

const PROTOCOL = `
  import { createInterface } from 'node:readline';
  console.log('{"ready":true,"version":"1.2"}');
  createInterface({ input: process.stdin }).on('line', () => console.log(JSON.stringify({ rate: process.argv.length })));`;

function withScript(name: string, source: string, use: (context: SuiteContext) => Promise<void>): Promise<void> {
  return withTemporaryFolder(async (root) => {
    await mkdir(join(root, 'bench', 'peers'), { recursive: true });
    await writeFile(join(root, 'bench', 'peers', name), source);
    await use({ root, clock: systemClock, quick: false });
  });
}

describe('scriptPeer', () => {
  it('measures through a Node script', async () => {
    await withScript('other.mjs', PROTOCOL, async (context) => {
      const peer = scriptPeer({ name: 'other', script: 'other.mjs', args: ['a', 'b'], field: 'rate' }, context);
      const opened = (await peer.open()) as Contestant;
      expect(opened.version).toBe('1.2');
      expect(await opened.measure({ index: 0, signal: new AbortController().signal })).toBe(4);
      await opened.close?.();
    });
  });

  it('tells how to install a package that the script did not find', async () => {
    await withScript('other.mjs', `console.log('{"absent":"no package"}')`, async (context) => {
      const opened = await scriptPeer({ name: 'other', script: 'other.mjs' }, context).open();
      expect(opened).toEqual({ absent: expect.stringMatching(/^no package; to get it: node .*install\.mjs other$/) });
    });
  });

  it('tells how to install Python', async () => {
    await withScript('other.py', '', async (context) => {
      const opened = await scriptPeer({ name: 'other', script: 'other.py' }, context, {}).open();
      expect(opened).toEqual({ absent: expect.stringMatching(/no Python at .*\.venv.*install\.mjs other$/) });
    });
  });

  it('runs a Python script with the Python that the environment names', async () => {
    // Node reads this file as CommonJS whatever its ending: enough to see which interpreter was taken.
    await withScript('other.py', `console.log('{"absent":"it ran"}')`, async (context) => {
      const environment = { GANGLION_BENCH_PYTHON: process.execPath };
      const opened = await scriptPeer({ name: 'other', script: 'other.py' }, context, environment).open();
      expect(opened).toEqual({ absent: expect.stringContaining('it ran') });
    });
  });

  it('is absent when its script is', async () => {
    await withScript('other.mjs', '', async (context) => {
      const opened = await scriptPeer({ name: 'x', script: 'x.py' }, context).open();
      expect(opened).toEqual({ absent: expect.stringContaining('x.py does not exist') });
    });
  });

  it('refuses a script of another language', async () => {
    await withScript('other.rb', '', async (context) => {
      await expect(scriptPeer({ name: 'x', script: 'other.rb' }, context).open()).rejects.toThrow('.mjs or .py');
    });
  });
});
