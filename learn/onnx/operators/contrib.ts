/** Operators of ONNX Runtime's own domain, `com.microsoft`: its optimiser writes them into the models that it saves. */
import type { AttributeSpecs } from '../attributes.js';
import { addDims, broadcastShapes, type Dim, type Shape } from '../shape.js';
import type { ValueType } from '../value.js';
import { CONVOLUTION } from './convolution.js';
import { MATRIX } from './matrix.js';
import { type Operator, type OperatorCall, type OperatorTable, sameAsFirst } from './operator.js';

const flag = { kind: 'int', default: 0 } as const;

const pointwise = (most: number, attributes: AttributeSpecs = {}): Operator => ({
  inputs: [1, most],
  attributes,
  infer: (call) => [sameAsFirst(call)],
});

const ACTIVATED: AttributeSpecs = {
  activation: { kind: 'string', default: '' },
  activation_alpha: { kind: 'float' },
  activation_beta: { kind: 'float' },
  activation_gamma: { kind: 'float' },
  activation_params: { kind: 'floats' },
};

/** An operator of the table with an activation behind it. */
function activated(operator: Operator, most: number): Operator {
  return {
    inputs: [operator.inputs[0], most],
    attributes: { ...operator.attributes, ...ACTIVATED },
    infer: (call) => operator.infer({ ...call, inputs: call.inputs.slice(0, operator.inputs[1]) }),
  };
}

function swapped(call: OperatorCall, index: number, name: string): ValueType {
  const { dtype, shape } = call.input(index);
  if (call.attributes.number(name) === 0) return { dtype, shape };
  if (shape.length < 2) call.fail(`input ${index} is no matrix that ${name} could turn`);
  return { dtype, shape: [...shape.slice(0, -2), ...shape.slice(-2).reverse()] };
}

/** Normalisation of input + skip + bias; the last output is that sum. */
function skipNormalization(most: number): Operator {
  return {
    inputs: [3, most],
    attributes: { epsilon: { kind: 'float', default: 1e-12 } },
    infer(call) {
      const type = sameAsFirst(call);
      if (type.shape.length === 0) call.fail('the data must have an axis to normalise over');
      for (const [index, value] of call.inputs.entries()) {
        if (value && value.dtype !== type.dtype) call.fail(`input ${index} must have the element type of the first`);
        if (value && broadcastShapes([type.shape, value.shape])?.length !== type.shape.length)
          call.fail(`input ${index} does not fit the first`);
      }
      const statistic = { dtype: type.dtype, shape: type.shape.with(-1, 1) };
      return [type, statistic, statistic, type];
    },
  };
}

const HEADS: AttributeSpecs = {
  num_heads: { kind: 'int' },
  mask_filter_value: { kind: 'float', default: -10000 },
  scale: { kind: 'float', default: 0 },
  unidirectional: flag,
};

function headsOf(call: OperatorCall): number {
  const heads = call.attributes.number('num_heads');
  return heads >= 1 ? heads : call.fail(`num_heads is ${heads}`);
}

/** [B, S, hidden] out; the states that a generation keeps are [B, H, L, D]. */
function multiHeadAttention(call: OperatorCall): ValueType[] {
  const { dtype, shape } = call.input(0);
  const [batch, length] = shape as readonly [Dim, Dim];
  const heads = headsOf(call);
  if (shape.length !== 3 && shape.length !== 5)
    call.fail('the queries must have rank 3, or 5 with keys and values in them');
  const packed = shape.length === 5;
  const key = packed ? undefined : call.inputs[1]?.shape;
  const value = packed ? undefined : call.inputs[2]?.shape;
  const hidden = packed ? times(shape[2]!, shape[4]!) : value ? width(value, heads) : shape[2]!;
  const size = typeof hidden === 'number' ? hidden / heads : call.symbol();
  const of = key?.length === 4 ? key[2]! : (key?.[1] ?? length);
  const past = call.inputs[6]?.shape[2];
  const present: Shape = [batch, heads, past === undefined ? of : addDims([past, of]), size];
  return [[batch, length, hidden], present, present].map((each) => ({ dtype, shape: each as Shape }));
}

function times(a: Dim, b: Dim): Dim {
  return typeof a === 'number' && typeof b === 'number' ? a * b : `${a}*${b}`;
}

function width(shape: Shape, heads: number): Dim {
  return shape.length === 4 ? times(heads, shape[3]!) : shape.at(-1)!;
}

/** Attention that holds its own projections: weights [I, 3 hidden]. */
function projectedAttention(call: OperatorCall): ValueType[] {
  const { dtype, shape } = call.input(0);
  headsOf(call);
  if (shape.length !== 3) call.fail('the input must be [batch, length, features]');
  if (call.input(1).shape.length !== 2) call.fail('the weights must be a matrix');
  const sizes = call.attributes.numbers('qkv_hidden_sizes');
  const all = call.input(1).shape[1]!;
  const hidden = sizes?.[2] ?? (typeof all === 'number' ? all / 3 : call.symbol());
  return [{ dtype, shape: shape.with(2, hidden) }];
}

export const CONTRIB: OperatorTable = {
  Gelu: pointwise(1),
  FastGelu: pointwise(2),
  BiasGelu: pointwise(2),
  QuickGelu: pointwise(1, { alpha: { kind: 'float', default: 1.702 } }),
  FusedMatMul: {
    inputs: [2, 2],
    attributes: {
      alpha: { kind: 'float', default: 1 },
      transA: flag,
      transB: flag,
      transBatchA: flag,
      transBatchB: flag,
    },
    infer(call) {
      if (call.attributes.number('transBatchA') !== 0 || call.attributes.number('transBatchB') !== 0)
        call.fail('products whose batch axes are exchanged are not supported');
      const operands = [swapped(call, 0, 'transA'), swapped(call, 1, 'transB')];
      const input = (index: number) => ({ name: call.input(index).name, ...operands[index]! });
      return MATRIX['MatMul']!.infer({ ...call, input });
    },
  },
  FusedGemm: activated(MATRIX['Gemm']!, 3),
  FusedConv: activated(CONVOLUTION['Conv']!, 4),
  SkipLayerNormalization: skipNormalization(5),
  SkipSimplifiedLayerNormalization: skipNormalization(4),
  MultiHeadAttention: { inputs: [1, 10], attributes: HEADS, infer: multiHeadAttention },
  Attention: {
    inputs: [2, 7],
    attributes: {
      ...HEADS,
      qkv_hidden_sizes: { kind: 'ints' },
      do_rotary: flag,
      rotary_embedding_dim: flag,
      past_present_share_buffer: flag,
    },
    infer: projectedAttention,
  },
};
