import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../runtime/tensor.js';
import { bool, float32, int64, numbers, runModel } from '../onnx/fixtures/run-model.js';
import { Arithmetic, GraphBuilder, type Value } from '../onnx/index.js';
import { differentiate } from './index.js';
import { REFERENCE_CASES } from './reference.cases.js';

interface Flat {
  readonly shape: number[];
  readonly dtype: string;
  readonly data: (number | boolean)[];
}

interface ReferenceCase {
  readonly name: string;
  readonly attrs: Record<string, number>;
  readonly inputs: Record<string, Flat>;
  readonly consts: Record<string, Flat>;
  readonly output: Flat;
  readonly gradOutput: Flat;
  readonly grads: Record<string, Flat>;
}

const path = new URL('../../../shared/data/gradients/grad_vectors.json', import.meta.url);
const missing = !existsSync(path);
const cases: ReferenceCase[] = missing ? [] : JSON.parse(readFileSync(path, 'utf8')).cases;

/** Cases of the file that need operators we have no row for yet. Whoever adds the row takes the name out. */
const NOT_COVERED: readonly string[] = [];

function toTensor({ shape, dtype, data }: Flat): Tensor {
  if (dtype === 'int64') return int64(shape, data as number[]);
  if (dtype === 'bool') return bool(shape, data as boolean[]);
  return float32(shape, data as number[]);
}

/** The largest difference, as a share of the largest absolute value. */
function error(actual: Tensor | undefined, expected: Flat): number {
  expect(actual?.shape).toEqual(expected.shape);
  const scale = Math.max(...expected.data.map((value) => Math.abs(Number(value))), Number.MIN_VALUE);
  const values = numbers(actual);
  return Math.max(...expected.data.map((value, index) => Math.abs(values[index]! - Number(value)) / scale));
}

async function run({ name, attrs, inputs, consts, gradOutput }: ReferenceCase) {
  const graph = new GraphBuilder(name);
  const feeds: Record<string, Tensor> = { 'grad/y': toTensor(gradOutput) };
  const at: Record<string, Value> = {};
  for (const [key, flat] of Object.entries({ ...inputs, ...consts })) {
    const tensor = toTensor(flat);
    feeds[key] = tensor;
    at[key] = graph.input(key, tensor.dtype, tensor.shape);
  }
  const y = REFERENCE_CASES[name]!({ graph, math: new Arithmetic(graph), at, attrs });
  graph.output(y, 'y');
  return runModel(differentiate(graph.toModel(), { output: 'y', withRespectTo: Object.keys(inputs) }), feeds);
}

describe.skipIf(missing)(
  `PyTorch's gradients${missing ? ' (skipped: the reference data beside the project is missing)' : ''}`,
  () => {
    const covered = cases.filter(({ name }) => Object.hasOwn(REFERENCE_CASES, name));

    test.each(covered)('agree with ours: $name', async (reference) => {
      const results = await run(reference);
      expect(error(results['y'], reference.output)).toBeLessThan(1e-4);
      for (const [key, gradient] of Object.entries(reference.grads)) {
        expect(error(results[`grad/${key}`], gradient)).toBeLessThan(1e-4);
      }
    });

    test('are covered but for the operators that are named as missing', () => {
      const names = cases.map(({ name }) => name);
      expect(names.filter((name) => !Object.hasOwn(REFERENCE_CASES, name))).toEqual(NOT_COVERED);
      expect(covered).toHaveLength(names.length - NOT_COVERED.length);
      expect(Object.keys(REFERENCE_CASES).filter((name) => !names.includes(name))).toEqual([]);
    });
  },
);
