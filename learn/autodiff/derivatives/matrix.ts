/** Derivatives of matrix products, and of the operators that mix one axis. */
import type { Value } from '../../onnx/index.js';
import { type SumOverRows, sumOfProducts, sumOfRows } from '../sum-over-rows.js';
import type { Derivative, DerivativeCall, DerivativeTable } from './derivative.js';
import { constant, once, single } from './derivative.js';

/** dA = dY B^T and dB = A^T dY. A vector counts as a row on the left and as a column on the right. */
const matMul: Derivative = ({ math, gradient, input }) => {
  const [a, b] = [input(0), input(1)];
  const matrixA = once(() => (a.shape.length === 1 ? math.unsqueeze(a, [0]) : a));
  const matrixB = once(() => (b.shape.length === 1 ? math.unsqueeze(b, [1]) : b));
  const dy = once(() => {
    const column = b.shape.length === 1 ? math.unsqueeze(gradient, [-1]) : gradient;
    return a.shape.length === 1 ? math.unsqueeze(column, [-2]) : column;
  });
  return [
    () => {
      const da = math.matmul(dy(), math.transposeMatrix(matrixB()));
      return a.shape.length === 1 ? math.squeeze(da, [-2]) : da;
    },
    () => {
      if (b.shape.length === 2 && a.shape.length > 2) return sharedMatrix(a, b, gradient);
      if (b.shape.length === 2 && a.shape.length === 2) return sumOfProducts(a, gradient);
      const db = math.matmul(math.transposeMatrix(matrixA()), dy());
      return b.shape.length === 1 ? math.squeeze(db, [-1]) : db;
    },
  ];

  /** One matrix for the whole batch: one product over all rows, where a product each would have to be summed. */
  function sharedMatrix(left: Value, right: Value, dY: Value): SumOverRows {
    const rows = (value: Value, columns: Value) =>
      math.graph.op('Reshape', [value, math.graph.op('Concat', [math.integers([-1]), columns], { axis: 0 })]);
    const inner = math.extentOf(right, 0);
    const outer = math.extentOf(right, 1);
    return sumOfProducts(rows(left, inner), rows(dY, outer));
  }
};

/** Y = alpha A' B' + beta C, where A' and B' are A and B or their transposes. */
const gemm: Derivative = ({ node, math, gradient: dy, input }) => {
  const { attributes } = node;
  const [alpha, beta] = [attributes.number('alpha'), attributes.number('beta')];
  const [transA, transB] = [attributes.number('transA'), attributes.number('transB')];
  const product = (left: Value, turnLeft: number, right: Value, turnRight: number): Value =>
    math.graph.op('Gemm', [left, right], {
      ...(alpha !== 1 && { alpha }),
      ...(turnLeft !== 0 && { transA: 1 }),
      ...(turnRight !== 0 && { transB: 1 }),
    });
  const turned = (flag: number): number => (flag === 0 ? 1 : 0);
  return [
    () => (transA === 0 ? product(dy, 0, input(1), turned(transB)) : product(input(1), transB, dy, 1)),
    () => {
      if (alpha === 1 && transA === 0) return transB === 0 ? sumOfProducts(input(0), dy) : sumOfProducts(dy, input(0));
      return transB === 0 ? product(input(0), turned(transA), dy, 0) : product(dy, 1, input(0), transA);
    },
    () => {
      const bias = input(2);
      if (beta === 1 && bias.shape.length === 1 && bias.shape[0] === dy.shape[1]) return sumOfRows(dy);
      return beta === 1 ? dy : math.mul(dy, beta);
    },
  ];
};

function softmaxAxis({ node, output }: DerivativeCall): number {
  const axis = node.attributes.number('axis');
  return axis < 0 ? axis + output.shape.length : axis;
}

/**
 * Softmax of what a mask hides wholly is 0 / 0. Exporters replace that NaN by 0 behind the node, and so its gradient by 0; here
 * 0 times NaN would be NaN again, so the same elements are replaced where the graph looks for them.
 */
function withoutNaN({ math, output }: DerivativeCall): Value {
  const test = math.graph.nodes.find(({ type, inputs }) => type === 'IsNaN' && inputs[0]?.name === output.name);
  return test?.outputs[0] ? math.where(test.outputs[0], 0, output) : output;
}

export const MATRIX: DerivativeTable = {
  MatMul: matMul,
  Gemm: gemm,
  Softmax: single((call) => {
    const { math, gradient: dy } = call;
    const y = withoutNaN(call);
    const inner = math.sum(math.mul(dy, y), [softmaxAxis(call)], true);
    return math.mul(y, math.sub(dy, inner));
  }),
  LogSoftmax: single((call) => {
    const { math, gradient: dy, output: y } = call;
    return math.sub(dy, math.mul(math.exp(y), math.sum(dy, [softmaxAxis(call)], true)));
  }),
  Hardmax: constant,
  // It reads the shape alone.
  EyeLike: constant,
  Trilu: ({ node, math, gradient: dy }) => [
    () => math.graph.op('Trilu', [dy, node.inputs[1]], { upper: node.attributes.number('upper') }),
  ],
  // The element j of a running sum reaches every later one: its gradient is the running sum from the other end.
  CumSum: single(({ node, math, gradient: dy, input }) =>
    math.graph.op('CumSum', [dy, input(1)], {
      exclusive: node.attributes.number('exclusive'),
      reverse: node.attributes.number('reverse') === 0 ? 1 : 0,
    }),
  ),
};
