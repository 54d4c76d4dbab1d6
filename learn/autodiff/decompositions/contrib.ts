/** Operators of ONNX Runtime's own domain, `com.microsoft`, in standard ones: its optimiser writes them into models that it saves. */
import type { Value } from '../../onnx/index.js';
import { contribAttention, multiHeadAttention } from './contrib-attention.js';
import type { Decomposition, DecompositionCall, DecompositionTable } from './decomposition.js';

const gelu =
  (approximate: 'none' | 'tanh'): Decomposition =>
  ({ math, inputs, input }) => {
    const x = inputs[1] ? math.add(input(0), inputs[1]) : input(0);
    return [math.graph.op('Gelu', [x], approximate === 'none' ? {} : { approximate })];
  };

/** The activations that may stand behind a fused product or convolution. */
const ACTIVATIONS: Readonly<Record<string, (call: DecompositionCall, x: Value, a: number[]) => Value>> = {
  '': (_, x) => x,
  Relu: ({ math }, x) => math.graph.op('Relu', [x]),
  Sigmoid: ({ math }, x) => math.sigmoid(x),
  Tanh: ({ math }, x) => math.tanh(x),
  LeakyRelu: ({ math }, x, [alpha = 0.01]) => math.graph.op('LeakyRelu', [x], { alpha }),
  HardSigmoid: ({ math }, x, [alpha = 0.2, beta = 0.5]) => math.graph.op('HardSigmoid', [x], { alpha, beta }),
  Clip: ({ math }, x, [least = -Infinity, most = Infinity]) =>
    math.graph.op('Clip', [x, math.scalar(least, x.dtype), math.scalar(most, x.dtype)]),
};

function activated(call: DecompositionCall, x: Value): Value {
  const { attributes, fail } = call;
  const name = attributes.text('activation');
  const row = Object.hasOwn(ACTIVATIONS, name) ? ACTIVATIONS[name]! : fail(`its activation "${name}" is not supported`);
  const single = ['activation_alpha', 'activation_beta', 'activation_gamma'];
  const listed = single.filter((key) => attributes.has(key)).map((key) => attributes.number(key));
  return row(call, x, [...(attributes.numbers('activation_params') ?? listed)]);
}

const GEMM = ['alpha', 'beta', 'transA', 'transB'];

const fusedGemm: Decomposition = (call) => {
  const { math, attributes, inputs } = call;
  const own = Object.fromEntries(GEMM.map((name) => [name, attributes.number(name)]));
  return [activated(call, math.graph.op('Gemm', inputs, own))];
};

/** Conv(x, w, b) + z, and an activation behind it. */
const fusedConv: Decomposition = (call) => {
  const { math, attributes, inputs } = call;
  const lists = ['kernel_shape', 'strides', 'dilations', 'pads'].flatMap((name) => {
    const list = attributes.numbers(name);
    return list ? [[name, list] as const] : [];
  });
  const own = {
    ...Object.fromEntries(lists),
    group: attributes.number('group'),
    auto_pad: attributes.text('auto_pad'),
  };
  const product = math.graph.op('Conv', inputs.slice(0, 3), own);
  return [activated(call, inputs[3] ? math.add(product, inputs[3]) : product)];
};

const fusedMatMul: Decomposition = ({ math, attributes, input }) => {
  const operand = (index: number, name: string) =>
    attributes.number(name) === 0 ? input(index) : math.transposeMatrix(input(index));
  const product = math.matmul(operand(0, 'transA'), operand(1, 'transB'));
  const alpha = attributes.number('alpha');
  return [alpha === 1 ? product : math.mul(product, alpha)];
};

/** The sum of input, skip and bias; it is also the last output. */
function skipped({ math, input, inputs }: DecompositionCall, bias: number): Value {
  const sum = math.add(input(0), input(1));
  return inputs[bias] ? math.add(sum, inputs[bias]) : sum;
}

const skipLayerNormalization: Decomposition = (call) => {
  const { math, attributes, inputs, input, wanted, fail } = call;
  if (wanted[1] || wanted[2]) fail('its outputs mean and inv_std_var are not supported where a gradient passes');
  const sum = skipped(call, 4);
  const epsilon = attributes.number('epsilon');
  const normal = math.graph.op('LayerNormalization', [sum, input(2), inputs[3]], { axis: -1, epsilon });
  return [normal, undefined, undefined, sum];
};

/** Without a mean: x / sqrt(mean(x^2) + epsilon) (Zhang and Sennrich 2019, equation 4). */
const skipSimplified: Decomposition = (call) => {
  const { math, attributes, input, wanted, fail } = call;
  if (wanted[1] || wanted[2]) fail('its outputs mean and inv_std_var are not supported where a gradient passes');
  const sum = skipped(call, 3);
  const square = math.graph.op('ReduceMean', [math.square(sum), math.integers([-1])], { keepdims: 1 });
  const deviation = math.sqrt(math.add(square, attributes.number('epsilon')));
  return [math.mul(math.div(sum, deviation), input(2)), undefined, undefined, sum];
};

export const CONTRIB: DecompositionTable = {
  Gelu: gelu('none'),
  BiasGelu: gelu('none'),
  FastGelu: gelu('tanh'),
  QuickGelu: ({ math, attributes, input }) => [
    math.mul(input(0), math.sigmoid(math.mul(input(0), attributes.number('alpha')))),
  ],
  FusedMatMul: fusedMatMul,
  FusedGemm: fusedGemm,
  FusedConv: fusedConv,
  SkipLayerNormalization: skipLayerNormalization,
  SkipSimplifiedLayerNormalization: skipSimplified,
  MultiHeadAttention: multiHeadAttention,
  Attention: contribAttention,
};
