import { describe, expect, test, vi } from 'vitest';
import type { ModelProto } from '../onnx/index.js';
import { cnn, fusion, mobilenetV3, parameterCount, resnet, transformerEncoder } from './index.js';

// Only shapes count here, and to draw 50 million numbers takes seconds.
vi.mock('../random.js', async (original) => ({
  ...(await original<typeof import('../random.js')>()),
  random: () => ({ uniform: () => 0.5, normal: () => 0, uint32: () => 0, below: () => 0 }),
}));

const seed = 1;
const photo = { channels: 3, classes: 1000, seed };

describe('has as many weights as the network of that name', () => {
  // torchvision's documentation, and PyTorch's own count of the same layers.
  test.each<[string, () => ModelProto, number]>([
    ['resnet18', () => resnet(photo), 11_689_512],
    ['resnet34', () => resnet({ ...photo, depth: 34 }), 21_797_672],
    ['resnet50', () => resnet({ ...photo, depth: 50 }), 25_557_032],
    ['mobilenet_v3_small', () => mobilenetV3(photo), 2_542_856],
    ['mobilenet_v3_large', () => mobilenetV3({ ...photo, variant: 'large' }), 5_483_032],
  ])('%s', (_, build, count) => {
    expect(parameterCount(build())).toBe(count);
  });

  test.each<[string, () => ModelProto, number]>([
    [
      'a small stem and one channel take 9 of 147 weights a filter',
      () => resnet({ channels: 1, classes: 1000, stem: '3x3', seed }),
      11_689_512 - 64 * (3 * 49 - 9),
    ],
    [
      'three convolutions',
      () => cnn({ channels: 1, classes: 10, seed }),
      32 * 9 + 32 + 64 * 32 * 9 + 64 + 128 * 64 * 9 + 128 + 1290,
    ],
    [
      'batch normalisation has a weight in place of nothing, and its bias in place of the convolution’s',
      () => cnn({ channels: 1, classes: 10, widths: [8], batchNorm: true, seed }),
      8 * 9 + 8 + 8 + 90,
    ],
    [
      'an encoder of one layer',
      () =>
        transformerEncoder({
          input: { type: 'table', features: 5 },
          width: 8,
          heads: 2,
          layers: 1,
          feedForward: 16,
          classes: 2,
          seed,
        }),
      2 * 5 * 8 + (3 * 8 * 8 + 3 * 8) + (8 * 8 + 8) + (8 * 16 + 16) + (16 * 8 + 8) + 4 * 8 + (2 * 8 + 2),
    ],
    [
      'an image and a table',
      () =>
        fusion({
          image: { type: 'cnn', channels: 1, widths: [4] },
          table: { features: 3, hidden: [5] },
          classes: 2,
          seed,
        }),
      9 * 4 + 4 + (3 * 5 + 5) + (2 * 9 + 2),
    ],
  ])('%s', (_, build, count) => {
    expect(parameterCount(build())).toBe(count);
  });
});

test('a residual network makes images 32 times smaller, with the small stem 8 times', () => {
  const extents = (model: ModelProto) =>
    model
      .graph!.node.filter(({ opType }) => opType === 'Conv' || opType === 'MaxPool')
      .map((node) => {
        const strides = node.attribute.find(({ name }) => name === 'strides')?.ints ?? [1n];
        return node.output[0]!.includes('downsample') ? 1 : Number(strides[0]);
      })
      .reduce((product, stride) => product * stride, 1);
  expect(extents(resnet({ channels: 1, classes: 2, stem: '3x3', seed }))).toBe(8);
  expect(extents(resnet({ channels: 1, classes: 2, seed }))).toBe(32);
});
