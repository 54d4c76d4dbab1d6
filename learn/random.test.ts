import { describe, expect, it } from 'vitest';
import { permutation, philox, random, STREAMS } from './random.js';

describe('philox 4x32-10', () => {
  // Known answers of the Random123 distribution (kat_vectors).
  it.each([
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ] as const)('gives the published block for %j', (counter, key, block) => {
    expect(philox(counter, key)).toEqual([...block]);
  });
});

describe('random', () => {
  it('draws the same numbers for the same seed, stream and substream, and others otherwise', () => {
    const draws = (seed: number, stream: number, substream: number) => {
      const source = random(seed, stream, substream);
      return Array.from({ length: 8 }, () => source.uint32());
    };
    expect(draws(7, STREAMS.order, 3)).toEqual(draws(7, STREAMS.order, 3));
    expect(draws(7, STREAMS.order, 3)).not.toEqual(draws(7, STREAMS.order, 4));
    expect(draws(7, STREAMS.order, 3)).not.toEqual(draws(7, STREAMS.split, 3));
    expect(draws(7, STREAMS.order, 3)).not.toEqual(draws(2 ** 40 + 7, STREAMS.order, 3));
  });

  it('has the moments of its distributions', () => {
    const source = random(1, STREAMS.user);
    const count = 20_000;
    const normals = Array.from({ length: count }, () => source.normal());
    const mean = normals.reduce((sum, value) => sum + value, 0) / count;
    const variance = normals.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(variance - 1)).toBeLessThan(0.04);
    const uniforms = Array.from({ length: count }, () => source.uniform());
    expect(Math.min(...uniforms)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...uniforms)).toBeLessThan(1);
  });

  it('refuses seeds and bounds that it cannot honour', () => {
    expect(() => random(-1, 1)).toThrow(RangeError);
    expect(() => random(0.5, 1)).toThrow(RangeError);
    expect(() => random(1, 1).below(0)).toThrow(RangeError);
  });
});

it('a permutation holds every number once', () => {
  const order = permutation(1000, random(5, STREAMS.order));
  expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, index) => index));
  expect([...order]).not.toEqual([...order].sort((a, b) => a - b));
});
