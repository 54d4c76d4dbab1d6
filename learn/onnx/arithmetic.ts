/** Writes formulas as graph nodes: `math.mul(math.sub(a, b), 2)`. A number becomes a constant of the other operand's type. */
import type { DType } from '../../runtime/tensor.js';
import type { GraphBuilder, NodeOptions } from './builder.js';
import { OnnxError } from './error.js';
import { isStatic, sameShape } from './shape.js';
import type { Value } from './value.js';

/** A value of the graph, or a number that takes the type of the other operand. */
export type Operand = Value | number;

/** @throws OnnxError instead of JavaScript's own error, because the number may come from a file */
function whole(value: number): bigint {
  if (Number.isSafeInteger(value)) return BigInt(value);
  throw new OnnxError(`${value} stands where a whole number below 2^53 is needed`);
}

const RAISED = new WeakMap<GraphBuilder, Map<string, Value>>();

/** The scalars of a graph that were given axes, so that each is once. */
function raisedIn(graph: GraphBuilder): Map<string, Value> {
  const known = RAISED.get(graph) ?? new Map<string, Value>();
  RAISED.set(graph, known);
  return known;
}

/** Operators as methods, for code that writes formulas as graph nodes. */
export class Arithmetic {
  readonly graph: GraphBuilder;

  constructor(graph: GraphBuilder) {
    this.graph = graph;
  }

  /** A scalar constant. */
  scalar(value: number, dtype: DType): Value {
    const { graph } = this;
    switch (dtype) {
      case 'float32':
        return graph.constant({ dtype, shape: [], data: Float32Array.of(value) });
      case 'float64':
        return graph.constant({ dtype, shape: [], data: Float64Array.of(value) });
      case 'int64':
        return graph.constant({ dtype, shape: [], data: BigInt64Array.of(whole(value)) });
      case 'int32':
        return graph.constant({ dtype, shape: [], data: Int32Array.of(value) });
      case 'bool':
        return graph.constant({ dtype, shape: [], data: Uint8Array.of(value === 0 ? 0 : 1) });
      default:
        return this.cast(this.scalar(value, 'float32'), dtype);
    }
  }

  /** A list of whole numbers, as axes and shapes are given. */
  integers(values: readonly number[]): Value {
    return this.graph.constant({ dtype: 'int64', shape: [values.length], data: BigInt64Array.from(values, whole) });
  }

  #binary(type: string, a: Operand, b: Operand, options?: NodeOptions): Value {
    const dtype = typeof a === 'number' ? (typeof b === 'number' ? undefined : b.dtype) : a.dtype;
    if (dtype === undefined) throw new OnnxError(`${type} of two numbers: compute it before the graph is built`);
    const left = typeof a === 'number' ? this.scalar(a, dtype) : a;
    const right = typeof b === 'number' ? this.scalar(b, dtype) : b;
    return this.graph.op(type, [this.#raised(left, right), this.#raised(right, left)], {}, options);
  }

  /**
   * A scalar with as many axes as `other`, where its last axis has one element: ONNX Runtime's CPU provider repeats a scalar along
   * the last axis alone, and is 40 times slower for a weight [O, C, 1, 1] than with [1, 1, 1, 1].
   */
  #raised(value: Value, { shape }: Value): Value {
    if (value.shape.length > 0 || shape.length < 2 || shape.at(-1) !== 1) return value;
    const ones = shape.map(() => 1);
    if (value.constant) return this.graph.constant({ ...value.constant, shape: ones });
    const known = raisedIn(this.graph);
    const key = `${value.name}/${ones.length}`;
    const raised = known.get(key) ?? this.reshape(value, ones);
    known.set(key, raised);
    return raised;
  }

  add = (a: Operand, b: Operand, options?: NodeOptions): Value => this.#binary('Add', a, b, options);
  sub = (a: Operand, b: Operand, options?: NodeOptions): Value => this.#binary('Sub', a, b, options);
  mul = (a: Operand, b: Operand, options?: NodeOptions): Value => this.#binary('Mul', a, b, options);
  div = (a: Operand, b: Operand, options?: NodeOptions): Value => this.#binary('Div', a, b, options);
  pow = (a: Operand, b: Operand, options?: NodeOptions): Value => this.#binary('Pow', a, b, options);
  min = (a: Operand, b: Operand, options?: NodeOptions): Value => this.#binary('Min', a, b, options);
  max = (a: Operand, b: Operand, options?: NodeOptions): Value => this.#binary('Max', a, b, options);
  equal = (a: Operand, b: Operand): Value => this.#binary('Equal', a, b);
  greater = (a: Operand, b: Operand): Value => this.#binary('Greater', a, b);
  less = (a: Operand, b: Operand): Value => this.#binary('Less', a, b);

  #unary(type: string, a: Value): Value {
    return this.graph.op(type, [a]);
  }

  neg = (a: Value): Value => this.#unary('Neg', a);
  exp = (a: Value): Value => this.#unary('Exp', a);
  log = (a: Value): Value => this.#unary('Log', a);
  sqrt = (a: Value): Value => this.#unary('Sqrt', a);
  erf = (a: Value): Value => this.#unary('Erf', a);
  tanh = (a: Value): Value => this.#unary('Tanh', a);
  sigmoid = (a: Value): Value => this.#unary('Sigmoid', a);
  sign = (a: Value): Value => this.#unary('Sign', a);
  not = (a: Value): Value => this.#unary('Not', a);
  square = (a: Value): Value => this.mul(a, a);
  and = (a: Value, b: Value): Value => this.graph.op('And', [a, b]);

  /** `condition ? a : b`, element by element; at least one of `a` and `b` is a value. */
  where(condition: Value, a: Operand, b: Operand): Value {
    const dtype = typeof a === 'number' ? (typeof b === 'number' ? undefined : b.dtype) : a.dtype;
    if (dtype === undefined) throw new OnnxError('where of two numbers: cast the condition instead');
    const constant = (operand: Operand) => (typeof operand === 'number' ? this.scalar(operand, dtype) : operand);
    return this.graph.op('Where', [condition, constant(a), constant(b)]);
  }

  cast(a: Value, dtype: DType): Value {
    return a.dtype === dtype ? a : this.graph.op('Cast', [a], { to: dtype });
  }

  matmul(a: Value, b: Value): Value {
    return this.graph.op('MatMul', [a, b]);
  }

  /** Sums over axes; over all of them when none are given. The result keeps them, as extents of 1, if `keep`. */
  sum(a: Value, axes?: readonly number[], keep = false): Value {
    if (axes?.length === 0) return a;
    return this.#reduce('ReduceSum', a, axes, keep);
  }

  maximum(a: Value, axes?: readonly number[], keep = false, options?: NodeOptions): Value {
    return this.#reduce('ReduceMax', a, axes, keep, options);
  }

  #reduce(type: string, a: Value, axes: readonly number[] | undefined, keep: boolean, options?: NodeOptions): Value {
    return this.graph.op(type, [a, axes && this.integers(axes)], { keepdims: keep ? 1 : 0 }, options);
  }

  /** The extents of `a` as an int64 list: a constant where they are all known. */
  shapeOf(a: Value): Value {
    return isStatic(a.shape) ? this.integers(a.shape) : this.graph.op('Shape', [a]);
  }

  /** The extent of one axis, as a list of one. */
  extentOf(a: Value, axis: number): Value {
    const dim = a.shape[axis];
    if (typeof dim === 'number') return this.integers([dim]);
    return this.graph.op('Shape', [a], { start: axis, end: axis + 1 });
  }

  /** `a` with the shape of `like`. */
  reshapeLike(a: Value, like: Value): Value {
    if (sameShape(a.shape, like.shape)) return a;
    return this.graph.op('Reshape', [a, this.shapeOf(like)], { allowzero: 1 });
  }

  /** `a` with a shape of which at most one extent is -1. */
  reshape(a: Value, shape: readonly number[]): Value {
    return this.graph.op('Reshape', [a, this.integers(shape)]);
  }

  unsqueeze(a: Value, axes: readonly number[]): Value {
    return axes.length === 0 ? a : this.graph.op('Unsqueeze', [a, this.integers(axes)]);
  }

  squeeze(a: Value, axes: readonly number[]): Value {
    return axes.length === 0 ? a : this.graph.op('Squeeze', [a, this.integers(axes)]);
  }

  transpose(a: Value, order: readonly number[]): Value {
    return order.every((axis, index) => axis === index) ? a : this.graph.op('Transpose', [a], { perm: order });
  }

  /** Swaps the last two axes. */
  transposeMatrix(a: Value): Value {
    const rank = a.shape.length;
    return this.transpose(a, [...Array(rank - 2).keys(), rank - 1, rank - 2]);
  }

  /** Zeros of the type and shape of `like`. */
  zerosLike(like: Value, options?: NodeOptions): Value {
    return this.filled(like, 0, options);
  }

  onesLike(like: Value, options?: NodeOptions): Value {
    return this.filled(like, 1, options);
  }

  filled(like: Value, value: number, options?: NodeOptions): Value {
    const scalar = this.scalar(value, like.dtype);
    return this.graph.op('Expand', [scalar, this.shapeOf(like)], {}, options);
  }
}
