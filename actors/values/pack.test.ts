import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PackError, pack, unpack } from './pack.js';

const arrays = fc.oneof(
  fc.float32Array(),
  fc.float64Array(),
  fc.int32Array(),
  fc.uint8Array(),
  fc.bigInt64Array(),
  fc.bigUint64Array(),
  fc.uint16Array(),
);
const plain = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.string(),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    arrays,
    tie('list'),
    tie('record'),
  ),
  list: fc.array(tie('value'), { maxLength: 4 }),
  record: fc.dictionary(
    fc.oneof(fc.constantFrom('$array', '$number', '$record'), fc.string()).filter((name) => name !== '__proto__'),
    tie('value'),
    { maxKeys: 4, noNullPrototype: true },
  ),
})).value;

describe('pack', () => {
  it('gives every plain value back as it was', () => {
    fc.assert(
      fc.property(plain, (value) => {
        expect(unpack(pack(value))).toEqual(value);
      }),
    );
  });

  it('puts arrays in shared memory where asked', () => {
    const value = unpack(pack({ x: Float32Array.of(1, 2) }), { shared: true }) as { x: Float32Array };
    expect(value.x.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect([...value.x]).toEqual([1, 2]);
  });

  it.each([
    ['a function', () => 1],
    ['a date', new Date()],
    ['a bigint', 1n],
    ['a map', new Map()],
  ])('refuses %s', (_, value) => {
    expect(() => pack({ value })).toThrow(TypeError);
  });

  it('answers damaged bytes with an error, whatever the damage', () => {
    const whole = pack({ name: 'x', values: Float32Array.from({ length: 50 }, (_, index) => index) });
    fc.assert(
      fc.property(fc.nat(whole.length - 1), (length) => {
        expect(() => unpack(whole.slice(0, length))).toThrow(PackError);
      }),
    );
    fc.assert(
      fc.property(fc.nat(100), fc.integer({ min: 1, max: 255 }), (place, flip) => {
        const damaged = whole.slice();
        damaged[place]! ^= flip;
        try {
          unpack(damaged);
        } catch (error) {
          expect(error).toBeInstanceOf(PackError);
        }
      }),
    );
  });
});
