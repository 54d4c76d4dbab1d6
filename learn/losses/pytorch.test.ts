/** Values and gradients that PyTorch 2.15 gave, in float64. */
import { describe, expect, test } from 'vitest';
import { type Emit, lossGraph, type Shapes } from './fixtures/loss-graph.js';
import {
  binaryCrossEntropy,
  binaryFocal,
  crossEntropy,
  huber,
  klDivergence,
  lossRule,
  meanAbsoluteError,
  meanSquaredError,
  smoothL1,
} from './index.js';

interface Literal {
  readonly name: string;
  readonly emit: Emit;
  /** [N, ...], flat. */
  readonly output: readonly number[];
  readonly target: readonly number[];
  readonly shapes: Shapes;
  readonly loss: number;
  readonly gradient: readonly number[];
}

const X = [0.5, -1.5, 2, 1, 0.25, -0.75];
const VALUES = [0, -1, 1, 3, 0.2, -0.75];
const SHARES = [0.2, 0.3, 0.5, 0.7, 0.1, 0.2];
const IMAGES = [0.5, -1, 1.5, 0, 2, 0.25, -0.5, 1];
const PAIRS = [0.5, -1, 2, 1, 0.25, -0.75, 0.3, 1, -0.2, 0, 2, 0.5];

const labels: Shapes = { output: [3], target: [], targetType: 'int64' };
const same: Shapes = { output: [3], target: [3], targetType: 'float' };
const images: Shapes = { output: [2, 2], target: [2], targetType: 'int64' };
const pairs: Shapes = { output: [2, 3], target: [], targetType: 'float' };

const LITERALS: readonly Literal[] = [
  {
    name: 'cross_entropy',
    emit: (graph, x, t) => crossEntropy(graph, x, t),
    output: X,
    target: [2, 1],
    shapes: labels,
    loss: 0.737117752,
    gradient: [0.089015103, 0.012046884, -0.101061987, 0.303740781, -0.356523014, 0.052782233],
  },
  {
    name: 'cross_entropy, weight and label_smoothing',
    emit: (graph, x, t) => crossEntropy(graph, x, t, { classWeights: [1, 2, 4], labelSmoothing: 0.3 }),
    output: X,
    target: [2, 1],
    shapes: labels,
    loss: 0.764502905,
    gradient: [0.087184287, -0.019278635, -0.067905651, 0.19595188, -0.166232777, -0.029719103],
  },
  {
    name: 'cross_entropy, ignore_index',
    emit: (graph, x, t) => crossEntropy(graph, x, t, { ignoreLabel: -100 }),
    output: X,
    target: [2, -100],
    shapes: labels,
    loss: 0.225802049,
    gradient: [0.178030206, 0.024093768, -0.202123974, 0, 0, 0],
  },
  {
    name: 'cross_entropy, all rows ignored',
    emit: (graph, x, t) => crossEntropy(graph, x, t, { ignoreLabel: -100 }),
    output: X,
    target: [-100, -100],
    shapes: labels,
    loss: Number.NaN,
    gradient: [0, 0, 0, 0, 0, 0],
  },
  {
    name: 'cross_entropy of images, weight and ignore_index',
    emit: (graph, x, t) => crossEntropy(graph, x, t, { classWeights: [1, 3], ignoreLabel: 255 }),
    output: IMAGES,
    target: [0, 1, 1, 255],
    shapes: images,
    loss: 1.427102279,
    gradient: [-0.10443694, 0.115260609, 0.10443694, -0.115260609, 0.39606078, 0, -0.39606078, 0],
  },
  {
    name: 'cross_entropy of images, reduction none, summed',
    emit: (graph, x, t) => crossEntropy(graph, x, t, { ignoreLabel: 255, reduction: 'none' }),
    output: IMAGES,
    target: [0, 1, 1, 255],
    shapes: images,
    loss: 1.313261688 + 0.313261688 + 2.578889734,
    gradient: [-0.731058579, 0.268941421, 0.731058579, -0.268941421, 0.92414182, 0, -0.92414182, 0],
  },
  {
    name: 'cross_entropy with probabilities, weight and label_smoothing',
    emit: (graph, x, t) => crossEntropy(graph, x, t, { classWeights: [1, 2, 4], labelSmoothing: 0.1 }),
    output: X,
    target: SHARES,
    shapes: same,
    loss: 2.81113965,
    gradient: [0.138421583, -0.270164246, 0.131742663, 0.203929577, 0.129664418, -0.333593995],
  },
  {
    name: 'binary_cross_entropy_with_logits, pos_weight',
    emit: (graph, x, t) => binaryCrossEntropy(graph, x, t, { positiveWeight: [1, 2, 5] }),
    output: X,
    target: [1, 0, 1, 0, 1, 0.5],
    shapes: same,
    loss: 1.13514731,
    gradient: [-0.062923445, 0.030404254, -0.099335768, 0.121843096, -0.145941166, -0.256256016],
  },
  {
    name: 'binary_cross_entropy_with_logits far out, summed',
    emit: (graph, x, t) => binaryCrossEntropy(graph, x, t, { reduction: 'sum' }),
    output: [1e4, 1e4, -1e4],
    target: [1, 0, 1],
    shapes: same,
    loss: 20000,
    gradient: [0, 1, -1],
  },
  {
    name: "torchvision's sigmoid_focal_loss",
    emit: (graph, x, t) => binaryFocal(graph, x, t, { alpha: 0.25 }),
    output: X,
    target: [1, 0, 1, 0, 1, 0],
    shapes: same,
    loss: 0.101039567,
    gradient: [-0.005747375, 0.002128888, -0.000202956, 0.09602934, -0.008669016, 0.010888708],
  },
  {
    name: 'mse_loss',
    emit: (graph, x, t) => meanSquaredError(graph, x, t),
    output: X,
    target: VALUES,
    shapes: same,
    loss: 0.917083333,
    gradient: [0.166666667, -0.166666667, 0.333333333, -0.666666667, 0.016666667, 0],
  },
  {
    name: 'l1_loss',
    emit: (graph, x, t) => meanAbsoluteError(graph, x, t),
    output: X,
    target: VALUES,
    shapes: same,
    loss: 0.675,
    gradient: [0.166666667, -0.166666667, 0.166666667, -0.166666667, 0.166666667, 0],
  },
  {
    name: 'huber_loss',
    emit: (graph, x, t) => huber(graph, x, t, { delta: 0.6 }),
    output: X,
    target: VALUES,
    shapes: same,
    loss: 0.281875,
    gradient: [0.083333333, -0.083333333, 0.1, -0.1, 0.008333333, 0],
  },
  {
    name: 'smooth_l1_loss',
    emit: (graph, x, t) => smoothL1(graph, x, t, { beta: 0.6 }),
    output: X,
    target: VALUES,
    shapes: same,
    loss: 0.469791667,
    gradient: [0.138888889, -0.138888889, 0.166666667, -0.166666667, 0.013888889, 0],
  },
  {
    name: 'kl_div of log_softmax, batchmean, with a probability of 0',
    emit: (graph, x, t) => klDivergence(graph, x, t),
    output: X,
    target: [0, 0.4, 0.6, 0.7, 0.1, 0.2],
    shapes: same,
    loss: 0.537202642,
    gradient: [0.089015103, -0.187953116, 0.098938013, -0.046259219, 0.093476986, -0.047217767],
  },
  {
    name: 'kl_div of log_softmax, batchmean, log_target',
    emit: (graph, x, t) => klDivergence(graph, x, t, { logTarget: true }),
    output: X,
    target: SHARES.map(Math.log),
    shapes: same,
    loss: 0.333881969,
    gradient: [-0.010984897, -0.137953116, 0.148938013, -0.046259219, 0.093476986, -0.047217767],
  },
  {
    name: 'cosine_embedding_loss',
    emit: lossRule({ type: 'cosine_embedding', margin: 0.1 }).emit,
    output: PAIRS,
    target: [1, -1],
    shapes: pairs,
    loss: 1.097481061,
    gradient: [
      -0.191563268, -0.002037907, 0.046871863, -0.21727225, 0.138264159, -0.24360828, -0.115088712, 0.072687608,
      0.19080497, 0.068447497, 0.02415794, -0.096631761,
    ],
  },
  {
    name: 'cosine_embedding_loss of zero vectors',
    emit: lossRule({ type: 'cosine_embedding' }).emit,
    output: [0, 0, 1, 0.5, 0, 0, 0, 0],
    target: [1, -1],
    shapes: { ...pairs, output: [2, 2] },
    loss: 0.5,
    gradient: [-447213.596393268, -223606.798196634, 0, 0, 0, 0, 0, 0],
  },
  {
    name: 'margin_ranking_loss',
    emit: lossRule({ type: 'margin_ranking', margin: 0.5 }).emit,
    output: [0.2, 0.6, 0.1, 0.3],
    target: [1, -1],
    shapes: { ...pairs, output: [2] },
    loss: 0.6,
    gradient: [-0.5, 0.5, 0.5, -0.5],
  },
  {
    name: 'margin_ranking_loss at its kink',
    emit: lossRule({ type: 'margin_ranking' }).emit,
    output: [0.5, 0.5, 0.1, 0.3],
    target: [1, -1],
    shapes: { ...pairs, output: [2] },
    loss: 0,
    gradient: [0, 0, 0, 0],
  },
];

describe("PyTorch's values and gradients", () => {
  test.each(LITERALS)('are ours: $name', async ({ emit, shapes, output, target, loss, gradient }) => {
    const rows = output.length / shapes.output.reduce((product, extent) => product * extent, 1);
    for (const [dtype, digits] of [
      ['float64', 8],
      ['float32', 5],
    ] as const) {
      const graph = await lossGraph(emit, shapes, { dtype });
      const actual = await graph.evaluate(rows, { output, target });
      const scale = Math.max(1, ...gradient.map(Math.abs));
      if (Number.isNaN(loss)) expect(actual.loss).toBeNaN();
      else expect(actual.loss).toBeCloseTo(loss, digits);
      expect(actual.gradient).toHaveLength(gradient.length);
      for (const [index, value] of actual.gradient.entries())
        expect(value / scale).toBeCloseTo(gradient[index]! / scale, digits);
      await graph.release();
    }
  });
});
