import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

// A thread that ends inside native code takes the whole process with it (SIGABRT). These programs end in every way that a
// careless program can, while two jobs train, and must never do that.
const program = (ending: string): string => `
  import { createRuntime } from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)};
  import { serve } from ${JSON.stringify(new URL('../dist/gateway.js', import.meta.url).href)};
  const runtime = await createRuntime({ dataDir: process.argv[1], threads: 2 });
  await serve(runtime, { port: 0 });
  const request = { data_config: { dataset: 'wdbc' }, model_config: { hidden: [512, 512] }, training_config: { epochs: 100000 } };
  const jobs = [await runtime.train(request), await runtime.train(request)];
  for await (const event of jobs[1]) if (event.type === 'batch_progress') break;
  await new Promise((resolve) => setTimeout(resolve, Number(process.argv[2])));
  ${ending}
`;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ganglion-shutdown-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const run = (ending: string, delay: number): Promise<{ code: number | null; signal: string | null; stderr: string }> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', program(ending), directory, String(delay)], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.on('close', (code, signal) => resolve({ code, signal, stderr }));
  });

describe('a program that ends while jobs train', () => {
  // Delays that fall into different moments of a run: odd numbers against a step of a few ms.
  it.each([
    ['closes the runtime', 'await runtime.close();', 0],
    ['exits in the middle', 'process.exit(0);', 0],
    [
      'throws',
      "setTimeout(() => { throw new Error('on purpose'); }); await new Promise(() => setInterval(() => {}, 1000));",
      1,
    ],
    ['closes twice and exits', 'void runtime.close(); await runtime.close(); process.exit(0);', 0],
    [
      'exits while it closes',
      'void runtime.close(); await new Promise((resolve) => setTimeout(resolve, 5)); process.exit(0);',
      0,
    ],
  ])('%s', async (_name, ending, expected) => {
    for (const delay of [3, 17, 31]) {
      const { code, signal, stderr } = await run(ending, delay);
      expect({ code, signal, stderr: expected === 0 ? stderr : '' }).toEqual({
        code: expected,
        signal: null,
        stderr: '',
      });
    }
  });
});
