/** What a case of the finite-difference test is, and short forms for the common kinds. */
import type { Tensor } from '../../../../runtime/tensor.js';
import type { Arithmetic, GraphBuilder, Value } from '../../../onnx/index.js';
import type { DecomposedNode } from './decomposed.js';

export interface Input {
  readonly shape: readonly number[];
  /** Where the values lie; -2 to 2 unless told. */
  readonly from?: number;
  readonly to?: number;
  /** These values, where the case turns on them. */
  readonly values?: readonly number[];
}

export interface Case {
  readonly operator: string;
  readonly what?: string;
  readonly inputs: readonly Input[];
  build(graph: GraphBuilder, inputs: readonly Value[], math: Arithmetic): Value;
  /** For operators without a float64 kernel: the function itself, which is differentiated in place of the graph. */
  readonly reference?: (x: number) => number;
  /** For operators without a float64 kernel: the same in operators that have one, which are differentiated in place of `build`. */
  readonly primitives?: Case['build'];
  /** For operators without a float64 kernel: the output by their definition, which is differentiated in place of the graph. */
  readonly formula?: (inputs: readonly (readonly number[])[]) => readonly number[];
  /** Values that are not differentiated: indices and conditions. */
  readonly constants?: readonly Tensor[];
  /** For operators that are differentiated in other words: the node as it stands in a file. */
  readonly node?: DecomposedNode;
}

export const matrix: Input = { shape: [3, 4] };
export const cube: Input = { shape: [3, 2, 4] };
export const positive: Input = { shape: [3, 4], from: 0.2, to: 3 };
/** Away from every kink and step by more than the difference's width. */
export const smooth: Input = {
  shape: [3, 4],
  values: [-3.7, -2.9, -1.8, -1.3, -0.8, -0.3, 0.2, 0.7, 1.3, 1.9, 2.8, 3.6],
};

export type Attributes = Parameters<GraphBuilder['op']>[2];

export const of = (operator: string, inputs: readonly Input[], attributes?: Attributes, what?: string): Case => ({
  operator,
  inputs,
  ...(what && { what }),
  build: (graph, values) => graph.op(operator, values, attributes),
});

export const single = (
  operator: string,
  reference: (x: number) => number,
  attributes?: Attributes,
  what?: string,
): Case => ({
  ...of(operator, [smooth], attributes, what),
  reference,
});

export const withAxes = (
  operator: string,
  axes: readonly number[] | undefined,
  keepdims: number,
  what: string,
): Case => ({
  operator,
  what,
  inputs: [cube],
  build: (graph, [x], math) => graph.op(operator, [x, axes && math.integers(axes)], { keepdims }),
});

export const broadcasts = (operator: string, second: Input = {} as Input): Case[] => [
  of(operator, [matrix, { ...second, shape: [3, 4] }], undefined, 'equal shapes'),
  of(operator, [cube, { ...second, shape: [4] }], undefined, 'a repeated row'),
  of(operator, [{ shape: [3, 1, 4] }, { ...second, shape: [2, 1] }], undefined, 'both repeated'),
  of(operator, [matrix, { ...second, shape: [] }], undefined, 'a scalar'),
];
