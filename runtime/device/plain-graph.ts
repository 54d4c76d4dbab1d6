/** Small ONNX files of float and integer tensors of any shape, written by hand: this layer knows no networks. */
import type { DType } from '../tensor.js';

/** Numbers of the types in ONNX (`TensorProto.DataType`). */
const ONNX_TYPES: Readonly<Record<DType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
};

/** The operators used here have had kernels for all types since then. */
const OPSET = 13;

/** Operator, its inputs, its one output. */
export type PlainNode = readonly [operator: string, inputs: readonly string[], output: string];

/** The types of a graph's inputs and outputs by their names; nothing is said of their shapes. */
export interface PlainGraph {
  readonly inputs: Readonly<Record<string, DType>>;
  readonly outputs: Readonly<Record<string, DType>>;
  readonly nodes: readonly PlainNode[];
}

/** The graph as a model file. */
export function writePlainGraph({ inputs, outputs, nodes }: PlainGraph): Uint8Array {
  const values = (field: number, types: Readonly<Record<string, DType>>): number[] =>
    Object.entries(types).flatMap(([name, type]) =>
      message(field, [...text(1, name), ...message(2, message(1, number(1, ONNX_TYPES[type])))]),
    );
  const written = nodes.flatMap(([operator, from, to], index) =>
    message(1, [
      ...from.flatMap((name) => text(1, name)),
      ...text(2, to),
      ...text(3, `n${index}`),
      ...text(4, operator),
    ]),
  );
  const graph = [...written, ...text(2, 'plain'), ...values(11, inputs), ...values(12, outputs)];
  return Uint8Array.from([...number(1, 8), ...message(7, graph), ...message(8, number(2, OPSET))]);
}

/** The graph that copies its inputs `x0`, `x1`, ... to `y0`, `y1`, ...: what brings tensors of a GPU back. */
export function copyingGraph(types: readonly DType[]): Uint8Array {
  const named = (letter: string): Record<string, DType> =>
    Object.fromEntries(types.map((type, index) => [`${letter}${index}`, type]));
  const nodes = types.map((_, index): PlainNode => ['Identity', [`x${index}`], `y${index}`]);
  return writePlainGraph({ inputs: named('x'), outputs: named('y'), nodes });
}

/** A field with a whole number >= 0, as protocol buffers write it. */
function number(field: number, value: number): number[] {
  return [field << 3, ...varint(value)];
}

function message(field: number, body: readonly number[]): number[] {
  return [(field << 3) | 2, ...varint(body.length), ...body];
}

function text(field: number, value: string): number[] {
  return message(field, [...Buffer.from(value)]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest & 127) | 128);
  return [...bytes, rest];
}
