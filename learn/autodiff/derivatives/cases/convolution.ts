/** Cases of the convolutions' rows: against their definition, as the CPU provider has no float64 kernel. */
import { eachProduct, sizeOf } from '../../../lowerings/fixtures/reference.js';
import type { ConvolutionWindow } from '../../../lowerings/index.js';
import type { Attributes, Case } from './case.js';

type Extents = readonly number[];

interface Convolution {
  readonly what: string;
  readonly x: Extents;
  readonly weight: Extents;
  /** Of the output. */
  readonly spatial: Extents;
  readonly strides?: Extents;
  readonly dilations?: Extents;
  /** All begins, then all ends. */
  readonly pads?: Extents;
  readonly group?: number;
  readonly bias?: boolean;
  /** In place of `pads`. */
  readonly attributes?: Attributes;
}

function windowOf({ weight, strides, dilations, pads, group = 1 }: Convolution): ConvolutionWindow {
  const kernel = weight.slice(2);
  const rank = kernel.length;
  return {
    kernel,
    strides: strides ?? kernel.map(() => 1),
    dilations: dilations ?? kernel.map(() => 1),
    padsBegin: pads?.slice(0, rank) ?? kernel.map(() => 0),
    padsEnd: pads?.slice(rank) ?? kernel.map(() => 0),
    group,
  };
}

function caseOf(operator: 'Conv' | 'ConvTranspose', settings: Convolution): Case {
  const { what, x, weight, spatial, strides, dilations, pads, group = 1, bias, attributes } = settings;
  const transposed = operator === 'ConvTranspose';
  const channels = transposed ? weight[1]! * group : weight[0]!;
  const output = [x[0]!, channels, ...spatial];
  const window = windowOf(settings);
  return {
    operator,
    what,
    inputs: [{ shape: x }, { shape: weight }, ...(bias ? [{ shape: [channels] }] : [])],
    build: (graph, values) =>
      graph.op(operator, values, {
        ...(strides && { strides }),
        ...(dilations && { dilations }),
        ...(attributes ?? (pads && { pads })),
        ...(group !== 1 && { group }),
      }),
    formula([image, factors, offsets]) {
      const perChannel = sizeOf(spatial);
      const y = Array.from({ length: sizeOf(output) }, (_, place) => {
        return offsets ? offsets[Math.floor(place / perChannel) % channels]! : 0;
      });
      if (transposed) {
        // The convolution whose input has the shape of y, run backwards.
        eachProduct(output, weight, x, window, (to, by, from) => {
          y[to]! += image![from]! * factors![by]!;
        });
      } else {
        eachProduct(x, weight, output, window, (from, by, to) => {
          y[to]! += image![from]! * factors![by]!;
        });
      }
      return y;
    },
  };
}

const CONVOLUTIONS: readonly Convolution[] = [
  { what: 'one axis', x: [3, 2, 6], weight: [4, 2, 3], spatial: [4], bias: true },
  { what: 'two axes', x: [3, 2, 5, 4], weight: [2, 2, 3, 2], spatial: [3, 3], bias: true },
  { what: 'three axes', x: [3, 1, 3, 4, 3], weight: [2, 1, 2, 3, 2], spatial: [2, 2, 2], bias: true },
  {
    what: 'a stride that leaves rows unseen',
    x: [3, 2, 6, 5],
    weight: [2, 2, 1, 2],
    strides: [2, 2],
    spatial: [3, 2],
  },
  {
    what: 'stride, dilation and uneven padding',
    x: [3, 1, 6, 5],
    weight: [2, 1, 3, 2],
    strides: [2, 1],
    dilations: [1, 2],
    pads: [1, 0, 2, 1],
    spatial: [4, 4],
  },
  { what: 'groups', x: [3, 4, 4, 3], weight: [6, 2, 2, 2], group: 2, spatial: [3, 2], bias: true },
  { what: 'one group a channel', x: [3, 3, 4, 4], weight: [6, 1, 3, 3], group: 3, pads: [1, 1, 1, 1], spatial: [4, 4] },
  {
    what: 'SAME_UPPER, stride 2',
    x: [3, 1, 5, 4],
    weight: [2, 1, 2, 3],
    strides: [2, 2],
    pads: [0, 0, 1, 1],
    attributes: { auto_pad: 'SAME_UPPER' },
    spatial: [3, 2],
  },
  {
    what: 'SAME_LOWER',
    x: [3, 1, 4, 4],
    weight: [2, 1, 2, 3],
    pads: [1, 1, 0, 1],
    attributes: { auto_pad: 'SAME_LOWER' },
    spatial: [4, 4],
  },
  {
    what: 'VALID',
    x: [3, 1, 4, 4],
    weight: [2, 1, 2, 3],
    attributes: { auto_pad: 'VALID' },
    spatial: [3, 2],
  },
];

const TRANSPOSED: readonly Convolution[] = [
  { what: 'one axis', x: [3, 2, 4], weight: [2, 4, 3], spatial: [6], bias: true },
  { what: 'two axes, stride 2', x: [3, 2, 2, 3], weight: [2, 1, 2, 2], strides: [2, 2], spatial: [4, 6], bias: true },
  { what: 'three axes', x: [3, 1, 2, 2, 2], weight: [1, 2, 2, 1, 2], strides: [2, 1, 1], spatial: [4, 2, 3] },
  { what: 'groups', x: [3, 4, 3, 2], weight: [4, 2, 2, 2], group: 2, spatial: [4, 3], bias: true },
  {
    what: 'uneven padding and dilation',
    x: [3, 1, 4, 4],
    weight: [1, 2, 3, 2],
    dilations: [1, 2],
    pads: [1, 0, 0, 1],
    spatial: [5, 5],
  },
  {
    what: 'output padding',
    x: [3, 1, 3, 2],
    weight: [1, 2, 3, 3],
    strides: [2, 2],
    pads: [1, 1, 1, 1],
    attributes: { pads: [1, 1, 1, 1], output_padding: [1, 0] },
    spatial: [6, 3],
  },
  {
    what: 'SAME_UPPER',
    x: [3, 1, 2, 2],
    weight: [1, 2, 3, 2],
    strides: [2, 1],
    pads: [0, 0, 1, 1],
    attributes: { auto_pad: 'SAME_UPPER' },
    spatial: [4, 2],
  },
  {
    what: 'SAME_LOWER',
    x: [3, 1, 2, 2],
    weight: [1, 2, 3, 2],
    strides: [2, 1],
    pads: [1, 1, 0, 0],
    attributes: { auto_pad: 'SAME_LOWER' },
    spatial: [4, 2],
  },
  {
    what: 'a given output shape',
    x: [3, 1, 3, 3],
    weight: [1, 2, 3, 3],
    strides: [2, 2],
    pads: [1, 1, 0, 0],
    attributes: { output_shape: [6, 6] },
    spatial: [6, 6],
  },
];

export const CONVOLUTION_CASES: readonly Case[] = [
  ...CONVOLUTIONS.map((settings) => caseOf('Conv', settings)),
  ...TRANSPOSED.map((settings) => caseOf('ConvTranspose', settings)),
];
