/** Changes by which attributes became inputs, so that they can be computed. */
import {
  attribute,
  type Change,
  floats,
  integers,
  intOf,
  refuse,
  scalarLike,
  withAttributes,
  without,
} from './change.js';

type Apply = Change['apply'];

const axesToInput: Apply = (node) => {
  const axes = attribute(node, 'axes')?.ints;
  if (!axes) return node;
  return { proto: without(node, 'axes'), inputs: [node.inputs[0], integers(node, axes)] };
};

const limitsToInputs: Apply = (node) => {
  const limit = (name: string) => {
    const value = attribute(node, name)?.f;
    return value === undefined ? undefined : scalarLike(node, value);
  };
  return { proto: without(node, 'min', 'max'), inputs: [node.inputs[0], limit('min'), limit('max')] };
};

const ratioToInput: Apply = (node) => {
  const ratio = attribute(node, 'ratio')?.f ?? 0.5;
  return { proto: without(node, 'ratio'), inputs: [node.inputs[0], floats(node, [ratio], [])] };
};

const sizesToInput: Apply = (node) => {
  const sizes = attribute(node, 'split')?.ints;
  if (!sizes) return node;
  return { proto: without(node, 'split'), inputs: [node.inputs[0], integers(node, sizes)] };
};

const boundsToInputs: Apply = (node) => {
  const list = (name: string) => {
    const ints = attribute(node, name)?.ints;
    return ints && integers(node, ints);
  };
  return {
    proto: without(node, 'starts', 'ends', 'axes'),
    inputs: [node.inputs[0], list('starts'), list('ends'), list('axes')],
  };
};

const padsToInputs: Apply = (node) => {
  const pads = attribute(node, 'pads')?.ints ?? refuse(node, 'it does not say how much to pad');
  const value = attribute(node, 'value')?.f ?? 0;
  return {
    proto: without(node, 'pads', 'value'),
    inputs: [node.inputs[0], integers(node, pads), value === 0 ? undefined : scalarLike(node, value)],
  };
};

const paddingsToPads: Apply = (node) => {
  const attributes = node.proto.attribute.map((entry) =>
    entry.name === 'paddings' ? { ...entry, name: 'pads' } : entry,
  );
  return { proto: { ...node.proto, attribute: attributes }, inputs: node.inputs };
};

const countToInput: Apply = (node) => {
  const k = intOf(node, 'k') ?? refuse(node, 'it does not say how many elements to take');
  return { proto: without(node, 'k'), inputs: [node.inputs[0], integers(node, [k])] };
};

const shapeToInput: Apply = (node) => {
  const shape = attribute(node, 'shape')?.ints ?? refuse(node, 'it does not say which shape to give');
  return { proto: without(node, 'shape'), inputs: [node.inputs[0], integers(node, shape)] };
};

export const ATTRIBUTES_TO_INPUTS: Readonly<Record<string, readonly Change[]>> = {
  ReduceSum: [{ since: 13, apply: axesToInput }],
  ReduceMean: [{ since: 18, apply: axesToInput }],
  ReduceMax: [{ since: 18, apply: axesToInput }],
  ReduceMin: [{ since: 18, apply: axesToInput }],
  ReduceProd: [{ since: 18, apply: axesToInput }],
  ReduceL1: [{ since: 18, apply: axesToInput }],
  ReduceL2: [{ since: 18, apply: axesToInput }],
  ReduceLogSum: [{ since: 18, apply: axesToInput }],
  ReduceLogSumExp: [{ since: 18, apply: axesToInput }],
  ReduceSumSquare: [{ since: 18, apply: axesToInput }],
  Squeeze: [{ since: 13, apply: axesToInput }],
  Unsqueeze: [{ since: 13, apply: axesToInput }],
  Clip: [{ since: 11, apply: limitsToInputs }],
  Reshape: [{ since: 5, apply: shapeToInput }],
  Slice: [{ since: 10, apply: boundsToInputs }],
  TopK: [{ since: 10, apply: countToInput }],
  Pad: [
    { since: 2, apply: paddingsToPads },
    { since: 11, apply: padsToInputs },
  ],
  Split: [
    { since: 13, apply: sizesToInput },
    {
      // Without sizes the parts were equal, and as many as there are outputs.
      since: 18,
      apply(node) {
        if (node.inputs[1]) return node;
        return { proto: withAttributes(node.proto, { num_outputs: node.proto.output.length }), inputs: node.inputs };
      },
    },
  ],
  Dropout: [
    {
      // What a runtime does with it was never this attribute's business: training or not is decided by who runs the graph.
      since: 7,
      apply: (node) => ({ proto: without(node, 'is_test'), inputs: node.inputs }),
    },
    {
      since: 10,
      apply(node) {
        const dtype = node.inputs[0]?.dtype;
        if (!node.proto.output[1] || dtype === undefined) return node;
        // The mask was of the data's type.
        const finish: NonNullable<ReturnType<Apply>['finish']> = ([output, mask]) => [
          output,
          mask && node.graph.op('Cast', [mask], { to: dtype }),
        ];
        return { proto: node.proto, inputs: node.inputs, finish };
      },
    },
    { since: 12, apply: ratioToInput },
  ],
};
