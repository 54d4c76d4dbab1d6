/** Matrix products, and the operators that mix one axis. */
import type { AttributeSpecs } from '../attributes.js';
import { dtypeOf } from '../data-types.js';
import { broadcastShapes, type Dim, type Shape } from '../shape.js';
import { axisOf, type Operator, type OperatorCall, type OperatorTable, sameAsFirst } from './operator.js';

function contract(call: OperatorCall, left: Dim, right: Dim): void {
  const differ = typeof left === 'number' && typeof right === 'number' && left !== right;
  if (differ) call.fail(`the inner extents ${left} and ${right} differ`);
}

/** The shape of a product by numpy's rules: a vector counts as a row on the left and as a column on the right. */
function productShape(call: OperatorCall, a: Shape, b: Shape): Shape {
  if (a.length === 0 || b.length === 0) return call.fail('a scalar has no matrix product');
  contract(call, a.at(-1)!, b.at(b.length === 1 ? -1 : -2)!);
  const batch =
    broadcastShapes([a.slice(0, -2), b.slice(0, -2)]) ?? call.fail('the batch extents do not fit one another');
  const rows = a.length > 1 ? [a.at(-2)!] : [];
  const columns = b.length > 1 ? [b.at(-1)!] : [];
  return [...batch, ...rows, ...columns];
}

const softmax: Operator = {
  inputs: [1, 1],
  attributes: { axis: { kind: 'int', default: -1 } },
  infer(call) {
    axisOf(call, call.input(0).shape.length);
    return [sameAsFirst(call)];
  },
};

const flag = { kind: 'int', default: 0 } as const;
const GEMM: AttributeSpecs = {
  alpha: { kind: 'float', default: 1 },
  beta: { kind: 'float', default: 1 },
  transA: flag,
  transB: flag,
};

export const MATRIX: OperatorTable = {
  MatMul: {
    inputs: [2, 2],
    infer: (call) => [
      { dtype: call.input(0).dtype, shape: productShape(call, call.input(0).shape, call.input(1).shape) },
    ],
  },
  Gemm: {
    inputs: [2, 3],
    attributes: GEMM,
    infer(call) {
      const turn = (index: number, name: string): readonly [Dim, Dim] => {
        const { shape } = call.input(index);
        if (shape.length !== 2) call.fail('Gemm multiplies matrices (rank 2)');
        const [rows, columns] = shape as readonly [Dim, Dim];
        return call.attributes.number(name) === 0 ? [rows, columns] : [columns, rows];
      };
      const [rows, inner] = turn(0, 'transA');
      const [otherInner, columns] = turn(1, 'transB');
      contract(call, inner, otherInner);
      const bias = call.inputs[2]?.shape;
      if (bias && broadcastShapes([bias, [rows, columns]])?.length !== 2)
        call.fail('the third input does not fit the product');
      return [{ dtype: call.input(0).dtype, shape: [rows, columns] }];
    },
  },
  Softmax: softmax,
  LogSoftmax: softmax,
  Hardmax: softmax,
  Trilu: {
    inputs: [1, 2],
    attributes: { upper: { kind: 'int', default: 1 } },
    infer(call) {
      if (call.input(0).shape.length < 2) call.fail('a triangle is taken of matrices: of rank 2 or more');
      return [sameAsFirst(call)];
    },
  },
  Det: {
    inputs: [1, 1],
    infer(call) {
      const { dtype, shape } = call.input(0);
      if (shape.length < 2) call.fail('a determinant is taken of matrices: of rank 2 or more');
      contract(call, shape.at(-1)!, shape.at(-2)!);
      return [{ dtype, shape: shape.slice(0, -2) }];
    },
  },
  EyeLike: {
    inputs: [1, 1],
    attributes: { dtype: { kind: 'dtype' }, k: { kind: 'int', default: 0 } },
    infer(call) {
      const { dtype, shape } = call.input(0);
      const asked = call.attributes.has('dtype')
        ? dtypeOf(call.attributes.number('dtype'), 'the result of EyeLike')
        : dtype;
      return [{ dtype: asked, shape }];
    },
  },
  CumSum: {
    inputs: [2, 2],
    attributes: { exclusive: flag, reverse: flag },
    infer: (call) => [sameAsFirst(call)],
  },
};
