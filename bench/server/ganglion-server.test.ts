import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../harness/clock.js';
import { withTemporaryFolder } from '../harness/temporary-folder.js';
import { type GanglionServer, startServer } from './ganglion-server.js';

/** Starts a program in place of the command line. */
async function withProgram(
  source: string,
  use: (start: () => Promise<GanglionServer>, folder: string) => Promise<void>,
) {
  await withTemporaryFolder(async (folder) => {
    const program = join(folder, 'cli.cjs');
    await writeFile(program, source);
    await use(() => startServer({ root: folder, dataDir: folder, clock: systemClock, program }), folder);
  });
}
const LISTENS = `console.log('Ganglion is listening on http://127.0.0.1:1234'); setInterval(() => {}, 1000);`;

describe('startServer', () => {
  it('starts the command with a free port and its data directory, and ends it by SIGTERM', async () => {
    const source = `console.error(process.argv.slice(2).join(' ')); process.on('SIGTERM', () => process.exit(0)); ${LISTENS}`;
    await withProgram(source, async (start, folder) => {
      const server = await start();
      expect(server.url).toBe('http://127.0.0.1:1234');
      expect(await server.stop()).toEqual({ code: 0, signal: null, errors: `serve --port 0 --data-dir ${folder}` });
      expect(server.leftProcesses()).toBe(false);
      expect(await server.stop()).toMatchObject({ code: 0 });
    });
  });

  it('tells by which signal a server died', async () => {
    await withProgram(LISTENS, async (start) => {
      const server = await start();
      server.kill('SIGABRT');
      expect(await server.exited).toMatchObject({ code: null, signal: 'SIGABRT' });
    });
  });

  it('sees a process that a server left behind', async () => {
    const source = `
      const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
      child.unref(); console.error(child.pid); ${LISTENS}`;
    await withProgram(source, async (start) => {
      const server = await start();
      server.kill('SIGKILL');
      const { errors } = await server.exited;
      expect(server.leftProcesses()).toBe(true);
      process.kill(Number(errors), 'SIGKILL');
    });
  });

  it('fails with the last words of a program that ends before it listens', async () => {
    await withProgram(`console.error('the port is in use'); process.exit(3)`, async (start) => {
      await expect(start()).rejects.toThrow('ganglion serve ended with code 3: the port is in use');
    });
  });

  it('says what is missing when the project is not built', async () => {
    await withTemporaryFolder(async (root) => {
      const started = startServer({ root, dataDir: root, clock: systemClock });
      await expect(started).rejects.toThrow('cli.js does not exist: run npm run build');
    });
  });
});
