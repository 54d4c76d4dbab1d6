import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shareTensor, tensor } from '../../runtime/tensor.js';
import { batchBounds, epochOrder, gatherBatch } from './batches.js';

describe('the order of an epoch', () => {
  it('is a permutation that depends on the seed and the epoch alone', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(1000), fc.nat(50), (seed, epoch, count) => {
        const order = epochOrder(seed, epoch, count);
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, row) => row));
        expect(epochOrder(seed, epoch, count)).toEqual(order);
      }),
    );
    expect(epochOrder(1, 0, 50)).not.toEqual(epochOrder(1, 1, 50));
    expect(epochOrder(1, 0, 50)).not.toEqual(epochOrder(2, 0, 50));
  });
});

describe('the borders of batches', () => {
  it.each([
    [
      'divides evenly',
      6,
      3,
      false,
      [
        [0, 3],
        [3, 6],
      ],
    ],
    [
      'has a short last batch',
      7,
      3,
      false,
      [
        [0, 3],
        [3, 6],
        [6, 7],
      ],
    ],
    [
      'drops the short last batch',
      7,
      3,
      true,
      [
        [0, 3],
        [3, 6],
      ],
    ],
    [
      'drops nothing when all are full',
      6,
      3,
      true,
      [
        [0, 3],
        [3, 6],
      ],
    ],
    ['keeps the only batch', 2, 3, true, [[0, 2]]],
    ['has none without rows', 0, 3, false, []],
  ] as const)('%s', (_, count, size, dropLast, expected) => {
    expect(batchBounds(count, size, { dropLast }).map(({ from, to }) => [from, to])).toEqual(expected);
  });

  it.each([[0], [-1], [1.5], [Number.NaN]])('refuse a batch size of %s', (size) => {
    expect(() => batchBounds(10, size)).toThrow(/batch_size/);
  });
});

describe('gathering a batch', () => {
  const features = shareTensor(tensor('float32', [4, 2], Float32Array.of(0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5)));
  const labels = shareTensor(tensor('int32', [4], Int32Array.of(10, 11, 12, 13)));
  const order = Int32Array.of(3, 1, 0, 2);

  it('copies the rows out of shared memory', () => {
    const batch = gatherBatch(features, labels, order, { from: 0, to: 2 });
    expect(batch.features.shape).toEqual([2, 2]);
    expect([...batch.features.data]).toEqual([3, 3.5, 1, 1.5]);
    expect([...batch.labels.data]).toEqual([13n, 11n]);
    expect(batch.features.data.buffer).toBeInstanceOf(ArrayBuffer);
    expect(batch.labels.data.buffer).toBeInstanceOf(ArrayBuffer);
  });

  it('writes over an earlier batch when given one, also after a shorter one', () => {
    const first = gatherBatch(features, labels, order, { from: 0, to: 2 });
    const short = gatherBatch(features, labels, order, { from: 2, to: 3 }, first);
    const again = gatherBatch(features, labels, order, { from: 2, to: 4 }, short);
    expect([...short.features.data].slice(0, 2)).toEqual([0, 0.5]);
    expect([...again.features.data]).toEqual([0, 0.5, 2, 2.5]);
    expect([...again.labels.data]).toEqual([10n, 12n]);
    expect(again.features.data.buffer).toBe(first.features.data.buffer);
    expect(gatherBatch(features, labels, order, { from: 0, to: 4 }, again).features.data.buffer).not.toBe(
      first.features.data.buffer,
    );
  });

  it('keeps the inner shape of images', () => {
    const images = tensor('float32', [2, 1, 2, 2], Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    const batch = gatherBatch(images, tensor('int32', [2], Int32Array.of(0, 1)), [1], { from: 0, to: 1 });
    expect(batch.features.shape).toEqual([1, 1, 2, 2]);
    expect([...batch.features.data]).toEqual([5, 6, 7, 8]);
  });

  it.each([
    ['a range outside the order', order, { from: 3, to: 5 }],
    ['a row that is not there', Int32Array.of(4), { from: 0, to: 1 }],
  ])('refuses %s', (_, rows, bounds) => {
    expect(() => gatherBatch(features, labels, rows, bounds)).toThrow(RangeError);
  });
});
