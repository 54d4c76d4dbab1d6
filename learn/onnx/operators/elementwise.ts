/** Operators that work element by element, with broadcasting where they have several inputs. */
import type { DType } from '../../../runtime/tensor.js';
import type { AttributeSpecs } from '../attributes.js';
import { dtypeOf } from '../data-types.js';
import { broadcastShapes, type Shape } from '../shape.js';
import type { Value } from '../value.js';
import { chosenContent, contentOf } from './content.js';
import { type Operator, type OperatorCall, type OperatorTable, sameAsFirst } from './operator.js';

const MANY = 2 ** 31;

function broadcast(call: OperatorCall, values: readonly Value[]): Shape {
  return broadcastShapes(values.map(({ shape }) => shape)) ?? call.fail('the shapes do not fit one another');
}

function given(call: OperatorCall): Value[] {
  return call.inputs.map((_, index) => call.input(index));
}

function sameTypes(call: OperatorCall, values: readonly Value[]): DType {
  const [first] = values;
  if (values.some(({ dtype }) => dtype !== first!.dtype)) call.fail('the inputs must have one element type: cast them');
  return first!.dtype;
}

function unary(attributes?: AttributeSpecs): Operator {
  return {
    inputs: [1, 1],
    ...(attributes && { attributes }),
    infer(call) {
      const content = contentOf(call.type, given(call));
      return [{ ...sameAsFirst(call), ...(content && { content }) }];
    },
  };
}

/** `result` is the element type of the output where it is not that of the inputs. */
function nary(least: number, most: number, result?: DType): Operator {
  return {
    inputs: [least, most],
    infer(call) {
      const values = given(call);
      const dtype = sameTypes(call, values);
      const content = contentOf(call.type, values);
      return [{ dtype: result ?? dtype, shape: broadcast(call, values), ...(content && { content }) }];
    },
  };
}

const alpha = (value: number): AttributeSpecs => ({ alpha: { kind: 'float', default: value } });

/** A predicate of one number. */
function test(attributes: AttributeSpecs = {}): Operator {
  return { inputs: [1, 1], attributes, infer: (call) => [{ ...sameAsFirst(call), dtype: 'bool' }] };
}

const binary = nary(2, 2);
const comparison = nary(2, 2, 'bool');

export const ELEMENTWISE: OperatorTable = {
  Neg: unary(),
  Abs: unary(),
  Sign: unary(),
  Exp: unary(),
  Log: unary(),
  Sqrt: unary(),
  Reciprocal: unary(),
  Erf: unary(),
  Sin: unary(),
  Cos: unary(),
  Tan: unary(),
  Asin: unary(),
  Acos: unary(),
  Atan: unary(),
  Sinh: unary(),
  Cosh: unary(),
  Asinh: unary(),
  Acosh: unary(),
  Atanh: unary(),
  Floor: unary(),
  Ceil: unary(),
  Round: unary(),
  Not: unary(),
  BitwiseNot: unary(),
  Relu: unary(),
  Sigmoid: unary(),
  Tanh: unary(),
  Softplus: unary(),
  HardSwish: unary(),
  Mish: unary(),
  Softsign: unary(),
  HardSigmoid: unary({ alpha: { kind: 'float', default: 0.2 }, beta: { kind: 'float', default: 0.5 } }),
  LeakyRelu: unary(alpha(0.01)),
  Elu: unary(alpha(1)),
  Celu: unary(alpha(1)),
  ThresholdedRelu: unary(alpha(1)),
  Shrink: unary({ bias: { kind: 'float', default: 0 }, lambd: { kind: 'float', default: 0.5 } }),
  // The defaults of the ONNX specification, digit by digit: float32 values.
  Selu: unary({
    alpha: { kind: 'float', default: 1.6732631921768188 },
    gamma: { kind: 'float', default: 1.0507010221481323 },
  }),
  Gelu: unary({ approximate: { kind: 'string', default: 'none' } }),
  Add: binary,
  Sub: binary,
  Mul: binary,
  Div: binary,
  Max: nary(1, MANY),
  Min: nary(1, MANY),
  Sum: nary(1, MANY),
  Mean: nary(1, MANY),
  Mod: { ...binary, attributes: { fmod: { kind: 'int', default: 0 } } },
  And: binary,
  Or: binary,
  Xor: binary,
  BitwiseAnd: binary,
  BitwiseOr: binary,
  BitwiseXor: binary,
  BitShift: { ...binary, attributes: { direction: { kind: 'string' } } },
  Equal: comparison,
  Greater: comparison,
  GreaterOrEqual: comparison,
  Less: comparison,
  LessOrEqual: comparison,
  IsNaN: test(),
  IsInf: test({ detect_negative: { kind: 'int', default: 1 }, detect_positive: { kind: 'int', default: 1 } }),
  // The exponent may be of another type; the result has the base's.
  Pow: { inputs: [2, 2], infer: (call) => [{ dtype: call.input(0).dtype, shape: broadcast(call, given(call)) }] },
  Where: {
    inputs: [3, 3],
    infer(call) {
      const [condition, ...values] = given(call);
      if (condition!.dtype !== 'bool') call.fail('the condition must be bool');
      const content = chosenContent(given(call));
      return [{ dtype: sameTypes(call, values), shape: broadcast(call, given(call)), ...(content && { content }) }];
    },
  },
  PRelu: {
    inputs: [2, 2],
    infer(call) {
      const { shape } = call.input(0);
      sameTypes(call, given(call));
      // The slope broadcasts to x, never x to the slope.
      if (broadcast(call, given(call)).length !== shape.length) call.fail('the slope has more axes than the data');
      return [sameAsFirst(call)];
    },
  },
  Clip: {
    inputs: [1, 3],
    infer(call) {
      call.input(0);
      sameTypes(
        call,
        call.inputs.filter((value) => value !== undefined),
      );
      return [sameAsFirst(call)];
    },
  },
  Identity: {
    inputs: [1, 1],
    infer(call) {
      const { name: _, ...type } = call.input(0);
      return [type];
    },
  },
  Cast: {
    inputs: [1, 1],
    attributes: { to: { kind: 'dtype' }, saturate: { kind: 'int', default: 1 } },
    infer(call) {
      const { shape, content } = call.input(0);
      const dtype = dtypeOf(call.attributes.number('to'), 'the result of a Cast');
      const whole = dtype === 'int64' || dtype === 'int32';
      return [{ dtype, shape, ...(whole && content && { content }) }];
    },
  },
  CastLike: {
    inputs: [2, 2],
    attributes: { saturate: { kind: 'int', default: 1 } },
    infer: (call) => [{ ...sameAsFirst(call), dtype: call.input(1).dtype }],
  },
  Dropout: {
    inputs: [1, 3],
    attributes: { seed: { kind: 'int' } },
    infer: (call) => [sameAsFirst(call), { ...sameAsFirst(call), dtype: 'bool' }],
  },
};
