/** Resize: spatial axes, or any others, made longer or shorter by interpolation. */
import type { Dim, Shape } from '../shape.js';
import { knownNumbers, type Value } from '../value.js';
import { axesOf, type OperatorCall, type OperatorTable } from './operator.js';

/** The axes that scales and sizes speak of. */
export function resizedAxes(call: Pick<OperatorCall, 'attributes' | 'fail'>, rank: number): readonly number[] {
  const given = call.attributes.numbers('axes');
  return given ? axesOf(call as OperatorCall, given, rank) : Array.from({ length: rank }, (_, axis) => axis);
}

/** An empty list counts as left out: files of operator set 11 must have it there. */
export function present(value: Value | undefined): Value | undefined {
  return value?.shape[0] === 0 ? undefined : value;
}

/** The factors, where they are constants; they are float32. */
export function knownScales(value: Value): readonly number[] | undefined {
  const { constant } = value;
  return constant && constant.dtype === 'float32' ? Array.from(constant.data as Float32Array) : undefined;
}

/** With a policy that keeps the proportions one factor counts for all axes. */
function keptProportions(call: OperatorCall, extents: readonly Dim[], wanted: Value): Shape | undefined {
  const policy = call.attributes.text('keep_aspect_ratio_policy');
  if (policy === 'stretch') return wanted.content;
  const sizes = knownNumbers(wanted);
  if (!sizes || !extents.every((extent) => typeof extent === 'number')) return undefined;
  const factors = sizes.map((size, index) => size / (extents[index] as number));
  const factor = policy === 'not_larger' ? Math.min(...factors) : Math.max(...factors);
  return extents.map((extent) => Math.floor((extent as number) * factor + 0.5));
}

function scaled(call: OperatorCall, extent: Dim, scale: number | undefined): Dim {
  if (scale === 1) return extent;
  if (typeof extent !== 'number' || scale === undefined) return call.symbol();
  return Math.floor(Math.fround(extent * scale));
}

const text = (value: string) => ({ kind: 'string', default: value }) as const;

export const RESIZE: OperatorTable = {
  Resize: {
    inputs: [1, 4],
    attributes: {
      antialias: { kind: 'int', default: 0 },
      axes: { kind: 'ints' },
      coordinate_transformation_mode: text('half_pixel'),
      cubic_coeff_a: { kind: 'float', default: -0.75 },
      exclude_outside: { kind: 'int', default: 0 },
      extrapolation_value: { kind: 'float', default: 0 },
      keep_aspect_ratio_policy: text('stretch'),
      mode: text('nearest'),
      nearest_mode: text('round_prefer_floor'),
    },
    infer(call) {
      const { dtype, shape } = call.input(0);
      const axes = resizedAxes(call, shape.length);
      const [scales, sizes] = [present(call.inputs[2]), present(call.inputs[3])];
      if ((scales === undefined) === (sizes === undefined)) call.fail('it takes either scales or sizes');
      const count = (scales ?? sizes)!.shape[0];
      if (typeof count === 'number' && count !== axes.length) {
        call.fail(`${count} ${scales ? 'scales' : 'sizes'} are given for ${axes.length} axes`);
      }
      const extents = axes.map((axis) => shape[axis]!);
      const result = [...shape];
      const factors = scales && knownScales(scales);
      const kept = sizes && keptProportions(call, extents, sizes);
      for (const [index, axis] of axes.entries()) {
        result[axis] = scales ? scaled(call, extents[index]!, factors?.[index]) : (kept?.[index] ?? call.symbol());
      }
      return [{ dtype, shape: result }];
    },
  },
};
