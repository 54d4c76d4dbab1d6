import { describe, expect, test } from 'vitest';
import { float32, int64, numbers, runModel } from '../onnx/fixtures/run-model.js';
import { fromTensorProto, type ModelProto, writeModel } from '../onnx/index.js';
import { random, STREAMS } from '../random.js';
import { cnn, fusion, mobilenetV3, resnet, transformerEncoder, withParameters } from './index.js';

const seed = 3;

function noise(shape: readonly number[], stream = 0) {
  const draws = random(1, STREAMS.user, stream);
  return float32(
    shape,
    Array.from({ length: shape.reduce((product, extent) => product * extent, 1) }, () => draws.normal()),
  );
}

function stored(model: ModelProto, name: string) {
  return fromTensorProto(model.graph!.initializer.find((tensor) => tensor.name === name)!);
}

function namesOf(model: ModelProto) {
  return model.graph!.initializer.map(({ name }) => name);
}

function moments(values: readonly number[]) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length };
}

const table = { type: 'table', features: 6 } as const;
const encoder = { width: 8, heads: 2, layers: 1, classes: 3, seed };

/** Every network, at a size for a test, with its inputs for a batch of that size. */
const NETWORKS: readonly [string, () => ModelProto, (rows: number) => Parameters<typeof runModel>[1]][] = [
  ['cnn', () => cnn({ channels: 2, classes: 3, widths: [4, 8], seed }), (n) => ({ x: noise([n, 2, 9, 7]) })],
  [
    'cnn with batch normalisation',
    () => cnn({ channels: 1, size: [8, 8], classes: 3, widths: [4], batchNorm: true, dropout: 0.5, seed }),
    (n) => ({ x: noise([n, 1, 8, 8]) }),
  ],
  ['mobilenetV3', () => mobilenetV3({ channels: 1, classes: 3, seed }), (n) => ({ x: noise([n, 1, 32, 32]) })],
  [
    'transformerEncoder of sequences',
    () => transformerEncoder({ ...encoder, input: { type: 'sequence', length: 5, features: 4 }, dropout: 0.1 }),
    (n) => ({ x: noise([n, 5, 4]) }),
  ],
  [
    'transformerEncoder of tokens',
    () => transformerEncoder({ ...encoder, input: { type: 'tokens', length: 4, vocabulary: 9 }, normFirst: true }),
    (n) => ({
      x: int64(
        [n, 4],
        Array.from({ length: 4 * n }, (_, index) => index % 9),
      ),
    }),
  ],
  [
    'transformerEncoder of a table',
    () => transformerEncoder({ ...encoder, input: table, activation: 'gelu' }),
    (n) => ({ x: noise([n, 6]) }),
  ],
  [
    'fusion',
    () =>
      fusion({
        image: { type: 'cnn', channels: 1, widths: [4, 4] },
        table: { features: 5, hidden: [6] },
        classes: 3,
        seed,
      }),
    (n) => ({ image: noise([n, 1, 8, 8]), table: noise([n, 5], 1) }),
  ],
];

describe.each(NETWORKS)('%s', (_, build, feeds) => {
  test('gives logits [N, C] for batches of any size, and each row by itself', async () => {
    const model = build();
    const { logits } = await runModel(model, feeds(3));
    expect(logits!.shape).toEqual([3, 3]);
    const alone = await runModel(model, feeds(1));
    for (const [index, value] of numbers(alone['logits']).entries())
      expect(numbers(logits)[index]).toBeCloseTo(value, 5);
    expect(numbers(logits).every(Number.isFinite)).toBe(true);
  });

  test('is the same for the same seed', () => {
    expect(Buffer.from(writeModel(build())).equals(writeModel(build()))).toBe(true);
  });
});

describe('a residual network', () => {
  const small = resnet({ channels: 1, classes: 2, stem: '3x3', seed });

  test('has the names that torchvision gives its weights', () => {
    const names = namesOf(small);
    for (const name of [
      'conv1.weight',
      'bn1.running_var',
      'layer1.0.conv1.weight',
      'layer2.0.downsample.0.weight',
      'layer2.0.downsample.1.running_mean',
      'layer4.1.bn2.bias',
      'fc.bias',
    ])
      expect(names).toContain(name);
    expect(names).not.toContain('layer1.0.downsample.0.weight');
    expect(names).not.toContain('conv1.bias');
    // 20 convolutions, 20 normalisations of 4 tensors, one linear layer.
    expect(names.length).toBe(20 + 80 + 2);
  });

  test('draws convolutions with the variance 2 / fan_out', () => {
    const { mean, variance } = moments(numbers(stored(small, 'layer2.0.conv1.weight')));
    const expected = 2 / (128 * 9);
    expect(Math.abs(mean)).toBeLessThan(4 * Math.sqrt(expected / (128 * 64 * 9)));
    expect(variance / expected).toBeGreaterThan(0.97);
    expect(variance / expected).toBeLessThan(1.03);
  });

  test('adds its input to what a block makes of it', async () => {
    // A block whose last normalisation has the scale 0 adds nothing: all blocks then are their shortcuts.
    const zeros = [1, 2, 3, 4].flatMap((stage) =>
      [0, 1].map((block) => {
        const width = 64 * 2 ** (stage - 1);
        return [`layer${stage}.${block}.bn2.weight`, float32([width], new Float32Array(width))] as const;
      }),
    );
    const identity = withParameters(small, Object.fromEntries(zeros));
    const without = withParameters(identity, {
      'layer1.1.conv2.weight': float32([64, 64, 3, 3], new Float32Array(64 * 64 * 9)),
    });
    const x = noise([1, 1, 8, 8]);
    const [all, some] = [await runModel(identity, { x }), await runModel(without, { x })];
    expect(numbers(all['logits'])).toEqual(numbers(some['logits']));
    const bias = numbers(stored(small, 'fc.bias'));
    expect(numbers(all['logits']).some((value, index) => Math.abs(value - bias[index]!) > 1e-3)).toBe(true);
  });
});

test('MobileNetV3 has the names that torchvision gives its weights', () => {
  const names = namesOf(mobilenetV3({ channels: 3, classes: 2, seed }));
  for (const name of [
    'features.0.0.weight',
    'features.1.block.1.fc1.bias',
    'features.1.block.2.0.weight',
    'features.4.block.2.fc2.weight',
    'features.12.1.running_var',
    'classifier.0.weight',
    'classifier.3.bias',
  ])
    expect(names).toContain(name);
});

test('an encoder has the names of nn.TransformerEncoder, and knows the order of a sequence', async () => {
  const model = transformerEncoder({ ...encoder, input: { type: 'sequence', length: 3, features: 2 } });
  for (const name of ['in_proj_weight', 'in_proj_bias', 'out_proj.weight', 'out_proj.bias'])
    expect(namesOf(model)).toContain(`layers.0.self_attn.${name}`);
  const forwards = await runModel(model, { x: float32([1, 3, 2], [1, 2, 3, 4, 5, 6]) });
  const backwards = await runModel(model, { x: float32([1, 3, 2], [5, 6, 3, 4, 1, 2]) });
  expect(numbers(forwards['logits'])).not.toEqual(numbers(backwards['logits']));
});

test('the attention of a token is spread over its own sequence only', async () => {
  const model = transformerEncoder({ ...encoder, input: { type: 'sequence', length: 2, features: 2 } });
  const { logits } = await runModel(model, { x: float32([2, 2, 2], [1, 2, 3, 4, 9, 9, 9, 9]) });
  const other = await runModel(model, { x: float32([2, 2, 2], [1, 2, 3, 4, -5, 0, 5, 0]) });
  expect(numbers(other['logits']).slice(0, 3)).toEqual(numbers(logits).slice(0, 3));
});

test('a fusion depends on the image and on the table', async () => {
  const [, build, feeds] = NETWORKS.find(([name]) => name === 'fusion')!;
  const model = build();
  const given = feeds(1);
  const { logits } = await runModel(model, given);
  for (const input of ['image', 'table']) {
    const other = await runModel(model, { ...given, [input]: noise(given[input]!.shape, 7) });
    expect(numbers(other['logits'])).not.toEqual(numbers(logits));
  }
});

describe('refuses', () => {
  const image = { channels: 1, classes: 2, seed };
  test.each<[string, () => ModelProto, RegExp]>([
    ['an image without channels', () => cnn({ ...image, channels: 0 }), /channels, height and width .* not 0/],
    ['half a pixel', () => cnn({ ...image, size: [28, 0.5] }), /not 0.5/],
    ['no class', () => resnet({ ...image, classes: 0 }), /classes are whole numbers >= 1, not 0/],
    ['no convolution', () => cnn({ ...image, widths: [] }), /at least one convolution/],
    ['another depth', () => resnet({ ...image, depth: 20 as 18 }), /depth 20: choose one of 18, 34, 50/],
    ['another stem', () => resnet({ ...image, stem: '5x5' as '3x3' }), /no stem "5x5": choose one of 7x7, 3x3/],
    ['another variant', () => mobilenetV3({ ...image, variant: 'tiny' as 'small' }), /no variant "tiny"/],
    ['all features dropped', () => cnn({ ...image, dropout: 1 }), /dropout is from 0/],
    [
      'heads that do not divide the width',
      () => transformerEncoder({ ...encoder, heads: 3, input: table }),
      /8 is none of 3/,
    ],
    [
      'an empty sequence',
      () => transformerEncoder({ ...encoder, input: { type: 'sequence', length: 0, features: 1 } }),
      /not 0/,
    ],
    [
      'another source of tokens',
      () => transformerEncoder({ ...encoder, input: { type: 'text' } as never }),
      /no input of type "text"/,
    ],
    [
      'another image network',
      () => fusion({ ...image, image: { type: 'vgg', channels: 1 } as never, table: { features: 1, hidden: [] } }),
      /no image network "vgg"/,
    ],
    [
      'a table without columns',
      () => fusion({ ...image, image: { type: 'cnn', channels: 1 }, table: { features: 0, hidden: [] } }),
      /features and widths/,
    ],
  ])('%s', (_, build, message) => {
    expect(build).toThrow(message);
  });
});
