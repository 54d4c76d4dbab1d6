/** Cases of the normalisations' rows. Those without a float64 kernel are written out beside it. */
import type { Arithmetic, Value } from '../../../onnx/index.js';
import { type Attributes, type Case, cube, type Input, of } from './case.js';

const scale: Input = { shape: [2], from: 0.5, to: 2 };
const bias: Input = { shape: [2] };
const variance: Input = { shape: [2], from: 0.3, to: 2 };

function mean(math: Arithmetic, x: Value, axes: readonly number[]): Value {
  return math.graph.op('ReduceMean', [x, math.integers(axes)]);
}

function standard(math: Arithmetic, x: Value, axes: readonly number[], epsilon: number): Value {
  const centered = math.sub(x, mean(math, x, axes));
  return math.div(centered, math.sqrt(math.add(mean(math, math.square(centered), axes), epsilon)));
}

/** A batch normalisation in training mode that gives out what `read` makes of its outputs. */
function batch(
  what: string,
  attributes: Attributes,
  read: (math: Arithmetic, outputs: readonly Value[]) => Value,
  inputs?: readonly Input[],
): Case {
  return {
    operator: 'BatchNormalization',
    what: `in training, ${what}`,
    inputs: inputs ?? [cube, scale, bias, { shape: [2] }, variance],
    build(graph, [x, weight, shift, ...statistics], math) {
      // The kernel writes the new statistics over the old ones: no inputs of the graph, which are read again.
      const written = statistics.map((value) => math.mul(value, 0.5));
      const inputs = [x, weight, shift, ...written];
      return read(math, graph.ops('BatchNormalization', inputs, { training_mode: 1, ...attributes }, 3));
    },
  };
}

const first = (_: Arithmetic, outputs: readonly Value[]): Value => outputs[0]!;

const layer = (what: string, inputs: readonly Input[], attributes?: Attributes): Case =>
  of('LayerNormalization', inputs, attributes, what);

/** Both read what a layer normalisation knows of its rows, which is float32 whatever the data are. */
const layerStatistics = (what: string, output: 1 | 2): Case => ({
  operator: 'LayerNormalization',
  what,
  inputs: [cube, { shape: [4] }],
  build(graph, values, math) {
    const outputs = graph.ops('LayerNormalization', values, { epsilon: 0.01 }, 3);
    return math.mul(outputs[0]!, math.exp(outputs[output]!));
  },
  primitives(_, [x, weight], math) {
    const centered = math.sub(x!, mean(math, x!, [2]));
    const inverse = math.div(1, math.sqrt(math.add(mean(math, math.square(centered), [2]), 0.01)));
    const statistic = output === 1 ? mean(math, x!, [2]) : inverse;
    return math.mul(math.mul(math.mul(centered, inverse), weight!), math.exp(statistic));
  },
});

const instance = (what: string, shape: readonly number[]): Case => ({
  ...of('InstanceNormalization', [{ shape }, scale, bias], { epsilon: 0.01 }, what),
  primitives(_, [x, weight, shift], math) {
    const axes = [...shape.keys()].slice(2);
    const spread = (vector: Value) =>
      math.unsqueeze(
        vector,
        axes.map((axis) => axis - 1),
      );
    return math.add(math.mul(standard(math, x!, axes, 0.01), spread(weight!)), spread(shift!));
  },
});

/** onnxruntime standardises in float32, whatever the data are. */
const group = (what: string, shape: readonly number[], groups: number): Case => ({
  ...of(
    'GroupNormalization',
    [{ shape }, { shape: [shape[1]!], from: 0.5, to: 2 }, { shape: [shape[1]!] }],
    { num_groups: groups, epsilon: 0.01 },
    what,
  ),
  primitives(_, [x, weight, shift], math) {
    const rows = standard(math, math.reshape(x!, [0, groups, -1]), [2], 0.01);
    const spread = (vector: Value) => math.reshape(vector, [-1, ...shape.slice(2).map(() => 1)]);
    return math.add(math.mul(math.reshapeLike(rows, x!), spread(weight!)), spread(shift!));
  },
});

const localResponse = { alpha: 0.9, beta: 0.6, bias: 1.3, size: 3 };

export const NORMALIZATION_CASES: readonly Case[] = [
  batch('by the statistics of the batch', { momentum: 0 }, first),
  batch('keeping running statistics', { momentum: 0.7, epsilon: 0.1 }, first),
  batch('a matrix', { momentum: 0 }, first, [{ shape: [3, 2] }, scale, bias, bias, variance]),
  batch('where only the running mean is read', { momentum: 0.7 }, (math, outputs) => math.square(outputs[1]!)),
  batch('where everything is read', { momentum: 0.3 }, (math, [y, average, spread]) =>
    math.mul(math.mul(y!, math.unsqueeze(average!, [1])), math.unsqueeze(math.exp(spread!), [1])),
  ),
  of('BatchNormalization', [cube, scale, bias, { shape: [2] }, variance], undefined, 'by given statistics'),
  of('BatchNormalization', [{ shape: [3, 2] }, scale, bias, bias, variance], { epsilon: 0.1 }, 'of a matrix'),
  layer('the last axis', [cube, { shape: [4] }, { shape: [4] }]),
  layer('without a bias', [cube, { shape: [4] }]),
  layer('several axes', [cube, { shape: [2, 4] }, { shape: [2, 4] }], { axis: 1 }),
  layer('a scale that is repeated', [cube, { shape: [1, 4] }, { shape: [4] }], { axis: -2, epsilon: 0.1 }),
  layerStatistics('its mean read as well', 1),
  layerStatistics('its deviation read as well', 2),
  instance('a series', [3, 2, 4]),
  instance('images', [3, 2, 2, 3]),
  group('two groups of two', [3, 4, 2], 2),
  group('one group', [3, 2, 2, 2], 1),
  group('a group for each channel', [3, 2, 4], 2),
  {
    ...of('LRN', [{ shape: [3, 4, 1, 2] }], localResponse),
    primitives(graph, [x], math) {
      const padded = graph.op('Pad', [math.square(x!), math.integers([0, 1, 0, 0, 0, 1, 0, 0])]);
      const shifted = [0, 1, 2].map((start) =>
        graph.op('Slice', [padded, math.integers([start]), math.integers([start + 4]), math.integers([1])]),
      );
      const around = shifted.reduce((sum, next) => math.add(sum, next));
      return math.div(
        x!,
        math.pow(math.add(math.mul(around, localResponse.alpha / 3), localResponse.bias), localResponse.beta),
      );
    },
  },
  of('LpNormalization', [cube], {}, 'the Euclidean norm of the last axis'),
  of('LpNormalization', [cube], { axis: 0 }, 'the Euclidean norm of the first axis'),
  of('LpNormalization', [cube], { axis: 1, p: 1 }, 'the sum of absolute values'),
  ...[
    [0, 2, 3],
    [2, 3],
  ].map(
    (axes): Case => ({
      ...of('MeanVarianceNormalization', [{ shape: [3, 2, 2, 2] }], { axes }, `axes ${axes}`),
      primitives: (_, [x], math) => standard(math, x!, axes, 0),
    }),
  ),
];
