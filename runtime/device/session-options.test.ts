import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { afterAll, describe, expect, it } from 'vitest';
import { writePlainGraph } from './plain-graph.js';
import { ortSessionOptions, type SessionOptions } from './session-options.js';

const surroundings = { provider: 'cpu', threads: 2, spinning: false } as const;

describe('the options of a session', () => {
  it('are those of every session where nothing is asked for', () => {
    expect(ortSessionOptions({}, surroundings)).toEqual({
      executionProviders: ['cpu'],
      intraOpNumThreads: 2,
      interOpNumThreads: 1,
      graphOptimizationLevel: 'all',
      enableMemPattern: false,
      logSeverityLevel: 3,
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    });
  });

  it('refuse an optimiser that ONNX Runtime would ignore silently', () => {
    const disabledOptimizers = ['NchwcTransformer', 'CommonSubexpressionEliminaton'];
    expect(() => ortSessionOptions({ disabledOptimizers }, surroundings)).toThrow(
      /no optimiser "CommonSubexpressionEliminaton" to disable/,
    );
  });

  it('leave the nodes that are named to the CPU, on WebGPU alone, where an empty list would be refused', () => {
    const options: SessionOptions = { nodesOnCpu: ['Conv_1'] };
    const on = (given: SessionOptions, provider: 'cpu' | 'webgpu') =>
      ortSessionOptions(given, { ...surroundings, provider }).executionProviders;
    expect(on(options, 'webgpu')).toEqual([{ name: 'webgpu', forceCpuNodeNames: ['Conv_1'] }]);
    expect(on({ nodesOnCpu: [] }, 'webgpu')).toEqual(['webgpu']);
    expect(on(options, 'cpu')).toEqual(['cpu']);
  });

  it('keep outputs on a device only where the binding can', () => {
    const options: SessionOptions = { outputsOnDevice: ['w'] };
    const locations = (['cpu', 'cuda', 'webgpu'] as const).map(
      (provider) => ortSessionOptions(options, { ...surroundings, provider }).preferredOutputLocation,
    );
    expect(locations).toEqual([undefined, undefined, { w: 'gpu-buffer' }]);
  });
});

describe('ONNX Runtime', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ganglion-options-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** y = exp(x) * exp(x), the exponential written twice. */
  const twice = writePlainGraph({
    inputs: { x: 'float32' },
    outputs: { y: 'float32' },
    nodes: [
      ['Exp', ['x'], 'a'],
      ['Exp', ['x'], 'b'],
      ['Mul', ['a', 'b'], 'y'],
    ],
  });

  /** How often the exponential is left after the graph was prepared. */
  async function exponentials(options: SessionOptions): Promise<number> {
    const file = join(folder, 'optimised.onnx');
    const native = { ...ortSessionOptions(options, surroundings), optimizedModelFilePath: file };
    const session = await ort.InferenceSession.create(twice, native);
    await session.release();
    return readFileSync(file, 'latin1').split('Exp').length - 1;
  }

  it('makes one of what is computed twice', async () => {
    expect(await exponentials({})).toBe(1);
  });

  it('leaves it twice with that optimiser disabled, also beside another one', async () => {
    expect(await exponentials({ disabledOptimizers: ['CommonSubexpressionElimination'] })).toBe(2);
    expect(await exponentials({ disabledOptimizers: ['NchwcTransformer', 'CommonSubexpressionElimination'] })).toBe(2);
  });

  it('leaves it twice where nothing is optimised', async () => {
    expect(await exponentials({ optimizationLevel: 'disabled' })).toBe(2);
  });
});
