/**
 * Which operators compute in float16 in mixed precision. Products gain most and lose least; what sums or exponentiates many numbers
 * stays in float32 (Micikevicius et al., "Mixed precision training", ICLR 2018, section 3); the rest follows its inputs.
 */
import type { Arithmetic, NodeProto, Value } from '../onnx/index.js';
import { isFloat } from '../onnx/index.js';

const HALF: ReadonlySet<string> = new Set(['MatMul', 'Gemm', 'Conv', 'ConvTranspose', 'Einsum']);

/** Computed in float32 whatever comes in. */
const FULL: ReadonlySet<string> = new Set([
  'BatchNormalization',
  'Celu',
  'CumSum',
  'Elu',
  'Erf',
  'Exp',
  'Gelu',
  'GroupNormalization',
  'GRU',
  'InstanceNormalization',
  'LayerNormalization',
  'Log',
  'LogSoftmax',
  'LpNormalization',
  'LpPool',
  'LRN',
  'LSTM',
  'MeanVarianceNormalization',
  'Mish',
  'Pow',
  'Reciprocal',
  'ReduceL1',
  'ReduceL2',
  'ReduceLogSum',
  'ReduceLogSumExp',
  'ReduceMean',
  'ReduceProd',
  'ReduceSum',
  'ReduceSumSquare',
  'RNN',
  'Selu',
  'Softmax',
  'Softplus',
  'Sqrt',
]);

/** Inputs that are float32 whatever the first one is. */
const ONLY_FIRST: ReadonlySet<string> = new Set(['Resize', 'Dropout', 'Cast', 'CastLike', 'TopK']);

/** What an import gives to each node: casts are made once for each value. */
export function halfPrecisionInputs(math: Arithmetic) {
  const halves = new Map<string, Value>();
  const wholes = new Map<string, Value>();
  /** Results in float32 of operators whose input was float16: what follows them may go on in float16. */
  const raised = new Set<string>();
  const cached = (kept: Map<string, Value>, value: Value, dtype: 'float16' | 'float32'): Value => {
    if (value.dtype === dtype) return value;
    const known = kept.get(value.name) ?? math.cast(value, dtype);
    kept.set(value.name, known);
    return known;
  };
  const lower = (value: Value) => (value.dtype === 'float32' ? cached(halves, value, 'float16') : value);
  const raise = (value: Value) => (value.dtype === 'float16' ? cached(wholes, value, 'float32') : value);

  return (node: NodeProto, inputs: readonly (Value | undefined)[]): readonly (Value | undefined)[] => {
    const type = node.opType ?? '';
    const floats = inputs.filter((value) => value !== undefined && isFloat(value.dtype)) as Value[];
    if (HALF.has(type)) return inputs.map((value) => value && lower(value));
    const halved = floats.some(({ dtype, name }) => dtype === 'float16' || raised.has(name));
    if (!halved || type === 'Cast') return inputs;
    if (FULL.has(type)) {
      for (const name of node.output) raised.add(name);
      return inputs.map((value) => value && raise(value));
    }
    if (ONLY_FIRST.has(type)) return inputs.map((value, index) => (index === 0 && value ? lower(value) : value));
    return inputs.map((value) => value && lower(value));
  };
}
