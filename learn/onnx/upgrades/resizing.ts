/** From Upsample, and Resize of the first kind, to Resize. */
import type { Value } from '../value.js';
import {
  attribute,
  type Change,
  floats,
  type OldNode,
  refuse,
  textOf,
  type Upgraded,
  withAttributes,
  without,
} from './change.js';

function scalesOf(value: Value | undefined): readonly number[] | undefined {
  const { constant } = value ?? {};
  return constant?.dtype === 'float32' ? Array.from(constant.data as Float32Array) : undefined;
}

/**
 * Before set 11 a place of the result stood for `place / scale`, rounded down where the data grew and up where it shrank
 * (onnxruntime/core/providers/cpu/tensor/upsample.h, the mode "simple").
 */
function simple(node: OldNode, scales: Value | undefined): Upgraded {
  const mode = textOf(node, 'mode') ?? 'nearest';
  const known = scalesOf(scales);
  const shrinks = known?.some((scale) => scale < 1) ?? false;
  if (mode === 'nearest' && node.proto.opType === 'Resize') {
    if (!known) refuse(node, 'how it rounds depends on scales that only the run can tell');
    if (shrinks && known?.some((scale) => scale > 1)) refuse(node, 'it shrinks one axis and stretches another');
  }
  const proto = withAttributes(
    { ...without(node, 'scales', 'width_scale', 'height_scale'), opType: 'Resize' },
    {
      mode: mode === 'bilinear' ? 'linear' : mode,
      coordinate_transformation_mode: 'asymmetric',
      nearest_mode: shrinks ? 'ceil' : 'floor',
    },
  );
  return { proto, inputs: [node.inputs[0], undefined, scales] };
}

/** Left out, until set 13, meant: there, and empty. */
function emptyIsLeftOut(node: OldNode): Upgraded {
  const inputs = node.inputs.map((value, index) => (index > 0 && value?.shape[0] === 0 ? undefined : value));
  return { proto: node.proto, inputs };
}

export const RESIZING: Readonly<Record<string, readonly Change[]>> = {
  Upsample: [
    {
      since: 9,
      apply(node) {
        const [height, width] = [attribute(node, 'height_scale')?.f, attribute(node, 'width_scale')?.f];
        const both = height === undefined || width === undefined ? undefined : [1, 1, height, width];
        const scales = attribute(node, 'scales')?.floats ?? both ?? refuse(node, 'it has no scales');
        return {
          proto: without(node, 'scales', 'width_scale', 'height_scale'),
          inputs: [node.inputs[0], floats(node, scales)],
        };
      },
    },
    { since: 10, apply: (node) => simple(node, node.inputs[1]) },
  ],
  Resize: [
    { since: 11, apply: (node) => simple(node, node.inputs[1]) },
    { since: 13, apply: emptyIsLeftOut },
  ],
};
