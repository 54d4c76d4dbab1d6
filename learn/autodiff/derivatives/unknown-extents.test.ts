import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../../runtime/tensor.js';
import { elementCount } from '../../../runtime/tensor.js';
import { LOWERINGS } from '../../lowerings/index.js';
import { float32, numbers, runModel } from '../../onnx/fixtures/run-model.js';
import { Arithmetic, GraphBuilder } from '../../onnx/index.js';
import { random, STREAMS } from '../../random.js';
import { differentiate } from '../differentiate.js';
import { reverseWalk } from '../reverse-walk.js';
import type { Case } from './cases/case.js';
import { CONVOLUTION_CASES } from './cases/convolution.js';
import { POOLING_CASES } from './cases/pooling.js';
import { RESIZE_CASES } from './cases/resize.js';

const titled = [...CONVOLUTION_CASES, ...POOLING_CASES, ...RESIZE_CASES].map((row) => ({
  ...row,
  title: `${row.operator}, ${row.what}`,
}));

/** What cannot be differentiated then: its padding, or how many elements it averages, depends on the extents. */
const REFUSED = [
  'Conv, SAME_UPPER, stride 2',
  'ConvTranspose, SAME_UPPER',
  'ConvTranspose, SAME_LOWER',
  'ConvTranspose, a given output shape',
  'AveragePool, windows that overlap, with padding',
  'AveragePool, a window that rounding up adds',
  'AveragePool, SAME_UPPER',
  'AveragePool, the padding counted, but not what rounding up adds beyond it',
];

function values(shape: readonly number[], stream: number): Tensor {
  const draws = random(3, STREAMS.user, stream);
  return float32(
    shape,
    Array.from({ length: elementCount(shape) }, () => draws.normal()),
  );
}

/** The gradients; of x, the first input, only the channels are told to the graph if `unknown`. */
function gradientsOf(row: Case, unknown: boolean) {
  const graph = new GraphBuilder(row.operator);
  const feeds: Record<string, Tensor> = {};
  const inputs = row.inputs.map(({ shape }, index) => {
    feeds[`x${index}`] = values(shape, index);
    const declared = shape.map((extent, axis) => (unknown && index === 0 && axis !== 1 ? `extent_${axis}` : extent));
    return graph.input(`x${index}`, 'float32', declared);
  });
  const math = new Arithmetic(graph);
  // The square gives every element another weight.
  graph.output(math.sum(math.square(row.build(graph, inputs, math))), 'y');
  const targets = inputs.map(({ name }) => name);
  return { model: differentiate(graph.toModel(), { output: 'y', withRespectTo: targets, seed: 'ones' }), feeds };
}

describe('where the spatial extents are not known before the run, the gradient', () => {
  test.each(titled.filter(({ title }) => !REFUSED.includes(title)))('is the same: $title', async (row) => {
    const [known, unknown] = [gradientsOf(row, false), gradientsOf(row, true)];
    const [expected, actual] = [await runModel(known.model, known.feeds), await runModel(unknown.model, unknown.feeds)];
    expect(Object.keys(actual)).toEqual(Object.keys(expected));
    for (const [name, tensor] of Object.entries(expected)) {
      expect(actual[name]!.shape).toEqual(tensor.shape);
      const found = numbers(actual[name]);
      for (const [index, value] of numbers(tensor).entries()) expect(found[index]).toBeCloseTo(value, 4);
    }
  });

  test.each(titled.filter(({ title }) => REFUSED.includes(title)))('is refused in a sentence: $title', (row) => {
    expect(() => gradientsOf(row, true)).toThrow(/extents that are not known before the run/);
  });

  test('is refused for cases that exist only', () => {
    const titles = titled.map(({ title }) => title);
    expect(REFUSED.filter((title) => !titles.includes(title))).toEqual([]);
  });
});

describe('a convolution whose channels only its weight tells', () => {
  /** As behind a Resize whose scales are computed. */
  function gradientOf(shape: readonly (number | string)[], group: number) {
    const graph = new GraphBuilder('conv');
    const x = graph.input('x', 'float32', shape);
    const weight = graph.input('weight', 'float32', [6, 4 / group, 3, 3]);
    const math = new Arithmetic(graph);
    const y = math.sum(math.square(graph.op('Conv', [x, weight], { group, pads: [1, 1, 1, 1] })));
    const targets = [x, weight];
    const gradients = reverseWalk(graph, y, math.onesLike(y), targets, LOWERINGS.cpu);
    for (const [index, gradient] of gradients.entries()) graph.output(gradient!, `gradient_${index}`);
    return graph.toModel();
  }

  test.each([1, 2])('has the same gradients, in %i groups', async (group) => {
    const feeds = { x: values([2, 4, 5, 6], 0), weight: values([6, 4 / group, 3, 3], 1) };
    const expected = await runModel(gradientOf([2, 4, 5, 6], group), feeds);
    const actual = await runModel(gradientOf(['N', 'C', 'H', 'W'], group), feeds);
    for (const [name, tensor] of Object.entries(expected))
      for (const [index, value] of numbers(tensor).entries())
        expect(numbers(actual[name])[index]).toBeCloseTo(value, 3);
  });
});
