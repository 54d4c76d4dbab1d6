import { describe, expect, test } from 'vitest';
import { float32, numbers, runModel } from '../onnx/fixtures/run-model.js';
import { fromTensorProto, type ModelProto, readModel, writeModel } from '../onnx/index.js';
import { ACTIVATIONS, type Activation, mlp, parameterCount, withParameters } from './index.js';

function stored(model: ModelProto, name: string) {
  return fromTensorProto(model.graph!.initializer.find((tensor) => tensor.name === name)!);
}

const options = { features: 3, hidden: [4, 5], classes: 2, seed: 7 };

/** The network as plain loops. */
function forward(model: ModelProto, x: readonly number[], activation: (z: number) => number): number[] {
  let values = [...x];
  const layers = model.graph!.initializer.length / 2;
  for (let layer = 0; layer < layers; layer++) {
    const weight = stored(model, `layer${layer}.weight`);
    const bias = numbers(stored(model, `layer${layer}.bias`));
    const [outputs, inputs] = weight.shape as [number, number];
    const w = numbers(weight);
    const sums = Array.from({ length: outputs }, (_, o) =>
      values.reduce((sum, v, i) => sum + v * w[o * inputs + i]!, bias[o]!),
    );
    values = layer === layers - 1 ? sums : sums.map(activation);
  }
  return values;
}

describe('an MLP', () => {
  test.each<[Activation, (z: number) => number]>([
    ['relu', (z) => Math.max(0, z)],
    ['tanh', Math.tanh],
    ['silu', (z) => z / (1 + Math.exp(-z))],
    ['leaky_relu', (z) => (z > 0 ? z : 0.01 * z)],
    ['softplus', (z) => Math.log1p(Math.exp(z))],
  ])('computes its layers with %s between them', async (activation, formula) => {
    const model = mlp({ ...options, activation });
    const { logits } = await runModel(model, { x: float32([2, 3], [1, -2, 3, 0.5, 0, -1]) });
    const expected = [...forward(model, [1, -2, 3], formula), ...forward(model, [0.5, 0, -1], formula)];
    expect(logits!.shape).toEqual([2, 2]);
    for (const [index, value] of numbers(logits).entries()) expect(value).toBeCloseTo(expected[index]!, 5);
  });

  test.each(Object.keys(ACTIVATIONS) as Activation[])('runs with %s', async (activation) => {
    const { logits } = await runModel(mlp({ ...options, activation }), { x: float32([1, 3], [1, -2, 3]) });
    expect(numbers(logits).every(Number.isFinite)).toBe(true);
  });

  test('drops nothing outside training', async () => {
    const x = float32([1, 3], [1, -2, 3]);
    const [plain, dropping] = [
      await runModel(mlp(options), { x }),
      await runModel(mlp({ ...options, dropout: 0.5 }), { x }),
    ];
    expect(numbers(dropping['logits'])).toEqual(numbers(plain['logits']));
  });

  test('without hidden layers is a logistic regression', () => {
    const model = mlp({ ...options, hidden: [] });
    expect(model.graph!.node.map(({ opType }) => opType)).toEqual(['Gemm']);
    expect(parameterCount(model)).toBe(3 * 2 + 2);
  });

  test('has as many parameters as its layers', () => {
    expect(parameterCount(mlp(options))).toBe(3 * 4 + 4 + 4 * 5 + 5 + 5 * 2 + 2);
  });

  test('draws weights and biases uniformly within 1 / sqrt(inputs), as nn.Linear does', () => {
    const model = mlp({ features: 64, hidden: [200], classes: 2, seed: 1 });
    for (const name of ['layer0.weight', 'layer0.bias']) {
      const values = numbers(stored(model, name));
      const bound = 1 / Math.sqrt(64);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
      expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(bound);
      expect(Math.abs(mean)).toBeLessThan((4 * bound) / Math.sqrt(3 * values.length));
      // The variance of a uniform distribution on [-b, b] is b^2 / 3.
      expect(variance / (bound ** 2 / 3)).toBeGreaterThan(0.8);
      expect(variance / (bound ** 2 / 3)).toBeLessThan(1.2);
    }
  });

  test('is the same for the same seed, and another for another', () => {
    expect(writeModel(mlp(options))).toEqual(writeModel(mlp(options)));
    expect(writeModel(mlp({ ...options, seed: 8 }))).not.toEqual(writeModel(mlp(options)));
    expect(numbers(stored(mlp(options), 'layer0.weight'))).not.toEqual(numbers(stored(mlp(options), 'layer0.bias')));
  });

  test('draws the first layers alike, however many follow', () => {
    const deeper = mlp({ ...options, hidden: [4, 5, 6] });
    expect(stored(deeper, 'layer1.weight')).toEqual(stored(mlp(options), 'layer1.weight'));
  });

  test.each([
    ['no features', { features: 0 }, /features and widths/],
    ['half a unit', { hidden: [2.5] }, /whole numbers >= 1, not 2.5/],
    ['one class', { classes: 1 }, /at least 2 classes/],
    ['all units dropped', { dropout: 1 }, /dropout is from 0/],
    ['an unknown activation', { activation: 'constructor' as Activation }, /no activation "constructor"/],
    ['a seed that is no seed', { seed: -1 }, /seed/],
  ])('refuses %s', (_, change, message) => {
    expect(() => mlp({ ...options, ...change })).toThrow(message);
  });
});

describe('a model with other parameters', () => {
  test('computes with them, and keeps those that were not named', async () => {
    const model = mlp({ ...options, hidden: [] });
    const changed = readModel(
      writeModel(withParameters(model, { 'layer0.weight': float32([2, 3], [1, 0, 0, 0, 1, 0]) })),
    );
    const bias = numbers(stored(model, 'layer0.bias'));
    const { logits } = await runModel(changed, { x: float32([1, 3], [5, 7, 9]) });
    expect(numbers(logits)[0]).toBeCloseTo(5 + bias[0]!, 5);
    expect(numbers(logits)[1]).toBeCloseTo(7 + bias[1]!, 5);
  });

  test('refuses a name that the model does not have, and a value that does not fit', () => {
    const model = mlp(options);
    expect(() => withParameters(model, { weight: float32([1], [1]) })).toThrow(/no parameter "weight"/);
    expect(() => withParameters(model, { 'layer0.bias': float32([5], [1, 2, 3, 4, 5]) })).toThrow(
      /float32\[4\].*float32\[5\]/,
    );
  });
});
