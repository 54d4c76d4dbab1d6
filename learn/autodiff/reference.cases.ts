/** The reference cases that our rows cover: how each is written as a graph. Keys are the names in `grad_vectors.json`. */
import {
  binaryCrossEntropy,
  coxPartialLikelihood,
  crossEntropy,
  huber,
  meanAbsoluteError,
  meanSquaredError,
} from '../losses/index.js';
import { batchNormalizationOperator } from '../lowerings/batch-normalization.js';
import type { Arithmetic, GraphBuilder, Value } from '../onnx/index.js';

export interface ReferenceGraph {
  readonly graph: GraphBuilder;
  readonly math: Arithmetic;
  /** Inputs and constants of the case by name. */
  readonly at: Readonly<Record<string, Value>>;
  readonly attrs: Readonly<Record<string, number>>;
}

type Build = (reference: ReferenceGraph) => Value;

const unary =
  (operator: string): Build =>
  ({ graph, at }) =>
    graph.op(operator, [at['x']]);

const binary =
  (operator: string): Build =>
  ({ graph, at }) =>
    graph.op(operator, [at['a'], at['b']]);

const reduce =
  (operator: string, axes: readonly number[] | undefined, keepdims: number): Build =>
  ({ graph, math, at }) =>
    graph.op(operator, [at['x'], axes && math.integers(axes)], { keepdims });

const alongDim =
  (operator: string): Build =>
  ({ graph, at, attrs }) =>
    graph.op(operator, [at['x']], { axis: attrs['dim']! });

function mean(math: Arithmetic, x: Value, axes?: readonly number[], keepdims = 1): Value {
  return math.graph.op('ReduceMean', [x, axes && math.integers(axes)], { keepdims });
}

function variance(math: Arithmetic, x: Value, axes: readonly number[], keepdims = 1): Value {
  return mean(math, math.square(math.sub(x, mean(math, x, axes))), axes, keepdims);
}

/** PyTorch's `padding`, `stride` and `groups`, the same for each of `rank` axes. */
const convolution =
  (rank: number): Build =>
  ({ graph, at, attrs }) => {
    const { padding = 0, stride = 1, groups = 1 } = attrs;
    const all = (count: number, value: number) => new Array<number>(count).fill(value);
    return graph.op('Conv', [at['x'], at['w'], at['b']], {
      pads: all(2 * rank, padding),
      strides: all(rank, stride),
      group: groups,
    });
  };

const pooling =
  (operator: string, flags: Readonly<Record<string, number>> = {}): Build =>
  ({ graph, at, attrs }) => {
    const { kernel, stride = kernel!, padding = 0 } = attrs;
    return graph.op(operator, [at['x']], {
      kernel_shape: [kernel!, kernel!],
      strides: [stride, stride],
      pads: [padding, padding, padding, padding],
      ...flags,
    });
  };

const loss =
  (options: Parameters<typeof crossEntropy>[3]): Build =>
  ({ graph, at }) =>
    crossEntropy(graph, at['x']!, at['target']!, options);

export const REFERENCE_CASES: Readonly<Record<string, Build>> = {
  relu: unary('Relu'),
  sigmoid: unary('Sigmoid'),
  tanh: unary('Tanh'),
  softplus: unary('Softplus'),
  gelu_erf: unary('Gelu'),
  silu: ({ math, at }) => math.mul(at['x']!, math.sigmoid(at['x']!)),
  elu: unary('Elu'),
  selu: unary('Selu'),
  hardswish: unary('HardSwish'),
  exp: unary('Exp'),
  abs: unary('Abs'),
  sin: unary('Sin'),
  cos: unary('Cos'),
  erf: unary('Erf'),
  square: ({ math, at }) => math.square(at['x']!),
  neg: unary('Neg'),
  leaky_relu: ({ graph, at, attrs }) => graph.op('LeakyRelu', [at['x']], { alpha: attrs['slope']! }),
  log: unary('Log'),
  sqrt: unary('Sqrt'),
  rsqrt: ({ graph, math, at }) => graph.op('Reciprocal', [math.sqrt(at['x']!)]),
  reciprocal: unary('Reciprocal'),
  log1p: ({ math, at }) => math.log(math.add(at['x']!, 1)),
  add_broadcast_row: binary('Add'),
  add_broadcast_mid: binary('Add'),
  sub_broadcast_row: binary('Sub'),
  sub_broadcast_mid: binary('Sub'),
  mul_broadcast_row: binary('Mul'),
  maximum_broadcast_row: binary('Max'),
  maximum_broadcast_mid: binary('Max'),
  minimum_broadcast_mid: binary('Min'),
  matmul_2d: binary('MatMul'),
  matmul_batched: binary('MatMul'),
  matmul_vec: binary('MatMul'),
  linear: ({ graph, at }) => graph.op('Gemm', [at['x'], at['w'], at['b']], { transB: 1 }),
  adaptive_avg_pool2d_1: reduce('ReduceMean', [2, 3], 1),
  batch_norm_train_2d: ({ math, at }) => batchNormalizationOperator(math, at['x']!, at['w']!, at['b']!, 1e-5).output,
  batch_norm_eval: ({ graph, at }) =>
    graph.op('BatchNormalization', [at['x'], at['w'], at['b'], at['mean'], at['var']]),
  layer_norm: ({ graph, at }) => graph.op('LayerNormalization', [at['x'], at['w'], at['b']]),
  instance_norm({ graph, math, at }) {
    const channels = math.extentOf(at['x']!, 1);
    const [scale, bias] = [1, 0].map((value) => graph.op('Expand', [math.scalar(value, 'float32'), channels]));
    return graph.op('InstanceNormalization', [at['x'], scale, bias]);
  },
  softmax_dim0: alongDim('Softmax'),
  softmax_dim1: alongDim('Softmax'),
  'softmax_dim-1': alongDim('Softmax'),
  log_softmax_dim0: alongDim('LogSoftmax'),
  'log_softmax_dim-1': alongDim('LogSoftmax'),
  sum_all: reduce('ReduceSum', undefined, 0),
  mean_all: reduce('ReduceMean', undefined, 0),
  sum_dim1: reduce('ReduceSum', [1], 0),
  mean_dims02_keep: reduce('ReduceMean', [0, 2], 1),
  var_biased_dim2: ({ math, at }) => variance(math, at['x']!, [2], 0),
  // Unbiased, over an axis of 3.
  std_dim1: ({ math, at }) => math.sqrt(math.mul(variance(math, at['x']!, [1], 0), 3 / 2)),
  prod_dim1: reduce('ReduceProd', [1], 0),
  max_dim2: reduce('ReduceMax', [2], 0),
  min_dim0: reduce('ReduceMin', [0], 0),
  cumsum_dim2: ({ graph, math, at }) => graph.op('CumSum', [at['x'], math.scalar(2, 'int64')]),
  reshape: ({ math, at }) => math.reshape(at['x']!, [4, 6]),
  transpose_021: ({ math, at }) => math.transpose(at['x']!, [0, 2, 1]),
  // x[:, ::2, 1:]
  slice_1_3_step2: ({ graph, math, at }) =>
    graph.op('Slice', [
      at['x'],
      math.integers([0, 1]),
      math.integers([3, 4]),
      math.integers([1, 2]),
      math.integers([2, 1]),
    ]),
  flip_dim1: ({ graph, math, at }) =>
    graph.op('Slice', [at['x'], math.integers([-1]), math.integers([-100]), math.integers([1]), math.integers([-1])]),
  l2_normalize_dim2({ math, at }) {
    const norm = math.sqrt(math.sum(math.square(at['x']!), [2], true));
    return math.div(at['x']!, math.max(norm, 1e-12));
  },
  concat_dim1: ({ graph, at }) => graph.op('Concat', [at['a'], at['b']], { axis: 1 }),
  stack_dim1: ({ graph, math, at }) =>
    graph.op('Concat', [math.unsqueeze(at['a']!, [1]), math.unsqueeze(at['b']!, [1])], { axis: 1 }),
  gather_dim1: ({ graph, at }) => graph.op('GatherElements', [at['x'], at['index']], { axis: 1 }),
  embedding_repeat_idx: ({ graph, at }) => graph.op('Gather', [at['w'], at['index']]),
  where: ({ graph, at }) => graph.op('Where', [at['cond'], at['a'], at['b']]),
  cross_entropy_mean: loss({}),
  cross_entropy_sum: loss({ reduction: 'sum' }),
  'cross_entropy_smooth0.1': loss({ labelSmoothing: 0.1 }),
  cross_entropy_ignore2: loss({ ignoreLabel: 2 }),
  cross_entropy_soft_targets: loss({}),
  bce_with_logits: ({ graph, at }) => binaryCrossEntropy(graph, at['x']!, at['target']!),
  mse: ({ graph, at }) => meanSquaredError(graph, at['x']!, at['target']!),
  l1: ({ graph, at }) => meanAbsoluteError(graph, at['x']!, at['target']!),
  // The reference was made with delta = 0.5.
  huber: ({ graph, at }) => huber(graph, at['x']!, at['target']!, { delta: 0.5 }),
  cox_nll_breslow({ graph, math, at }) {
    const columns = ['time', 'event'].map((name) => math.unsqueeze(at[name]!, [1]));
    const target = graph.op('Concat', columns, { axis: 1 });
    return coxPartialLikelihood(graph, at['lp']!, target, { ties: 'breslow', reduction: 'sum' });
  },
  attention({ graph, math, at }) {
    const [q, k, v] = [at['q']!, at['k']!, at['v']!];
    const scores = math.div(math.matmul(q, math.transposeMatrix(k)), Math.sqrt(4));
    return math.matmul(graph.op('Softmax', [scores]), v);
  },
  conv2d_basic: convolution(2),
  conv2d_pad1_stride2: convolution(2),
  conv2d_depthwise: convolution(2),
  conv2d_1x1: convolution(2),
  conv3d: convolution(3),
  max_pool2d: pooling('MaxPool'),
  avg_pool2d: pooling('AveragePool'),
  avg_pool2d_pad_incl: pooling('AveragePool', { count_include_pad: 1 }),
  upsample_nearest2x({ graph, at }) {
    const scales = graph.constant({ dtype: 'float32', shape: [4], data: Float32Array.of(1, 1, 2, 2) });
    const attributes = { coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' };
    return graph.op('Resize', [at['x'], undefined, scales], attributes);
  },
  // The batch first; gates in PyTorch's order: input, forget, cell, output.
  lstm_ifgo({ graph, math, at }) {
    const reordered = (value: Value): Value => {
      const [i, f, g, o] = graph.ops('Split', [value], { axis: 0, num_outputs: 4 }, 4);
      return math.unsqueeze(graph.op('Concat', [i, o, f, g], { axis: 0 }), [0]);
    };
    const bias = graph.op('Concat', [reordered(at['bih']!), reordered(at['bhh']!)], { axis: 1 });
    const inputs = [at['x'], reordered(at['wih']!), reordered(at['whh']!), bias];
    return math.squeeze(graph.op('LSTM', inputs, { hidden_size: 2, layout: 1 }), [2]);
  },
};
