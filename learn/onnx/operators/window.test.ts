import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { float32, runModel } from '../fixtures/run-model.js';
import { GraphBuilder, type Shape } from '../index.js';

type Attributes = NonNullable<Parameters<GraphBuilder['op']>[2]>;

function inferred(type: string, shapes: readonly Shape[], attributes: Attributes = {}): Shape {
  const graph = new GraphBuilder('inference');
  return graph.op(
    type,
    shapes.map((shape, index) => graph.input(`x${index}`, 'float32', shape)),
    attributes,
  ).shape;
}

/** The extents that onnxruntime gives the output when it is told none of those of the input. */
async function found(type: string, shapes: readonly (readonly number[])[], attributes: Attributes) {
  const graph = new GraphBuilder('run');
  const inputs = shapes.map((shape, index) => {
    const unknown = shape.map((_, axis) => `extent_${index}_${axis}`);
    return graph.input(`x${index}`, 'float32', index === 0 ? unknown : shape);
  });
  graph.output(graph.op(type, inputs, attributes), 'y');
  const feeds = shapes.map((shape, index) => {
    return [`x${index}`, float32(shape, new Float32Array(shape.reduce((size, extent) => size * extent, 1)))] as const;
  });
  return (await runModel(graph.toModel(), Object.fromEntries(feeds)))['y']!.shape;
}

describe('the extents that are inferred', () => {
  const place = fc.record({
    extent: fc.integer({ min: 1, max: 9 }),
    kernel: fc.integer({ min: 1, max: 4 }),
    stride: fc.integer({ min: 1, max: 3 }),
    begin: fc.nat(3),
    end: fc.nat(3),
  });

  test.each(['MaxPool', 'AveragePool', 'LpPool'])('of %s are those of the run', async (type) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(place, { minLength: 1, maxLength: 3 }),
        fc.constantFrom('NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER'),
        fc.nat(1),
        async (axes, autoPad, ceil) => {
          const pads = [
            ...axes.map(({ begin, kernel }) => Math.min(begin, kernel - 1)),
            ...axes.map(({ end, kernel }) => Math.min(end, kernel - 1)),
          ];
          const explicit = autoPad === 'NOTSET';
          const fits = axes.every(({ extent, kernel }, axis) => {
            return kernel <= extent + (explicit ? pads[axis]! + pads[axis + axes.length]! : 0);
          });
          // MaxPool refuses SAME where the stride is longer than the kernel: it then computes a padding below zero.
          const refused = !explicit && axes.some(({ stride, kernel }) => stride > kernel);
          fc.pre(fits && !refused);
          const shape = [2, 1, ...axes.map(({ extent }) => extent)];
          const attributes = {
            kernel_shape: axes.map(({ kernel }) => kernel),
            strides: axes.map(({ stride }) => stride),
            ceil_mode: ceil,
            ...(explicit ? { pads } : { auto_pad: autoPad }),
          };
          expect(inferred(type, [shape], attributes)).toEqual(await found(type, [shape], attributes));
        },
      ),
      { numRuns: 40 },
    );
  });

  test.each(['Conv', 'ConvTranspose'])('of %s are those of the run', async (type) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(place, { minLength: 1, maxLength: 2 }),
        fc.constantFrom('NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER'),
        async (axes, autoPad) => {
          const pads = [...axes.map(({ begin }) => begin), ...axes.map(({ end }) => end)];
          const explicit = autoPad === 'NOTSET';
          const padding = (axis: number) => (explicit ? pads[axis]! + pads[axis + axes.length]! : 0);
          const fits = axes.every(({ extent, kernel, stride }, axis) => {
            if (type === 'Conv') return kernel <= extent + padding(axis);
            return (extent - 1) * stride + kernel > padding(axis);
          });
          fc.pre(fits && (explicit || axes.every(({ stride, kernel }) => stride <= kernel)));
          const shapes = [
            [2, 2, ...axes.map(({ extent }) => extent)],
            [2, 2, ...axes.map(({ kernel }) => kernel)],
          ];
          const strides = axes.map(({ stride }) => stride);
          const attributes = { strides, ...(explicit ? { pads } : { auto_pad: autoPad }) };
          expect(inferred(type, shapes, attributes)).toEqual(await found(type, shapes, attributes));
        },
      ),
      { numRuns: 40 },
    );
  });

  test.each<[string, string, Shape[], Attributes, Shape]>([
    [
      'keep symbols where they do not change',
      'Conv',
      [
        ['N', 3, 'H', 'W'],
        [8, 3, 3, 3],
      ],
      { pads: [1, 1, 1, 1] },
      ['N', 8, 'H', 'W'],
    ],
    ['keep them with SAME', 'MaxPool', [['N', 3, 'H']], { kernel_shape: [3], auto_pad: 'SAME_LOWER' }, ['N', 3, 'H']],
    [
      'are told along the known axis',
      'MaxPool',
      [['N', 3, 'H', 8]],
      { kernel_shape: [1, 2], strides: [1, 2] },
      ['N', 3, 'H', 4],
    ],
    [
      'follow a given output shape',
      'ConvTranspose',
      [
        ['N', 2, 'W'],
        [2, 4, 2],
      ],
      { output_shape: [9], strides: [2] },
      ['N', 4, 9],
    ],
    [
      'follow the groups',
      'ConvTranspose',
      [
        ['N', 4, 3],
        [4, 2, 2],
      ],
      { group: 2 },
      ['N', 4, 4],
    ],
    ['are 1 of a whole image', 'GlobalAveragePool', [['N', 'C', 'H', 'W']], {}, ['N', 'C', 1, 1]],
  ])('%s: %s', (_, type, shapes, attributes, expected) => {
    expect(inferred(type, shapes, attributes)).toEqual(expected);
  });
});

test.each<[string, string, Shape[], Attributes, RegExp]>([
  ['no spatial axis', 'MaxPool', [[2, 3]], { kernel_shape: [2] }, /at least one spatial axis/],
  ['no kernel', 'MaxPool', [[2, 3, 4]], {}, /kernel_shape is missing/],
  ['a kernel of another rank', 'MaxPool', [[2, 3, 4]], { kernel_shape: [2, 2] }, /kernel_shape has 2 entries, not 1/],
  ['pads on one side', 'MaxPool', [[2, 3, 4]], { kernel_shape: [2], pads: [1] }, /pads has 1 entries, not 2/],
  ['a stride of 0', 'AveragePool', [[2, 3, 4]], { kernel_shape: [2], strides: [0] }, /strides has an entry below 1/],
  [
    'a window beyond the image',
    'MaxPool',
    [[2, 3, 4]],
    { kernel_shape: [5] },
    /does not fit into the 4 elements of spatial axis 0/,
  ],
  [
    'a padding by no known name',
    'MaxPool',
    [[2, 3, 4]],
    { kernel_shape: [2], auto_pad: 'SAME' },
    /auto_pad "SAME" is not one of/,
  ],
  [
    'SAME with dilations',
    'Conv',
    [
      [2, 3, 4],
      [5, 3, 2],
    ],
    { dilations: [2], auto_pad: 'SAME_UPPER' },
    /with dilations is not defined: give pads/,
  ],
  [
    'other channels',
    'Conv',
    [
      [2, 3, 4],
      [5, 4, 2],
    ],
    {},
    /the weight reads 4 channels, the input has 3/,
  ],
  [
    'groups that do not divide',
    'Conv',
    [
      [2, 4, 4],
      [5, 2, 2],
    ],
    { group: 2 },
    /5 channels do not make 2 groups/,
  ],
  [
    'another kernel than the weight’s',
    'Conv',
    [
      [2, 3, 4],
      [5, 3, 2],
    ],
    { kernel_shape: [3] },
    /kernel_shape \[3\] is not that of the weight/,
  ],
  ['a bias of other length', 'Conv', [[2, 3, 4], [5, 3, 2], [4]], {}, /the bias must be a list of 5 numbers/],
  [
    'a weight of other rank',
    'Conv',
    [
      [2, 3, 4],
      [5, 3, 2, 2],
    ],
    {},
    /input and weight must have one rank/,
  ],
])('a node with %s is refused', (_, type, shapes, attributes, message) => {
  expect(() => inferred(type, shapes, attributes)).toThrow(message);
});

describe('Resize', () => {
  const resized = (shape: Shape, scales?: number[], sizes?: number[], attributes: Attributes = {}) => {
    const graph = new GraphBuilder('resize');
    const x = graph.input('x', 'float32', shape);
    const factors = scales && graph.constant(float32([scales.length], scales));
    const extents =
      sizes && graph.constant({ dtype: 'int64', shape: [sizes.length], data: BigInt64Array.from(sizes, BigInt) });
    return graph.op('Resize', [x, undefined, factors, extents], attributes).shape;
  };

  test('rounds scaled extents down, and keeps what is not scaled', () => {
    expect(resized(['N', 3, 5, 7], [1, 1, 1.5, 0.5])).toEqual(['N', 3, 7, 3]);
  });

  test('takes sizes of some axes', () => {
    expect(resized(['N', 3, 'H', 7], undefined, [4, 9], { axes: [2, -1] })).toEqual(['N', 3, 4, 9]);
  });

  test.each([
    ['not_larger', [1, 1, 6, 9]],
    ['not_smaller', [1, 1, 8, 12]],
  ])('keeps proportions: %s', (policy, expected) => {
    const attributes = { axes: [2, 3], keep_aspect_ratio_policy: policy };
    expect(resized([1, 1, 2, 3], undefined, [8, 9], attributes)).toEqual(expected);
  });

  test('is refused with both, neither, or too few', () => {
    expect(() => resized([1, 1, 2], [1, 1, 2], [1, 1, 4])).toThrow(/either scales or sizes/);
    expect(() => resized([1, 1, 2])).toThrow(/either scales or sizes/);
    expect(() => resized([1, 1, 2], [1, 2])).toThrow(/2 scales are given for 3 axes/);
  });
});
