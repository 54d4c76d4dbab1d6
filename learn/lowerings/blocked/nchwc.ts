/**
 * ONNX Runtime's own operators for blocked images, `com.microsoft.nchwc`: what its optimiser makes of convolutions for inference, written
 * by us so that a training has them too. An image [N, C, H, W] lies in memory as [N, C / B, H, W, B], B channels side by side in one
 * vector register; its shape is still written [N, C, H, W]. B is the machine's: 16 with AVX-512, 8 with AVX2.
 */

import { type AttributeSpecs, type AttributeValue, writeAttributes } from '../../onnx/attributes.js';
import { type Arithmetic, OnnxError, type Value } from '../../onnx/index.js';

const DOMAIN = 'com.microsoft.nchwc';

type Pair = readonly [rows: number, columns: number];
export type Pads = readonly [top: number, left: number, bottom: number, right: number];

export interface BlockedConvolution {
  readonly kernel: Pair;
  readonly pads?: Pads;
  readonly strides?: Pair;
  readonly dilations?: Pair;
  readonly group?: number;
  /** [O] */
  readonly bias?: Value | undefined;
  /** Added to the result, of its shape; before the activation. */
  readonly sum?: Value | undefined;
  readonly activation?: 'Relu' | 'HardSigmoid';
  /** Of HardSigmoid: alpha and beta. */
  readonly parameters?: Pair;
}

const WINDOW: AttributeSpecs = {
  kernel_shape: { kind: 'ints' },
  pads: { kind: 'ints' },
  strides: { kind: 'ints' },
  dilations: { kind: 'ints' },
};
const SPECS: Readonly<Record<string, AttributeSpecs>> = {
  Conv: { ...WINDOW, group: { kind: 'int' }, activation: { kind: 'string' }, activation_params: { kind: 'floats' } },
  MaxPool: WINDOW,
  AveragePool: WINDOW,
  ReorderInput: {},
  ReorderOutput: { channels: { kind: 'int' } },
};

const NO_PADS: Pads = [0, 0, 0, 0];

/** Writes the operators into a graph. All values are float32 of known extents. */
export class Nchwc {
  readonly math: Arithmetic;
  /** B, the number of channels in a block. */
  readonly block: number;

  constructor(math: Arithmetic, block: number) {
    if (!Number.isSafeInteger(block) || block < 4 || block % 4 !== 0)
      throw new OnnxError(`the block size of a blocked layout is a multiple of 4, not ${block}`);
    this.math = math;
    this.block = block;
    math.graph.requireOpset({ domain: DOMAIN, version: 1 });
  }

  /** `channels`, rounded up to whole blocks. */
  whole(channels: number): number {
    return Math.ceil(channels / this.block) * this.block;
  }

  /**
   * @param x [N, C, H, W] blocked; of fewer channels than a block, it is not blocked
   * @param weight [O, C / group, ...kernel], blocked as [O / B, C / B, ...kernel, B of C, B of O]
   */
  conv(x: Value, weight: Value, options: BlockedConvolution): Value {
    const { kernel, pads = NO_PADS, strides = [1, 1], dilations = [1, 1], group = 1 } = options;
    const { bias, sum, activation, parameters } = options;
    const [images, , ...extents] = numbersOf(x);
    const slid = extents.map((extent, axis) => {
      const span = (kernel[axis]! - 1) * dilations[axis]! + 1;
      return Math.floor((extent + pads[axis]! + pads[axis + 2]! - span) / strides[axis]!) + 1;
    });
    return this.#op('Conv', [x, weight, bias, sum], [images!, Number(weight.shape[0]), ...slid], {
      kernel_shape: kernel,
      pads,
      strides,
      dilations,
      group,
      ...(activation && { activation }),
      ...(parameters && { activation_params: parameters }),
    });
  }

  /** The largest of each window, or the mean; windows stand one behind the other unless strides and pads are given. */
  pool(type: 'MaxPool' | 'AveragePool', x: Value, kernel: Pair, strides: Pair = kernel, pads: Pads = NO_PADS): Value {
    const [images, channels, ...extents] = numbersOf(x);
    const slid = extents.map((extent, axis) => {
      return Math.floor((extent + pads[axis]! + pads[axis + 2]! - kernel[axis]!) / strides[axis]!) + 1;
    });
    const attributes = { kernel_shape: kernel, strides, pads, dilations: [1, 1] };
    return this.#op(type, [x], [images!, channels!, ...slid], attributes);
  }

  /** x [N, C, H, W] in blocks, with channels of zeros up to whole ones. C is a multiple of 4. */
  toBlocks(x: Value): Value {
    const [images, channels, ...extents] = numbersOf(x);
    return this.#op('ReorderInput', [x], [images!, this.whole(channels!), ...extents], {});
  }

  /** The first `channels` of a blocked x, as [N, channels, H, W]. */
  fromBlocks(x: Value, channels: number): Value {
    const [images, , ...extents] = numbersOf(x);
    return this.#op('ReorderOutput', [x], [images!, channels, ...extents], { channels });
  }

  /** The same memory in another shape. */
  view(x: Value, shape: readonly number[]): Value {
    return x.shape.length === shape.length && x.shape.every((dim, axis) => dim === shape[axis])
      ? x
      : this.math.reshape(x, shape);
  }

  #op(
    type: string,
    inputs: readonly (Value | undefined)[],
    shape: readonly number[],
    attributes: Readonly<Record<string, AttributeValue>>,
  ): Value {
    const { graph } = this.math;
    const name = graph.names.free(type);
    const attribute = writeAttributes(SPECS[type]!, attributes, `node "${name}" (${DOMAIN}.${type})`);
    const declared = new Map([[name, { dtype: 'float32', shape }]] as const);
    const proto = { name, opType: type, domain: DOMAIN, input: [], output: [name], attribute };
    return graph.node(proto, inputs, declared)[0]!;
  }
}

/** The extents of a value, all of which must be known. */
export function numbersOf({ name, shape }: Value): readonly number[] {
  if (shape.every((dim) => typeof dim === 'number')) return shape as readonly number[];
  throw new OnnxError(`"${name}" must have known extents for the blocked layout, but is [${shape.join(', ')}]`);
}
