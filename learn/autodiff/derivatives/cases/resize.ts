/** Cases of Resize: against the formulas of the ONNX specification in float64. */
import type { Attributes, Case } from './case.js';

type Extents = readonly number[];

interface Resizing {
  readonly what: string;
  readonly x: Extents;
  /** Of the axes behind batch and channels. */
  readonly scales?: Extents;
  readonly sizes?: Extents;
  readonly mode: 'nearest' | 'linear' | 'cubic';
  readonly coordinates: string;
  readonly rounding?: string;
  /** Names the axes, in place of factors for all of them. */
  readonly axes?: Extents;
}

/** Where the place of an output lies among the inputs, by coordinate_transformation_mode. */
const COORDINATES: Readonly<Record<string, (at: number, scale: number, input: number, output: number) => number>> = {
  half_pixel: (at, scale) => (at + 0.5) / scale - 0.5,
  half_pixel_symmetric(at, scale, input, output) {
    const adjustment = output / (scale * input);
    return (input / 2) * (1 - adjustment) + (at + 0.5) / scale - 0.5;
  },
  pytorch_half_pixel: (at, scale, _, output) => (output > 1 ? (at + 0.5) / scale - 0.5 : 0),
  asymmetric: (at, scale) => at / scale,
  align_corners: (at, _, input, output) => (output === 1 ? 0 : (at * (input - 1)) / (output - 1)),
};

const ROUNDINGS: Readonly<Record<string, (at: number) => number>> = {
  round_prefer_floor: (at) => Math.ceil(at - 0.5),
  round_prefer_ceil: (at) => Math.floor(at + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
};

/** Keys 1981, with a = -0.75. */
function cubic(distance: number): number {
  const [d, a] = [Math.abs(distance), -0.75];
  if (d <= 1) return (a + 2) * d ** 3 - (a + 3) * d ** 2 + 1;
  return d < 2 ? a * d ** 3 - 5 * a * d ** 2 + 8 * a * d - 4 * a : 0;
}

const KERNELS = { linear: (d: number) => Math.max(0, 1 - Math.abs(d)), cubic };

/** The weights [output][input] along one axis. */
function weights({ mode, coordinates, rounding }: Resizing, input: number, output: number, scale: number): number[][] {
  return Array.from({ length: output }, (_, place) => {
    const at = COORDINATES[coordinates]!(place, scale, input, output);
    const row = new Array<number>(input).fill(0);
    const give = (to: number, weight: number): void => {
      row[Math.max(0, Math.min(input - 1, to))]! += weight;
    };
    if (mode === 'nearest') give(ROUNDINGS[rounding ?? 'round_prefer_floor']!(at), 1);
    else for (let to = Math.floor(at) - 1; to <= Math.floor(at) + 2; to++) give(to, KERNELS[mode](at - to));
    return row;
  });
}

function caseOf(settings: Resizing): Case {
  const { what, x, scales, sizes, mode, coordinates, rounding, axes } = settings;
  const spatial = x.slice(2);
  const output = sizes ?? spatial.map((extent, axis) => Math.floor(extent * scales![axis]!));
  const attributes: Attributes = {
    mode,
    coordinate_transformation_mode: coordinates,
    ...(rounding && { nearest_mode: rounding }),
    ...(axes && { axes }),
  };
  return {
    operator: 'Resize',
    what: `${mode}, ${coordinates}, ${what}`,
    inputs: [{ shape: x }],
    build(graph, [value], math) {
      if (scales) {
        const factors = axes ? scales : [1, 1, ...scales];
        const constant = { dtype: 'float32', shape: [factors.length], data: Float32Array.from(factors) } as const;
        return graph.op('Resize', [value, undefined, graph.constant(constant)], attributes);
      }
      if (axes) return graph.op('Resize', [value, undefined, undefined, math.integers(output)], attributes);
      const whole = graph.op('Concat', [graph.op('Shape', [value], { end: 2 }), math.integers(output)], { axis: 0 });
      return graph.op('Resize', [value, undefined, undefined, whole], attributes);
    },
    formula([values]) {
      const steps = spatial.map((extent, axis) => {
        return weights(settings, extent, output[axis]!, scales?.[axis] ?? output[axis]! / extent);
      });
      return steps.reduce<readonly number[]>((list, rows, axis) => {
        const behind = spatial.slice(axis + 1).reduce((product, extent) => product * extent, 1);
        return along(list, rows, behind);
      }, values!);
    },
  };
}

/** Applies weights [output][input] along an axis with `behind` elements behind it. */
function along(values: readonly number[], rows: readonly (readonly number[])[], behind: number): number[] {
  const length = rows[0]!.length;
  const blocks = values.length / (length * behind);
  return Array.from({ length: blocks }, (_, block) =>
    rows.map((row) =>
      Array.from({ length: behind }, (__, place) =>
        row.reduce((sum, weight, at) => sum + weight * values[(block * length + at) * behind + place]!, 0),
      ),
    ),
  ).flat(2);
}

const image = [3, 2, 3, 4] as const;

const RESIZINGS: readonly Resizing[] = [
  { what: 'twice as large', x: image, scales: [2, 2], mode: 'nearest', coordinates: 'asymmetric', rounding: 'floor' },
  { what: 'twice and three times', x: image, scales: [2, 3], mode: 'nearest', coordinates: 'half_pixel' },
  { what: 'larger by a fraction', x: image, scales: [1.4, 2.6], mode: 'nearest', coordinates: 'half_pixel' },
  {
    what: 'smaller',
    x: [3, 1, 7, 5],
    scales: [0.45, 0.7],
    mode: 'nearest',
    coordinates: 'asymmetric',
    rounding: 'ceil',
  },
  {
    what: 'to a size',
    x: image,
    sizes: [7, 3],
    mode: 'nearest',
    coordinates: 'half_pixel',
    rounding: 'round_prefer_ceil',
  },
  { what: 'corners kept', x: image, sizes: [5, 9], mode: 'nearest', coordinates: 'align_corners' },
  { what: 'one axis', x: [3, 2, 5], scales: [2], mode: 'nearest', coordinates: 'asymmetric', rounding: 'floor' },
  { what: 'three axes', x: [3, 1, 2, 3, 2], scales: [2, 2, 3], mode: 'nearest', coordinates: 'half_pixel' },
  ...['half_pixel', 'pytorch_half_pixel', 'asymmetric', 'align_corners', 'half_pixel_symmetric'].flatMap(
    (coordinates): Resizing[] => [
      { what: 'larger', x: image, scales: [2, 2.5], mode: 'linear', coordinates },
      { what: 'smaller, to a size', x: [3, 1, 7, 5], sizes: [1, 3], mode: 'linear', coordinates },
    ],
  ),
  { what: 'one axis', x: [3, 2, 5], scales: [2], mode: 'linear', coordinates: 'half_pixel' },
  { what: 'three axes', x: [3, 1, 2, 3, 2], scales: [2, 2, 3], mode: 'linear', coordinates: 'half_pixel' },
  { what: 'named axes', x: image, scales: [2, 3], axes: [2, 3], mode: 'linear', coordinates: 'half_pixel' },
  { what: 'named axes, to a size', x: image, sizes: [5, 6], axes: [2, 3], mode: 'linear', coordinates: 'half_pixel' },
  { what: 'larger', x: image, scales: [2, 1.5], mode: 'cubic', coordinates: 'half_pixel' },
];

export const RESIZE_CASES: readonly Case[] = RESIZINGS.map(caseOf);
