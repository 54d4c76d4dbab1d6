/** Brings nodes of older operator sets to the form that the builder knows: one row for each change of an operator. */
import type { Tensor } from '../../runtime/tensor.js';
import { OnnxError } from './error.js';
import type { AttributeProto, NodeProto } from './messages.js';
import type { Value } from './value.js';

/** A node on its way: the rows take attributes away and add inputs. */
export interface OldNode {
  readonly proto: NodeProto;
  readonly inputs: readonly (Value | undefined)[];
  readonly where: string;
  constant(tensor: Tensor): Value;
}

interface Upgraded {
  readonly proto: NodeProto;
  readonly inputs: readonly (Value | undefined)[];
}

interface Change {
  /** The first operator set that has the new form. */
  readonly since: number;
  apply(node: OldNode): Upgraded;
}

/** Operator sets before this one have other rules for broadcasting and more; every exporter in use writes a later one. */
export const OLDEST_OPSET = 9;

function attribute(node: OldNode, name: string): AttributeProto | undefined {
  return node.proto.attribute.find((entry) => entry.name === name);
}

function without(node: OldNode, ...names: string[]): NodeProto {
  return { ...node.proto, attribute: node.proto.attribute.filter(({ name }) => !names.includes(name ?? '')) };
}

const axesToInput: Change['apply'] = (node) => {
  const axes = attribute(node, 'axes')?.ints;
  if (!axes) return node;
  const list = node.constant({ dtype: 'int64', shape: [axes.length], data: BigInt64Array.from(axes) });
  return { proto: without(node, 'axes'), inputs: [node.inputs[0], list] };
};

/** Before set 13 everything from `axis` on was one axis. The two agree where `axis` is the last. */
const lastAxisOnly: Change['apply'] = (node) => {
  const rank = node.inputs[0]?.shape.length ?? 0;
  const axis = Number(attribute(node, 'axis')?.i ?? 1n);
  if (axis !== -1 && axis !== rank - 1) {
    throw new OnnxError(
      `${node.where}: before operator set 13 it normalised several axes at once; export the model with set 13 or later`,
    );
  }
  const proto = without(node, 'axis');
  return {
    proto: { ...proto, attribute: [...proto.attribute, { name: 'axis', type: 2, i: -1n }] },
    inputs: node.inputs,
  };
};

const limitsToInputs: Change['apply'] = (node) => {
  const limit = (name: string): Value | undefined => {
    const value = attribute(node, name)?.f;
    return value === undefined ? undefined : node.constant(floatLike(node, value));
  };
  return { proto: without(node, 'min', 'max'), inputs: [node.inputs[0], limit('min'), limit('max')] };
};

function floatLike(node: OldNode, value: number): Tensor {
  const dtype = node.inputs[0]?.dtype;
  if (dtype === 'float64') return { dtype, shape: [], data: Float64Array.of(value) };
  if (dtype === 'float32') return { dtype, shape: [], data: Float32Array.of(value) };
  throw new OnnxError(
    `${node.where}: limits of type ${dtype} cannot be converted; export the model with operator set 11 or later`,
  );
}

const ratioToInput: Change['apply'] = (node) => {
  const ratio = attribute(node, 'ratio')?.f ?? 0.5;
  const value = node.constant({ dtype: 'float32', shape: [], data: Float32Array.of(ratio) });
  return { proto: without(node, 'ratio'), inputs: [node.inputs[0], value] };
};

const CHANGES: Readonly<Record<string, Change>> = {
  ReduceSum: { since: 13, apply: axesToInput },
  ReduceMean: { since: 18, apply: axesToInput },
  ReduceMax: { since: 18, apply: axesToInput },
  ReduceMin: { since: 18, apply: axesToInput },
  Squeeze: { since: 13, apply: axesToInput },
  Unsqueeze: { since: 13, apply: axesToInput },
  Softmax: { since: 13, apply: lastAxisOnly },
  LogSoftmax: { since: 13, apply: lastAxisOnly },
  Clip: { since: 11, apply: limitsToInputs },
  Dropout: { since: 12, apply: ratioToInput },
  Split: {
    since: 13,
    apply(node) {
      const sizes = attribute(node, 'split')?.ints;
      if (!sizes) return node;
      const list = node.constant({ dtype: 'int64', shape: [sizes.length], data: BigInt64Array.from(sizes) });
      return { proto: without(node, 'split'), inputs: [node.inputs[0], list] };
    },
  },
  Slice: {
    since: 10,
    apply(node) {
      const list = (name: string): Value | undefined => {
        const ints = attribute(node, name)?.ints;
        return ints && node.constant({ dtype: 'int64', shape: [ints.length], data: BigInt64Array.from(ints) });
      };
      return {
        proto: without(node, 'starts', 'ends', 'axes'),
        inputs: [node.inputs[0], list('starts'), list('ends'), list('axes')],
      };
    },
  },
};

/** The node in its present form. @throws OnnxError where an old form has no equal */
export function upgradeNode(node: OldNode, opset: number): Upgraded {
  const type = node.proto.opType ?? '';
  const change = Object.hasOwn(CHANGES, type) ? CHANGES[type] : undefined;
  return change && opset < change.since ? change.apply(node) : node;
}
