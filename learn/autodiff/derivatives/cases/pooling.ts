/** Cases of the pooling rows: against their definition in float64. */
import { eachReading, sizeOf } from '../../../lowerings/fixtures/reference.js';
import type { Attributes, Case } from './case.js';

type Extents = readonly number[];

interface Pooling {
  readonly what: string;
  readonly x: Extents;
  /** Of the output. */
  readonly spatial: Extents;
  readonly kernel: Extents;
  readonly strides?: Extents;
  readonly dilations?: Extents;
  /** All begins, then all ends. */
  readonly pads?: Extents;
  readonly attributes?: Attributes;
}

/** From what a window holds; `undefined` for an element of the padding. */
type Reduce = (elements: readonly (number | undefined)[]) => number;

function caseOf(operator: string, settings: Pooling, reduce: Reduce, extra: Attributes = {}): Case {
  const { what, x, spatial, kernel, strides, dilations, pads, attributes } = settings;
  const rank = kernel.length;
  const window = {
    kernel,
    strides: strides ?? kernel.map(() => 1),
    dilations: dilations ?? kernel.map(() => 1),
    padsBegin: pads?.slice(0, rank) ?? kernel.map(() => 0),
    padsEnd: pads?.slice(rank) ?? kernel.map(() => 0),
  };
  const [inside, outside] = [sizeOf(x.slice(2)), sizeOf(spatial)];
  return {
    operator,
    what,
    inputs: [{ shape: x }],
    build: (graph, values) =>
      graph.op(operator, values, {
        kernel_shape: kernel,
        ...(strides && { strides }),
        ...(dilations && { dilations }),
        ...(attributes ?? (pads && { pads })),
        ...extra,
      }),
    formula([values]) {
      return Array.from({ length: x[0]! * x[1]! }, (_, image) => {
        const held: (number | undefined)[][] = Array.from({ length: outside }, () => []);
        eachReading(x.slice(2), spatial, window, (from, to) => {
          held[to]!.push(from === undefined ? undefined : values![image * inside + from]!);
        });
        return held.map((elements) => reduce(elements));
      }).flat();
    },
  };
}

const present = (elements: readonly (number | undefined)[]) => elements.filter((value) => value !== undefined);
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

const maximum: Reduce = (elements) => Math.max(...present(elements));
const average: Reduce = (elements) => sum(present(elements)) / present(elements).length;
const averageWithPadding: Reduce = (elements) => sum(present(elements)) / elements.length;
const norm =
  (p: number): Reduce =>
  (elements) =>
    sum(present(elements).map((value) => Math.abs(value) ** p)) ** (1 / p);

const WINDOWS: readonly Pooling[] = [
  { what: 'one axis', x: [3, 2, 6], kernel: [2], strides: [2], spatial: [3] },
  { what: 'two axes', x: [3, 2, 4, 4], kernel: [2, 2], strides: [2, 2], spatial: [2, 2] },
  { what: 'three axes', x: [3, 1, 2, 4, 3], kernel: [2, 2, 1], strides: [2, 2, 1], spatial: [1, 2, 3] },
  {
    what: 'windows that overlap, with padding',
    x: [3, 1, 5, 6],
    kernel: [3, 3],
    strides: [2, 2],
    pads: [1, 1, 1, 0],
    spatial: [3, 3],
  },
  { what: 'a stride beyond the kernel', x: [3, 1, 7, 5], kernel: [2, 1], strides: [3, 2], spatial: [2, 3] },
  { what: 'an extent that is no multiple', x: [3, 1, 5, 7], kernel: [2, 3], strides: [2, 3], spatial: [2, 2] },
  {
    what: 'a window that rounding up adds',
    x: [3, 1, 5, 6],
    kernel: [2, 3],
    strides: [2, 2],
    attributes: { ceil_mode: 1 },
    spatial: [3, 3],
  },
  { what: 'dilations', x: [3, 1, 5, 6], kernel: [2, 2], dilations: [2, 1], spatial: [3, 5] },
  {
    what: 'SAME_UPPER',
    x: [3, 1, 3, 4],
    kernel: [2, 2],
    attributes: { auto_pad: 'SAME_UPPER' },
    pads: [0, 0, 1, 1],
    spatial: [3, 4],
  },
];

/** All elements of each window count as long as rounding up adds none: what that one reaches beyond the padding does not. */
const COUNTING = WINDOWS.filter(({ attributes }) => !attributes?.['ceil_mode']);

const global = (operator: string, reduce: (values: readonly number[]) => number, attributes?: Attributes): Case[] =>
  [
    [3, 2, 4],
    [3, 2, 3, 4],
    [3, 2, 2, 3, 2],
  ].map((shape) => ({
    operator,
    what: `${shape.length - 2} axes${attributes ? `, p = ${attributes['p']}` : ''}`,
    inputs: [{ shape }],
    build: (graph, values) => graph.op(operator, values, attributes),
    formula([values]) {
      const size = sizeOf(shape.slice(2));
      const images = Array.from({ length: shape[0]! * shape[1]! }, (_, image) => image * size);
      return images.map((start) => reduce(values!.slice(start, start + size)));
    },
  }));

export const POOLING_CASES: readonly Case[] = [
  ...WINDOWS.map((window) => caseOf('MaxPool', window, maximum)),
  ...WINDOWS.map((window) => caseOf('AveragePool', window, average)),
  ...COUNTING.map((window) => {
    const what = `${window.what}, the padding counted`;
    return caseOf('AveragePool', { ...window, what }, averageWithPadding, { count_include_pad: 1 });
  }),
  {
    operator: 'AveragePool',
    what: 'the padding counted, but not what rounding up adds beyond it',
    inputs: [{ shape: [3, 1, 4] }],
    build: (graph, values) =>
      graph.op('AveragePool', values, {
        kernel_shape: [3],
        strides: [2],
        pads: [1, 1],
        ceil_mode: 1,
        count_include_pad: 1,
      }),
    formula: ([x]) =>
      [0, 4, 8].flatMap((row) => {
        const [a, b, c, d] = x!.slice(row, row + 4) as [number, number, number, number];
        return [(a + b) / 3, (b + c + d) / 3, d / 2];
      }),
  },
  ...[1, 2, 3].flatMap((p) =>
    WINDOWS.slice(1, 7).map((window) =>
      caseOf('LpPool', { ...window, what: `${window.what}, p = ${p}` }, norm(p), { p }),
    ),
  ),
  ...global('GlobalAveragePool', (values) => sum(values) / values.length),
  ...global('GlobalMaxPool', (values) => Math.max(...values)),
  ...[1, 2, 3].flatMap((p) => global('GlobalLpPool', norm(p), { p })),
];
