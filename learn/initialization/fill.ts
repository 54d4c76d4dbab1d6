/** Fills a tensor with first values. */
import { elementCount, type Tensor, tensor } from '../../runtime/tensor.js';
import type { Random } from '../random.js';
import { fansOf } from './fans.js';
import { gainOf } from './gain.js';
import { orthogonalMatrix } from './orthogonal.js';
import type { InitializationSettings, KaimingSettings } from './settings.js';
import { truncatedNormal } from './truncated-normal.js';

/** Gives the element at a place; the places are asked for in order. */
type Fill = (at: number) => number;

type Row<S> = (settings: S, shape: readonly number[], draws: Random) => Fill;

function positive(name: string, value: number): number {
  if (value > 0 && Number.isFinite(value)) return value;
  throw new RangeError(`${name} is above 0, not ${value}`);
}

function finite(name: string, value: number): number {
  if (Number.isFinite(value)) return value;
  throw new RangeError(`${name} is a finite number, not ${value}`);
}

function range(low: number, high: number): void {
  if (!(low < high && Number.isFinite(high - low))) throw new RangeError(`low is below high, not ${low} and ${high}`);
}

/** Written around the middle, so that a range that is symmetric draws symmetric numbers. */
function uniform(low: number, high: number, draws: Random): Fill {
  range(low, high);
  const [middle, half] = [(low + high) / 2, (high - low) / 2];
  return () => middle + (2 * draws.uniform() - 1) * half;
}

function normal(mean: number, standardDeviation: number, draws: Random): Fill {
  finite('mean', mean);
  positive('standardDeviation', standardDeviation);
  return () => mean + standardDeviation * draws.normal();
}

function kaimingDeviation(settings: KaimingSettings, shape: readonly number[]): number {
  const { mode = 'fan_in', nonlinearity = 'leaky_relu', slope = 0 } = settings;
  if (mode !== 'fan_in' && mode !== 'fan_out') throw new RangeError(`mode is fan_in or fan_out, not ${mode}`);
  const { fanIn, fanOut } = fansOf(shape);
  return gainOf(nonlinearity, finite('slope', slope)) / Math.sqrt(mode === 'fan_in' ? fanIn : fanOut);
}

function xavierDeviation(gain: number, shape: readonly number[]): number {
  const { fanIn, fanOut } = fansOf(shape);
  return positive('gain', gain) * Math.sqrt(2 / (fanIn + fanOut));
}

/** Half the width of a uniform distribution around 0 with that deviation. */
const halfWidth = (deviation: number) => Math.sqrt(3) * deviation;

const ROWS: {
  readonly [T in InitializationSettings['type']]: Row<Extract<InitializationSettings, { type: T }>>;
} = {
  zeros: () => () => 0,
  ones: () => () => 1,
  constant({ value }) {
    finite('value', value);
    return () => value;
  },
  uniform: ({ low = 0, high = 1 }, _, draws) => uniform(low, high, draws),
  normal: ({ mean = 0, standardDeviation = 1 }, _, draws) => normal(mean, standardDeviation, draws),
  truncated_normal({ mean = 0, standardDeviation = 1, low = -2, high = 2 }, _, draws) {
    finite('mean', mean);
    positive('standardDeviation', standardDeviation);
    range(low, high);
    const [least, most] = [(low - mean) / standardDeviation, (high - mean) / standardDeviation];
    return () => mean + standardDeviation * truncatedNormal(least, most, draws);
  },
  kaiming_uniform(settings, shape, draws) {
    const bound = halfWidth(kaimingDeviation(settings, shape));
    return uniform(-bound, bound, draws);
  },
  kaiming_normal: (settings, shape, draws) => normal(0, kaimingDeviation(settings, shape), draws),
  xavier_uniform({ gain = 1 }, shape, draws) {
    const bound = halfWidth(xavierDeviation(gain, shape));
    return uniform(-bound, bound, draws);
  },
  xavier_normal: ({ gain = 1 }, shape, draws) => normal(0, xavierDeviation(gain, shape), draws),
  orthogonal({ gain = 1 }, shape, draws) {
    const { fanIn } = fansOf(shape);
    positive('gain', gain);
    const matrix = orthogonalMatrix(shape[0]!, fanIn, draws);
    return (at) => gain * matrix[at]!;
  },
  embedding({ paddingIndex }, shape, draws) {
    const [entries = 0, width = 0] = shape;
    if (shape.length !== 2) throw new RangeError(`an embedding has two axes, not the shape [${shape.join(', ')}]`);
    if (paddingIndex !== undefined && !(Number.isInteger(paddingIndex) && paddingIndex >= 0 && paddingIndex < entries))
      throw new RangeError(`paddingIndex is one of the ${entries} entries, not ${paddingIndex}`);
    return (at) => {
      // Drawn for the padding, too: so the other rows are the same with and without it.
      const draw = draws.normal();
      return Math.floor(at / width) === paddingIndex ? 0 : draw;
    };
  },
};

/**
 * A tensor of first values: a pure function of the shape, the settings and the draws.
 *
 * @param draws of this parameter alone: `random(seed, STREAMS.initialisation, number of the parameter)`
 * @throws RangeError when a setting is out of range or does not fit the shape
 */
export function initialTensor(
  shape: readonly number[],
  settings: InitializationSettings,
  draws: Random,
): Tensor<'float32'> {
  const { type } = settings;
  if (!Object.hasOwn(ROWS, type)) {
    throw new RangeError(`there is no initialisation "${type}": choose one of ${Object.keys(ROWS).join(', ')}`);
  }
  const fill = (ROWS[type] as Row<InitializationSettings>)(settings, shape, draws);
  const data = new Float32Array(elementCount(shape));
  for (let at = 0; at < data.length; at++) data[at] = fill(at);
  return tensor('float32', shape, data);
}

/** The same as a function that fills a parameter of any shape, as the layers of a network take it. */
export function fillWith(settings: InitializationSettings): (shape: readonly number[], draws: Random) => Float32Array {
  return (shape, draws) => initialTensor(shape, settings, draws).data;
}
