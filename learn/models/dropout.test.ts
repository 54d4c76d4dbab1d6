import { describe, expect, test } from 'vitest';
import { float32, numbers, runModel } from '../onnx/fixtures/run-model.js';
import { GraphBuilder, type NodeProto } from '../onnx/index.js';
import { lowerDropout, randomShape } from './dropout.js';

/** A Dropout as PyTorch's exporter writes it in training mode: it gives out its mask, and hardly ever does something read it. */
function dropped(ratio: number) {
  const graph = new GraphBuilder('dropout');
  const x = graph.input('x', 'float32', ['N', 3]);
  const node: NodeProto = { opType: 'Dropout', name: 'drop', input: ['x'], output: ['y', 'mask'], attribute: [] };
  const { output, kept, random } = lowerDropout(graph, node, [x, graph.constant(float32([], [ratio]))]);
  graph.output(output, 'y');
  graph.output(kept!, 'mask');
  return { model: graph.toModel(), random };
}

const x = float32([2, 3], [1, 2, 3, 4, 5, 6]);

describe('a dropout that gives out its mask', () => {
  test('gives the mask that the host drew', async () => {
    const { model, random } = dropped(0.5);
    expect(random).toEqual({ input: 'mask/y', shape: ['N', 3], keep: 0.5 });
    const { y, mask } = await runModel(model, { x, 'mask/y': float32([2, 3], [2, 0, 2, 0, 0, 2]) });
    expect(numbers(y)).toEqual([2, 0, 6, 0, 0, 12]);
    expect(numbers(mask)).toEqual([1, 0, 1, 0, 0, 1]);
  });

  test('keeps everything where it drops nothing', async () => {
    const { model, random } = dropped(0);
    expect(random).toBeUndefined();
    const { y, mask } = await runModel(model, { x });
    expect(numbers(y)).toEqual(numbers(x));
    expect(numbers(mask)).toEqual([1, 1, 1, 1, 1, 1]);
  });
});

describe('the shape of random numbers', () => {
  const input = (shape: readonly (number | string)[]) => ({ input: 'mask', shape, keep: 0.5 });

  test.each([
    [
      ['N', 8],
      [4, 8],
    ],
    [
      ['5*N', 8],
      [20, 8],
    ],
    [
      ['N', 2, 'T*T'],
      [4, 2, 9],
    ],
    [
      [3, 1],
      [3, 1],
    ],
  ] as const)('%j is that of the batch', (shape, expected) => {
    expect(randomShape(input(shape), { N: 4, T: 3 })).toEqual(expected);
  });

  test('is refused where an extent is unknown', () => {
    expect(() => randomShape(input(['N', 'unknown_1']), { N: 4 })).toThrow(/has an extent unknown_1 that nobody gave/);
  });
});
