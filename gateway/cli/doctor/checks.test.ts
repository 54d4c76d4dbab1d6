import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { isWell, runCheck } from './check.js';
import { doctorChecks } from './checks.js';

/** A program that answers for one provider and crashes for the others. */
const PROGRAM = `
  const [command, provider] = process.argv.slice(2);
  if (command !== 'probe-provider' || provider !== 'cpu') process.abort();
  console.log(JSON.stringify({ outcome: 'ran', version: '1.30.0', milliseconds: 1 }));`;

describe('the checks of the doctor', () => {
  it('look at everything, each provider in a process of its own, and stay well when only a GPU is missing', async () => {
    const folder = temporaryFolder();
    const program = join(folder, 'program.mjs');
    writeFileSync(program, PROGRAM);
    const signal = new AbortController().signal;
    const results = [];
    for (const check of doctorChecks({ dataDir: folder, program, nodeVersion: '20.19.0', signal }))
      results.push(await runCheck(check));
    expect(results.map(({ name, needed, state }) => [name, needed, state])).toEqual([
      ['node', false, 'ok'],
      ['gateway', true, 'ok'],
      ['provider cpu', true, 'ok'],
      ['provider webgpu', false, 'problem'],
      ['provider cuda', false, 'problem'],
      ['store', true, 'ok'],
      ['data directory', true, 'ok'],
    ]);
    expect(isWell(results)).toBe(true);
    expect(isWell(results.map((result) => ({ ...result, state: 'problem' as const })))).toBe(false);
  });
});
