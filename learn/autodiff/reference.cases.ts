/** The reference cases that our rows cover: how each is written as a graph. Keys are the names in `grad_vectors.json`. */
import { crossEntropy } from '../losses/index.js';
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

function normalized(math: Arithmetic, x: Value, axes: readonly number[]): Value {
  return math.div(math.sub(x, mean(math, x, axes)), math.sqrt(math.add(variance(math, x, axes), 1e-5)));
}

/** A vector over the channels, to broadcast against [N, C, H, W]. */
function perChannel(math: Arithmetic, value: Value): Value {
  return math.reshape(value, [1, -1, 1, 1]);
}

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
  batch_norm_train_2d: ({ math, at }) =>
    math.add(math.mul(normalized(math, at['x']!, [0, 2, 3]), perChannel(math, at['w']!)), perChannel(math, at['b']!)),
  batch_norm_eval({ math, at }) {
    const deviation = math.sqrt(math.add(perChannel(math, at['var']!), 1e-5));
    const standard = math.div(math.sub(at['x']!, perChannel(math, at['mean']!)), deviation);
    return math.add(math.mul(standard, perChannel(math, at['w']!)), perChannel(math, at['b']!));
  },
  layer_norm: ({ math, at }) => math.add(math.mul(normalized(math, at['x']!, [-1]), at['w']!), at['b']!),
  instance_norm: ({ math, at }) => normalized(math, at['x']!, [2, 3]),
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
  cross_entropy_soft_targets: ({ graph, math, at }) =>
    math.neg(mean(math, math.sum(math.mul(at['target']!, graph.op('LogSoftmax', [at['x']])), [1]), undefined, 0)),
  bce_with_logits({ graph, math, at }) {
    const [x, target] = [at['x']!, at['target']!];
    return mean(math, math.sub(graph.op('Softplus', [x]), math.mul(x, target)), undefined, 0);
  },
  mse: ({ math, at }) => mean(math, math.square(math.sub(at['x']!, at['target']!)), undefined, 0),
  l1: ({ graph, math, at }) => mean(math, graph.op('Abs', [math.sub(at['x']!, at['target']!)]), undefined, 0),
  huber({ graph, math, at }) {
    const error = math.sub(at['x']!, at['target']!);
    const size = graph.op('Abs', [error]);
    // The reference was made with delta = 0.5: x^2 / 2 below it, delta (|x| - delta / 2) above.
    const outer = math.mul(math.sub(size, 0.25), 0.5);
    return mean(math, math.where(math.less(size, 0.5), math.mul(math.square(error), 0.5), outer), undefined, 0);
  },
  attention({ graph, math, at }) {
    const [q, k, v] = [at['q']!, at['k']!, at['v']!];
    const scores = math.div(math.matmul(q, math.transposeMatrix(k)), Math.sqrt(4));
    return math.matmul(graph.op('Softmax', [scores]), v);
  },
};
