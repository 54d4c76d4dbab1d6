import { describe, expect, test } from 'vitest';
import { DERIVATIVES } from '../../../learn/autodiff/index.js';
import { writeMessage } from '../../../learn/onnx/codec.js';
import { info, int, modelOf, node } from '../../../learn/onnx/fixtures/protos.js';
import { type ModelProto, toTensorProto, writeModel } from '../../../learn/onnx/index.js';
import type { Tensor } from '../../../runtime/tensor.js';
import { checkModel } from './check-model.js';
import { Report } from './report.js';
import {
  COLLECTIONS,
  type Collection,
  findTestData,
  HOW_TO_INSTALL,
  modelNames,
  readTestModel,
  type TestModel,
} from './test-data.js';

function tensor(shape: readonly number[], values: readonly number[]): Tensor {
  return { dtype: 'float32', shape, data: Float32Array.from(values) };
}

function testOf(model: ModelProto, inputs: readonly Tensor[], outputs: readonly Tensor[]): TestModel {
  const bytes = (list: readonly Tensor[]) => list.map((value) => writeMessage('TensorProto', toTensorProto(value)));
  return { name: 'own', bytes: writeModel(model), inputs: bytes(inputs), outputs: bytes(outputs) };
}

const x = tensor([2], [0.5, -1]);
const unary = (type: string, version = 21) =>
  modelOf(version, [node(type, ['x'], ['y'])], { input: [info('x', [2])], output: [info('y', [2])] });

describe('a model is', () => {
  test('passed when outputs and gradients agree', async () => {
    const y = tensor([2], [Math.exp(0.5), Math.exp(-1)]);
    expect(await checkModel(testOf(unary('Exp'), [x], [y]))).toEqual({
      kind: 'passed',
      reason: 'outputs and gradients agree',
    });
  });

  test('counted as onnxruntime’s where it gives the same other outputs itself', async () => {
    const verdict = await checkModel(testOf(unary('Exp'), [x], [tensor([2], [1, 2])]));
    expect(verdict).toEqual({ kind: 'no_kernel', reason: 'onnxruntime gives other outputs than expected' });
  });

  test('failed when a derivative is wrong', async () => {
    const right = DERIVATIVES['Exp']!;
    const rows = DERIVATIVES as Record<string, typeof right>;
    rows['Exp'] = (call) => [() => call.math.mul(call.gradient, 2)];
    try {
      const y = tensor([2], [Math.exp(0.5), Math.exp(-1)]);
      const verdict = await checkModel(testOf(unary('Exp'), [x], [y]));
      expect(verdict.kind).toBe('failed');
      expect(verdict.reason).toMatch(/^the gradient for the CPU of "x" has the slope/);
    } finally {
      rows['Exp'] = right;
    }
  });

  test('passed at kinks and jumps, where any subgradient will do', async () => {
    const zero = tensor([2], [0, 0]);
    expect((await checkModel(testOf(unary('Relu'), [zero], [zero]))).kind).toBe('passed');
    expect((await checkModel(testOf(unary('Sign'), [zero], [zero]))).kind).toBe('passed');
  });

  test('refused with a reason that names the operator, not the node', async () => {
    expect(await checkModel(testOf(unary('TfIdfVectorizer', 11), [x], [x]))).toMatchObject({
      kind: 'refused',
      reason: expect.stringMatching(/^TfIdfVectorizer: it is not known/),
    });
  });

  test('not differentiable when it gives whole numbers', async () => {
    const model = modelOf(21, [node('Cast', ['x'], ['y'], [int('to', 7)])], {
      input: [info('x', [2])],
      output: [info('y', [2], 7)],
    });
    const y: Tensor = { dtype: 'int64', shape: [2], data: BigInt64Array.of(0n, -1n) };
    expect((await checkModel(testOf(model, [x], [y]))).kind).toBe('not_differentiable');
  });
});

test('a report groups the models by verdict and reason', () => {
  const report = new Report();
  for (let index = 0; index < 6; index++) report.add(`m${index}`, { kind: 'refused', reason: 'no row' });
  report.add('other', { kind: 'refused', reason: 'no type' });
  report.add('good', { kind: 'passed', reason: 'agree' });
  expect([report.tried, report.count('refused'), report.count('failed')]).toEqual([8, 7, 0]);
  expect(report.reasons('refused')).toBe('\n  6 x no row (m0, m1, m2, m3, and 2 more)\n  1 x no type (other)');
  expect(report.reasons('failed')).toBe('');
});

const folder = findTestData();
/** Every so many models: the bench takes all of them. */
const STEP = 12;

describe.skipIf(folder === undefined)(`ONNX's own test models${folder ? '' : ` (skipped: ${HOW_TO_INSTALL})`}`, () => {
  const sample = (Object.keys(COLLECTIONS) as Collection[]).flatMap((collection) =>
    folder === undefined ? [] : modelNames(folder, collection).map((name) => ({ collection, name })),
  );

  test('do not fail', async () => {
    const failed: string[] = [];
    let passed = 0;
    for (const [index, { collection, name }] of sample.entries()) {
      if (index % STEP !== 0) continue;
      const { kind, reason } = await checkModel(readTestModel(folder!, collection, name));
      if (kind === 'failed') failed.push(`${name}: ${reason}`);
      if (kind === 'passed') passed++;
    }
    expect(failed).toEqual([]);
    expect(passed).toBeGreaterThan(sample.length / STEP / 3);
  });
});
