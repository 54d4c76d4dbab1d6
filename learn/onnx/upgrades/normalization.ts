/** Changes of operators that normalise. */
import { Arithmetic } from '../arithmetic.js';
import type { Value } from '../value.js';
import {
  type Change,
  integers,
  intOf,
  type OldNode,
  refuse,
  type Upgraded,
  withAttributes,
  without,
} from './change.js';

/**
 * Before set 13 everything from `axis` on was one axis: softmax over [A, B * C] for axis 1 of [A, B, C].
 * The two agree where `axis` is the last.
 */
function severalAxes(node: OldNode): Upgraded {
  const [x] = node.inputs;
  const rank = x?.shape.length ?? 0;
  const given = intOf(node, 'axis') ?? 1;
  const axis = given < 0 ? given + rank : given;
  const proto = withAttributes(node.proto, { axis: -1 });
  if (!x || axis === rank - 1) return { proto, inputs: node.inputs };
  const flat = node.graph.op('Flatten', [x], { axis });
  return {
    proto: { ...proto, output: [node.graph.names.free('flat')] },
    inputs: [flat],
    finish: ([y]) => [y && new Arithmetic(node.graph).reshapeLike(y, x)],
  };
}

/** Sets 7 to 13 normalised by the statistics of the batch where the node had outputs for them. */
function byOutputs(node: OldNode): Upgraded {
  const statistics = node.proto.output.slice(1).filter((name) => name !== '');
  if (statistics.length === 0) return { proto: node.proto, inputs: node.inputs };
  // The saved ones (4 and 5) were for the gradient operator of the runtime, and have no equal.
  const output = node.proto.output.slice(0, 3);
  return { proto: withAttributes({ ...node.proto, output }, { training_mode: 1 }), inputs: node.inputs };
}

/** Before set 9 `spatial = 0` meant statistics for each place, not only for each channel. */
function spatialOnly(node: OldNode): Upgraded {
  if ((intOf(node, 'spatial') ?? 1) === 0) refuse(node, 'it has statistics for each place (spatial = 0)');
  return { proto: without(node, 'spatial', 'is_test', 'consumed_inputs'), inputs: node.inputs };
}

/** Sets 18 to 20 had scale and bias for each group; now they are for each channel. */
function perGroup(node: OldNode): Upgraded {
  const [x, scale, bias] = node.inputs;
  const channels = x?.shape[1];
  const groups = intOf(node, 'num_groups') ?? 0;
  if (typeof channels !== 'number' || groups < 1) return refuse(node, 'the number of its channels is not known');
  const { graph } = node;
  const repeat = (value: Value | undefined): Value | undefined => {
    if (!value || groups === channels) return value;
    const column = graph.op('Unsqueeze', [value, integers(node, [1])]);
    const table = graph.op('Expand', [column, integers(node, [groups, channels / groups])]);
    return graph.op('Reshape', [table, integers(node, [channels])]);
  };
  return { proto: node.proto, inputs: [x, repeat(scale), repeat(bias)] };
}

const overAxes: readonly Change[] = [{ since: 13, apply: severalAxes }];

export const NORMALIZATION_CHANGES: Readonly<Record<string, readonly Change[]>> = {
  Softmax: overAxes,
  LogSoftmax: overAxes,
  Hardmax: overAxes,
  BatchNormalization: [
    { since: 9, apply: spatialOnly },
    { since: 14, apply: byOutputs },
  ],
  GroupNormalization: [{ since: 21, apply: perGroup }],
};
