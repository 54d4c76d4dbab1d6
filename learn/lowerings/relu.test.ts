import { expect, test } from 'vitest';
import { float32, numbers, runModel } from '../onnx/fixtures/run-model.js';
import { Arithmetic, GraphBuilder } from '../onnx/index.js';
import { reluGradientByMask, reluGradientBySelection } from './relu.js';

async function bothWays(y: readonly number[], dy: readonly number[]) {
  const graph = new GraphBuilder('relu');
  const math = new Arithmetic(graph);
  const [output, gradient] = ['y', 'dy'].map((name) => graph.input(name, 'float32', ['N'])) as [never, never];
  graph.output(reluGradientByMask(math, output, gradient), 'mask');
  graph.output(reluGradientBySelection(math, output, gradient), 'selection');
  const { mask, selection } = await runModel(graph.toModel(), {
    y: float32([y.length], y),
    dy: float32([dy.length], dy),
  });
  return { mask: numbers(mask), selection: numbers(selection) };
}

/** Enough of each that the vector kernels and what they leave over both meet them. */
const often = (values: readonly number[]): number[] => Array.from({ length: 37 }, () => values).flat();

test('a mask lets through what a selection lets through, from the smallest normal number to infinity', async () => {
  const y = often([
    0,
    -0,
    1.17549435e-38,
    -1.17549435e-38,
    2.94e-39,
    1e-20,
    1,
    -1,
    3.4e38,
    -3.4e38,
    Infinity,
    -Infinity,
  ]);
  const { mask, selection } = await bothWays(
    y,
    y.map((_, index) => index - 200.5),
  );
  expect(mask.map((value) => value + 0)).toEqual(selection.map((value) => value + 0));
});

test('the slope of a number too small to be told from 0 lies between the slopes on its sides', async () => {
  const { mask } = await bothWays(often([1e-40, 1e-45]), often([2, 2]));
  for (const value of mask) {
    expect(value).toBeGreaterThanOrEqual(0);
    expect(value).toBeLessThanOrEqual(2);
  }
});

test('a mask keeps NaN in sight, in the output and in the gradient', async () => {
  const y = often([Number.NaN, 1, -1]);
  const { mask } = await bothWays(y, often([1, Number.NaN, Number.NaN]));
  expect(mask.every(Number.isNaN)).toBe(true);
});
