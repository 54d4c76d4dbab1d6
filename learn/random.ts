/**
 * Counter-based random numbers: Philox 4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3",
 * SC 2011, section 3.3). A draw is a pure function of (seed, stream, position), so step 1,234 draws the same numbers
 * whoever computes it, in whatever order, after whatever crash.
 */

/** What a stream of draws is for. Every purpose has its own number, so that no two of them share draws. */
export const STREAMS = {
  initialisation: 1,
  order: 2,
  split: 3,
  dropout: 4,
  bootstrap: 5,
  augmentation: 6,
  user: 7,
} as const;

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;

/** High and low 32 bits of the 64-bit product of two unsigned 32-bit numbers. */
function highOfProduct(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const middleLow = (middle & 0xffff) + aLow * bHigh;
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(middleLow / 0x10000)) >>> 0;
}

/** One block of four unsigned 32-bit numbers for a 128-bit counter under a 64-bit key. */
export function philox(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
): [number, number, number, number] {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const high0 = highOfProduct(MULTIPLIER_0, c0);
    const low0 = Math.imul(MULTIPLIER_0, c0) >>> 0;
    const high1 = highOfProduct(MULTIPLIER_1, c2);
    const low1 = Math.imul(MULTIPLIER_1, c2) >>> 0;
    [c0, c1, c2, c3] = [(high1 ^ c1 ^ k0) >>> 0, low1, (high0 ^ c3 ^ k1) >>> 0, low0];
    k0 = (k0 + WEYL_0) >>> 0;
    k1 = (k1 + WEYL_1) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/** A sequence of draws that starts at position 0 of (seed, stream, substream). Two with the same three numbers are equal. */
export interface Random {
  /** The next unsigned 32-bit number. */
  uint32(): number;
  /** The next number in [0, 1), 53 bits. */
  uniform(): number;
  /** The next draw of the standard normal distribution (Box-Muller). */
  normal(): number;
  /** The next whole number in [0, bound), without bias. @throws RangeError unless 1 <= bound <= 2^32. */
  below(bound: number): number;
}

/**
 * @param seed whole number in [0, 2^53)
 * @param stream one of {@link STREAMS}
 * @param substream distinguishes draws of one purpose: the epoch, the parameter's index, the step
 */
export function random(seed: number, stream: number, substream = 0): Random {
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new RangeError(`a seed is a whole number from 0 to 2^53 - 1, not ${seed}`);
  const key: [number, number] = [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0];
  const high = Math.floor(substream / 2 ** 32) >>> 0;
  let block: readonly number[] = [];
  let used = 4;
  let position = 0;
  const uint32 = (): number => {
    if (used === 4) {
      // The counter's words: position in the stream, the upper half of the substream folded with the purpose, the substream.
      block = philox([position >>> 0, high, substream >>> 0, stream >>> 0], key);
      position += 1;
      used = 0;
    }
    return block[used++]!;
  };
  const uniform = (): number => ((uint32() >>> 5) * 0x4000000 + (uint32() >>> 6)) / 2 ** 53;
  const normal = (): number => {
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    return radius * Math.cos(2 * Math.PI * uniform());
  };
  const below = (bound: number): number => {
    if (!Number.isInteger(bound) || bound < 1 || bound > 2 ** 32)
      throw new RangeError(`a bound is a whole number from 1 to 2^32, not ${bound}`);
    const limit = 2 ** 32 - (2 ** 32 % bound);
    let draw = uint32();
    while (draw >= limit) draw = uint32();
    return draw % bound;
  };
  return { uint32, uniform, normal, below };
}

/** The numbers 0..count-1 in random order (Fisher-Yates on the given draws). */
export function permutation(count: number, draws: Random): Int32Array {
  const order = Int32Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const other = draws.below(last + 1);
    const kept = order[last]!;
    order[last] = order[other]!;
    order[other] = kept;
  }
  return order;
}
