/** Before operator set 7 an operator broadcast only where it was told to, and could say along which axis. */
import { type Change, integers, intOf, type OldNode, refuse, type Upgraded, without } from './change.js';

/** The second input was laid along the axes of the first from `axis` on; by numpy's rules it needs extents of 1 behind them. */
function alongAxis(node: OldNode): Upgraded {
  const proto = without(node, 'axis', 'broadcast', 'consumed_inputs');
  const [a, b] = node.inputs;
  const axis = intOf(node, 'axis');
  if (!a || !b || axis === undefined || (intOf(node, 'broadcast') ?? 0) === 0) return { proto, inputs: node.inputs };
  const from = axis < 0 ? axis + a.shape.length : axis;
  const behind = a.shape.length - from - b.shape.length;
  if (behind < 0) refuse(node, `its second input does not fit behind axis ${axis} of the first`);
  if (behind === 0) return { proto, inputs: node.inputs };
  const axes = Array.from({ length: behind }, (_, index) => b.shape.length + index);
  return { proto, inputs: [a, node.graph.op('Unsqueeze', [b, integers(node, axes)])] };
}

/** A slope for each channel, axis 1, was a list: it needs an extent of 1 for each axis behind the channels. */
function slopePerChannel(node: OldNode): Upgraded {
  const proto = without(node, 'consumed_inputs');
  const [x, slope] = node.inputs;
  const behind = (x?.shape.length ?? 0) - 2;
  if (slope?.shape.length !== 1 || slope.shape[0] === 1 || behind < 1) return { proto, inputs: node.inputs };
  const axes = Array.from({ length: behind }, (_, index) => index + 1);
  return { proto, inputs: [x, node.graph.op('Unsqueeze', [slope, integers(node, axes)])] };
}

const told: readonly Change[] = [{ since: 7, apply: alongAxis }];

export const BROADCASTING: Readonly<Record<string, readonly Change[]>> = {
  Add: told,
  Sub: told,
  Mul: told,
  Div: told,
  Pow: told,
  And: told,
  Or: told,
  Xor: told,
  Equal: told,
  Greater: told,
  Less: told,
  // The third input was broadcast to a matrix where told to, as it always is now.
  Gemm: [{ since: 7, apply: (node) => ({ proto: without(node, 'broadcast'), inputs: node.inputs }) }],
  PRelu: [{ since: 7, apply: slopePerChannel }],
};
