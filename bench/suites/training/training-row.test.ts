import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ProviderReport } from '../../../runtime/index.js';
import { systemClock } from '../../harness/clock.js';
import { runSuite } from '../../harness/run-suite.js';
import type { SuiteContext } from '../../harness/suite.js';
import { withTemporaryFolder } from '../../harness/temporary-folder.js';
import { noFacts } from './facts.js';
import type { StartProcess, TrainingProcess } from './our-side.js';
import { type RowSurroundings, rowName, type TrainingRow, trainingRow } from './training-row.js';

afterEach(() => vi.unstubAllEnvs());

const LOSSES = [2, 1, 0.5];

/** A process that makes ten steps a second, and the folders it was given. */
function process() {
  const folders: string[] = [];
  let closed = 0;
  const ask = async (name: string, question: Record<string, unknown>): Promise<object> => {
    if (name === 'open') folders.push(String(question['folder']));
    if (name === 'losses') return { losses: LOSSES };
    if (name === 'round') {
      const steps = Number(question['steps']);
      return { steps, seconds: steps / 10, outside: 0.01, peak: 5e6 };
    }
    return {};
  };
  const start: StartProcess = async () => ({ ask, close: async () => void closed++ }) as unknown as TrainingProcess;
  return { start, folders, closed: () => closed };
}

/** A peer that Node runs in place of Python: it makes 20 steps a second. */
const peer = (losses: readonly number[]) => `
  const { createInterface } = require('node:readline');
  console.log(JSON.stringify({ ready: true, version: '2.15.0 contiguous', losses: ${JSON.stringify(losses)} }));
  createInterface({ input: process.stdin }).on('line', () => console.log(JSON.stringify({ rate: 20, memory: 7e6 })));`;

async function measure(
  row: TrainingRow,
  ours: ReturnType<typeof process>,
  script?: string,
  probed: Partial<ProviderReport> = {},
) {
  return withTemporaryFolder(async (root) => {
    await mkdir(join(root, 'bench', 'peers'), { recursive: true });
    if (script !== undefined) await writeFile(join(root, 'bench', 'peers', 'torch_training.py'), script);
    // Node reads that file as CommonJS whatever its ending.
    vi.stubEnv('GANGLION_BENCH_PYTHON', globalThis.process.execPath);
    const context: SuiteContext = { root, clock: systemClock, quick: true };
    const probe: RowSurroundings['probe'] = async (provider) => ({
      provider,
      state: 'runs',
      detail: 'computes',
      ...probed,
    });
    const plan = trainingRow(row, context, noFacts(), { start: ours.start, probe });
    const settings = { clock: systemClock, signal: new AbortController().signal, quick: true };
    return runSuite({ name: 'training', rows: [plan] }, settings);
  });
}

const row: TrainingRow = { network: 'mlp', threads: 2 };

describe('a row', () => {
  it.each([
    [row, 'mlp_2'],
    [{ ...row, provider: 'cuda' } as const, 'mlp_cuda'],
  ])('is named by its network and its threads, or its provider', (given, name) => {
    expect(rowName(given)).toBe(name);
  });

  it('compares steps a second when both sides find the same losses', async () => {
    const ours = process();
    const { rows, failures } = await measure(row, ours, peer(LOSSES));
    expect(failures).toEqual([]);
    expect(rows[0]).toMatchObject({
      name: 'mlp_2',
      threads: 2,
      value: 10,
      peer: 'torch 2.15.0 contiguous',
      peerValue: 20,
      ratio: 0.5,
      ok: true,
    });
    expect(rows[0]!.note).toContain(
      'a step takes 100 ms (the peer 50 ms); peak memory of the process 5 MB (the peer 7 MB)',
    );
  });

  it('fails when the two sides find different losses, whatever their speed', async () => {
    const ours = process();
    const { rows, failures } = await measure(row, ours, peer([2, 1, 0.6]));
    expect(rows).toEqual([]);
    expect(failures[0]).toMatchObject({ name: 'mlp_2', error: expect.stringContaining('do not train the same') });
    expect(ours.closed()).toBe(1);
  });

  it('is measured without a comparison when the peer is not installed', async () => {
    const { rows } = await measure(row, process(), `console.log('{"absent":"No module named torch"}')`);
    expect(rows[0]).toMatchObject({
      value: 10,
      ok: null,
      absent: expect.stringMatching(/torch; to get it: node .*torch$/),
    });
  });

  it('puts the process and the folder away', async () => {
    const ours = process();
    await measure(row, ours);
    expect(ours.closed()).toBe(1);
    expect(ours.folders).toHaveLength(1);
    expect(existsSync(ours.folders[0]!)).toBe(false);
  });

  it.each<[string, Partial<ProviderReport>, string]>([
    ['the provider does not run', { state: 'missing', detail: 'no adapter' }, 'webgpu does not run here: no adapter'],
    [
      'a CPU plays the GPU',
      { software: true, detail: 'as a software renderer' },
      'there is no GPU: as a software renderer',
    ],
  ])('of a GPU is absent where %s, and nothing is opened', async (_, probed, absent) => {
    const ours = process();
    const { rows, absences, failures } = await measure({ ...row, provider: 'webgpu' }, ours, undefined, probed);
    expect([rows, failures]).toEqual([[], []]);
    expect(absences).toEqual([{ name: 'mlp_webgpu', absent }]);
    expect(ours.folders).toEqual([]);
  });

  it('of a GPU is measured where the provider works', async () => {
    const { rows } = await measure({ ...row, provider: 'cuda' }, process(), peer(LOSSES));
    expect(rows[0]).toMatchObject({ name: 'mlp_cuda', ratio: 0.5 });
  });
});
