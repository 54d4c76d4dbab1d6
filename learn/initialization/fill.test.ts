import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { random, STREAMS } from '../random.js';
import { fansOf, fillWith, gainOf, type InitializationSettings, initialTensor, layerDefaults } from './index.js';
import { truncatedNormal } from './truncated-normal.js';

const draws = (parameter = 0) => random(2026, STREAMS.initialisation, parameter);

/** Mean, deviation and bounds of the elements. */
function figures(shape: readonly number[], settings: InitializationSettings) {
  const { data } = initialTensor(shape, settings, draws());
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  const square = data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length;
  return { mean, deviation: Math.sqrt(square), least: Math.min(...data), most: Math.max(...data), data };
}

const SHAPE = [80, 25, 5, 2];
const [FAN_IN, FAN_OUT] = [250, 800];

/** Moments of a normal distribution within +-2 deviations, from its density phi and its mass: 1 - 2 c phi(c) / mass. */
const WITHIN_TWO = Math.sqrt(1 - (4 * Math.exp(-2)) / Math.sqrt(2 * Math.PI) / 0.9544997361036416);

describe('the distribution', () => {
  test.each<[InitializationSettings, mean: number, deviation: number, bound?: number]>([
    [{ type: 'uniform', low: -3, high: 1 }, -1, 4 / Math.sqrt(12)],
    [{ type: 'uniform' }, 0.5, 1 / Math.sqrt(12)],
    [{ type: 'normal', mean: 2, standardDeviation: 0.5 }, 2, 0.5],
    [{ type: 'normal' }, 0, 1],
    [{ type: 'truncated_normal' }, 0, WITHIN_TWO, 2],
    [{ type: 'truncated_normal', standardDeviation: 0.02, low: -0.04, high: 0.04 }, 0, 0.02 * WITHIN_TWO, 0.04],
    [{ type: 'kaiming_uniform' }, 0, Math.sqrt(2 / FAN_IN), Math.sqrt(6 / FAN_IN)],
    [{ type: 'kaiming_uniform', slope: Math.sqrt(5) }, 0, Math.sqrt(1 / 3 / FAN_IN), 1 / Math.sqrt(FAN_IN)],
    [{ type: 'kaiming_uniform', nonlinearity: 'tanh' }, 0, 5 / 3 / Math.sqrt(FAN_IN)],
    [{ type: 'kaiming_normal' }, 0, Math.sqrt(2 / FAN_IN)],
    [{ type: 'kaiming_normal', mode: 'fan_out', nonlinearity: 'relu' }, 0, Math.sqrt(2 / FAN_OUT)],
    [{ type: 'xavier_uniform' }, 0, Math.sqrt(2 / 1050), Math.sqrt(6 / 1050)],
    [{ type: 'xavier_uniform', gain: 3 }, 0, 3 * Math.sqrt(2 / 1050)],
    [{ type: 'xavier_normal', gain: 0.5 }, 0, 0.5 * Math.sqrt(2 / 1050)],
    [{ type: 'orthogonal', gain: 2 }, 0, 2 / Math.sqrt(FAN_IN)],
  ])('of %o has its mean, deviation and bounds', (settings, mean, deviation, bound = Number.POSITIVE_INFINITY) => {
    const drawn = figures(SHAPE, settings);
    // Of 20,000 draws: five standard errors, of the mean and (for the normal one, the widest) of the deviation.
    expect(Math.abs(drawn.mean - mean)).toBeLessThan((5 * deviation) / Math.sqrt(20_000));
    expect(Math.abs(drawn.deviation / deviation - 1)).toBeLessThan(5 / Math.sqrt(2 * 20_000));
    const rounded = bound * (1 + 2 ** -23);
    expect(drawn.least).toBeGreaterThanOrEqual(-rounded);
    expect(drawn.most).toBeLessThanOrEqual(rounded);
    if (Number.isFinite(bound)) expect(drawn.most).toBeGreaterThan(0.98 * bound);
  });

  test.each<[InitializationSettings, number]>([
    [{ type: 'zeros' }, 0],
    [{ type: 'ones' }, 1],
    [{ type: 'constant', value: -2.5 }, -2.5],
  ])('of %o is one number', (settings, value) => {
    expect(initialTensor([2, 3], settings, draws())).toEqual({
      dtype: 'float32',
      shape: [2, 3],
      data: new Float32Array(6).fill(value),
    });
  });
});

describe('a draw', () => {
  test('is the same for the same seed and parameter, and another for others', () => {
    const settings: InitializationSettings = { type: 'kaiming_normal' };
    const { data } = initialTensor([8, 8], settings, draws(3));
    expect(initialTensor([8, 8], settings, draws(3)).data).toEqual(data);
    expect(initialTensor([8, 8], settings, draws(4)).data).not.toEqual(data);
    expect(fillWith(settings)([8, 8], draws(3))).toEqual(data);
  });

  test('keeps its known first numbers', () => {
    const first = (settings: InitializationSettings) => Array.from(initialTensor([2, 2], settings, draws()).data);
    const stream = draws();
    const uniform = Array.from({ length: 4 }, () => Math.fround((2 * stream.uniform() - 1) / Math.sqrt(2)));
    expect(first(layerDefaults([2, 2]).weight)).toEqual(uniform);
    const other = draws();
    expect(first({ type: 'normal' })).toEqual(Array.from({ length: 4 }, () => Math.fround(other.normal())));
  });
});

describe('a truncated normal draw', () => {
  /** Mean of 20,000 draws, and whether all keep their bounds. */
  const mean = (low: number, high: number) => {
    const stream = draws();
    let sum = 0;
    for (let count = 0; count < 20_000; count++) {
      const draw = truncatedNormal(low, high, stream);
      if (!(draw >= low && draw <= high)) return Number.NaN;
      sum += draw;
    }
    return sum / 20_000;
  };
  /** (phi(low) - phi(high)) / mass, by Simpson's rule. */
  const expected = (low: number, high: number) => {
    const density = (x: number) => Math.exp((low * low - x * x) / 2);
    const [steps, width] = [2000, (high - low) / 2000];
    let mass = 0;
    for (let index = 0; index <= steps; index++) {
      const weight = index === 0 || index === steps ? 1 : index % 2 === 1 ? 4 : 2;
      mass += (weight * width * density(low + index * width)) / 3;
    }
    return (density(low) - density(high)) / mass;
  };

  test.each([
    [-2, 2],
    [-1, 0.5],
    [-0.1, 4],
    [0, 1],
    [0.5, 8],
    [3, 3.5],
    [6, 12],
    [-9, -7],
    [-1, -0.2],
    [-30, 30],
  ])('in [%d, %d] keeps its bounds and has its mean', (low, high) => {
    expect(Math.abs(mean(low, high) - expected(low, high))).toBeLessThan(5 / Math.sqrt(20_000));
  });

  test('far out has its mean to three digits', () => {
    expect(mean(6, 12)).toBeCloseTo(expected(6, 12), 2);
  });
});

describe('an orthogonal weight', () => {
  test('has rows, or columns where they are fewer, of one length and at right angles', () => {
    const extent = fc.integer({ min: 1, max: 12 });
    fc.assert(
      fc.property(extent, extent, fc.nat(1000), (rows, columns, seed) => {
        const { data } = initialTensor([rows, columns], { type: 'orthogonal', gain: 2 }, random(seed, 1));
        const [count, length] = [Math.min(rows, columns), Math.max(rows, columns)];
        const at = (vector: number, place: number) =>
          rows <= columns ? data[vector * columns + place]! : data[place * columns + vector]!;
        for (let a = 0; a < count; a++)
          for (let b = 0; b <= a; b++) {
            let dot = 0;
            for (let place = 0; place < length; place++) dot += at(a, place) * at(b, place);
            expect(dot).toBeCloseTo(a === b ? 4 : 0, 5);
          }
      }),
      { numRuns: 30 },
    );
  });

  test('of a convolution is one of its flattened kernels', () => {
    const { data, shape } = initialTensor([4, 2, 3, 3], { type: 'orthogonal' }, draws());
    expect(shape).toEqual([4, 2, 3, 3]);
    const norm = data.subarray(18, 36).reduce((sum, value) => sum + value * value, 0);
    expect(norm).toBeCloseTo(1, 6);
  });
});

test('an embedding keeps its other rows when one is padding', () => {
  const plain = initialTensor([4, 3], { type: 'embedding' }, draws()).data;
  const padded = initialTensor([4, 3], { type: 'embedding', paddingIndex: 1 }, draws()).data;
  expect(Array.from(padded.subarray(3, 6))).toEqual([0, 0, 0]);
  expect(padded.subarray(0, 3)).toEqual(plain.subarray(0, 3));
  expect(padded.subarray(6)).toEqual(plain.subarray(6));
});

describe('fans and gains', () => {
  test.each([
    [[7, 3], 3, 7],
    [[16, 3, 5, 5], 75, 400],
    [[8, 1, 3], 3, 24],
    [[4, 2, 3, 3, 3], 54, 108],
  ])('a weight %o has them as in PyTorch', (shape, fanIn, fanOut) => {
    expect(fansOf(shape)).toEqual({ fanIn, fanOut });
  });

  test.each([
    ['linear', undefined, 1],
    ['sigmoid', undefined, 1],
    ['tanh', undefined, 5 / 3],
    ['relu', undefined, Math.SQRT2],
    ['leaky_relu', undefined, 1.4141428569978354],
    ['leaky_relu', 0.2, 1.3867504905630728],
    ['selu', undefined, 0.75],
  ] as const)('the gain of %s with the slope %s is %d', (nonlinearity, slope, gain) => {
    expect(gainOf(nonlinearity, slope)).toBeCloseTo(gain, 14);
  });
});

describe('what does not fit is refused', () => {
  test.each<[RegExp, readonly number[], InitializationSettings]>([
    [/no initialisation "glorot": choose one of zeros/, [2, 2], { type: 'glorot' } as never],
    [/value is a finite number/, [2], { type: 'constant', value: Number.NaN }],
    [/low is below high/, [2], { type: 'uniform', low: 1, high: 1 }],
    [/standardDeviation is above 0/, [2], { type: 'normal', standardDeviation: 0 }],
    [/mean is a finite number/, [2], { type: 'normal', mean: Number.NaN }],
    [/low is below high/, [2], { type: 'truncated_normal', low: 3, high: 2 }],
    [/two axes or more/, [2], { type: 'kaiming_normal' }],
    [/is empty/, [2, 0], { type: 'kaiming_normal' }],
    [/mode is fan_in or fan_out/, [2, 2], { type: 'kaiming_uniform', mode: 'fan_avg' as never }],
    [/no gain is known for "gelu"/, [2, 2], { type: 'kaiming_uniform', nonlinearity: 'gelu' as never }],
    [/slope is a finite number/, [2, 2], { type: 'kaiming_uniform', slope: Number.NaN }],
    [/gain is above 0/, [2, 2], { type: 'xavier_uniform', gain: 0 }],
    [/gain is above 0/, [2, 2], { type: 'orthogonal', gain: -1 }],
    [/an embedding has two axes/, [2, 2, 2], { type: 'embedding' }],
    [/paddingIndex is one of the 2 entries/, [2, 2], { type: 'embedding', paddingIndex: 2 }],
  ])('%s', (message, shape, settings) => {
    expect(() => initialTensor(shape, settings, draws())).toThrow(message);
  });
});
