/**
 * Lists of extents from where they are known earliest: as constants, or from the inputs of the graph. What is computed from the
 * shape of an activation keeps that activation in memory until then, be it to the end of the step.
 */
import type { DType, Tensor } from '../../../runtime/tensor.js';
import type { Arithmetic } from '../arithmetic.js';
import type { Dim, Shape } from '../shape.js';
import type { Value } from '../value.js';

/** Beyond that many numbers a list is data. */
const LONGEST = 64;

export class Extents {
  readonly #math: Arithmetic;
  /** By the symbol, which axis of which input has that extent. */
  readonly #symbols = new Map<string, readonly [Value, number]>();
  readonly #known = new Map<string, Value>();

  /** The inputs of the graph must be there already. */
  constructor(math: Arithmetic) {
    this.#math = math;
    for (const input of math.graph.inputs) {
      for (const [axis, dim] of input.shape.entries())
        if (typeof dim === 'string' && !this.#symbols.has(dim)) this.#symbols.set(dim, [input, axis]);
    }
  }

  /** A value that holds what `value` holds; `undefined` where that is not a known list of extents. */
  holding({ dtype, shape, content }: Value): Value | undefined {
    if (!content || content.length > LONGEST || shape.length > 1) return undefined;
    // Beyond 2^53 a number stands for others as well: 2^63 - 1, the end of a slice that has none, would become -2^63.
    if (content.some((dim) => typeof dim === 'number' && !Number.isSafeInteger(dim))) return undefined;
    const key = `${dtype} ${shape.length} ${content.join()}`;
    const known = this.#known.get(key) ?? this.#made(dtype, shape.length, content);
    if (known) this.#known.set(key, known);
    return known;
  }

  /** These extents as an int64 list; `undefined` where the inputs do not tell them. */
  list(extents: Shape): Value | undefined {
    return this.holding({ name: '', dtype: 'int64', shape: [extents.length], content: extents });
  }

  #made(dtype: DType, rank: number, content: Shape): Value | undefined {
    if (content.every((dim) => typeof dim === 'number')) {
      const constant = constantOf(dtype, rank, content as readonly number[]);
      return constant && this.#math.graph.constant(constant);
    }
    if (dtype !== 'int64') return undefined;
    if (rank === 0) {
      const list = this.list(content);
      return list && this.#math.squeeze(list, [0]);
    }
    const parts: Value[] = [];
    let numbers: number[] = [];
    for (const dim of [...content, undefined]) {
      if (typeof dim === 'number') {
        numbers.push(dim);
        continue;
      }
      if (numbers.length > 0) parts.push(this.#math.integers(numbers));
      numbers = [];
      if (dim === undefined) break;
      const extent = this.#extent(dim);
      if (!extent) return undefined;
      parts.push(extent);
    }
    return parts.length === 1 ? parts[0] : this.#math.graph.op('Concat', parts, { axis: 0 });
  }

  /** An extent as a list of one: `N`, or a product such as `12*N`. */
  #extent(dim: string): Value | undefined {
    const whole = this.#symbols.get(dim);
    if (whole) {
      const [input, axis] = whole;
      const key = `extent ${dim}`;
      const extent = this.#known.get(key) ?? this.#math.extentOf(input, axis);
      this.#known.set(key, extent);
      return extent;
    }
    const factors = dim.split('*');
    if (factors.length === 1 || factors.some((factor) => !/^\d+$/.test(factor) && !this.#symbols.has(factor)))
      return undefined;
    const values = factors.map((factor) => this.list([/^\d+$/.test(factor) ? Number(factor) : (factor as Dim)])!);
    return values.reduce((product, next) => this.#math.mul(product, next));
  }
}

function constantOf(dtype: DType, rank: number, numbers: readonly number[]): Tensor | undefined {
  const shape = rank === 0 ? [] : [numbers.length];
  switch (dtype) {
    case 'int64':
      return { dtype, shape, data: BigInt64Array.from(numbers, BigInt) };
    case 'int32':
      return { dtype, shape, data: Int32Array.from(numbers) };
    case 'bool':
      return { dtype, shape, data: Uint8Array.from(numbers) };
    default:
      return undefined;
  }
}
