import { describe, expect, test } from 'vitest';
import { cnn, mlp } from '../models/index.js';
import { float32, numbers } from '../onnx/fixtures/run-model.js';
import { Arithmetic, GraphBuilder, OnnxError } from '../onnx/index.js';
import { batchOf, firstDifference, train } from './fixtures/steps.js';
import { SQUARE_ROOT_OF_DEPTH, type TrainingGraphOptions, trainingGraph } from './index.js';

const options = (more: Partial<TrainingGraphOptions> = {}): TrainingGraphOptions => ({
  model: mlp({ features: 16, hidden: new Array(11).fill(96), classes: 3, activation: 'tanh', dropout: 0.1, seed: 4 }),
  loss: { type: 'cross_entropy' },
  optimizer: { type: 'adam' },
  ...more,
});
const batches = Array.from({ length: 3 }, (_, index) => batchOf([24, 16], 3, index));

async function states(more: Partial<TrainingGraphOptions>) {
  const graph = trainingGraph(options(more));
  const masks = (seed: number) =>
    Object.fromEntries(
      graph.random.map(({ input, shape }, index) => {
        const { x } = batchOf([24, Number(shape[1])], 2, 100 * seed + index);
        return [input, x];
      }),
    );
  const run = await train(
    graph,
    batches.map((batch, index) => ({ ...batch, rate: 0.01, more: masks(index) })),
  );
  return { graph, ...run };
}

describe('gradient checkpointing', () => {
  test.each<[string, TrainingGraphOptions['checkpointing']]>([
    ['by the square root of the depth', SQUARE_ROOT_OF_DEPTH],
    ['by a number of segments', { segments: 5 }],
    ['in one segment', { segments: 1 }],
    ['with more segments than layers', { segments: 40 }],
    ['behind named values', { boundaries: ['layer3/Tanh', 'layer7/Tanh'] }],
  ])('trains to the same bits %s', async (_, checkpointing) => {
    const plain = await states({});
    const cut = await states({ checkpointing: checkpointing! });
    expect(cut.losses).toEqual(plain.losses);
    expect(firstDifference(cut.state, plain.state)).toBeUndefined();
  });

  test('computes again what lies between the cuts, once, and not the last segment', () => {
    const { graph } = trainingGraph(options({ checkpointing: { segments: 4 } })).model;
    const again = graph!.node.filter(({ name }) => name!.startsWith('again/') && !name!.includes('Reshape'));
    const layers = again.filter(({ opType }) => opType === 'Gemm');
    expect(layers.length).toBeGreaterThan(4);
    expect(layers.length).toBeLessThan(10);
    expect(new Set(again.map(({ name }) => name)).size).toBe(again.length);
  });

  test('keeps every bit through convolutions and batch normalisation, its running statistics too', async () => {
    const model = cnn({ channels: 1, size: [16, 16], classes: 3, widths: [8, 8, 8], batchNorm: true, seed: 2 });
    const images = Array.from({ length: 2 }, (_, index) => batchOf([6, 1, 16, 16], 3, index));
    const plain = await train(trainingGraph(options({ model })), images);
    const cut = trainingGraph(options({ model, checkpointing: SQUARE_ROOT_OF_DEPTH }));
    expect(cut.model.graph!.node.some(({ name }) => name!.startsWith('again/'))).toBe(true);
    expect(firstDifference((await train(cut, images)).state, plain.state)).toBeUndefined();
  });

  test('keeps every bit where ONNX Runtime could write several nodes as one that rounds otherwise', async () => {
    const graph = new GraphBuilder('fusible');
    const math = new Arithmetic(graph);
    let value = graph.input('x', 'float32', ['N', 16]);
    for (const layer of [1, 2, 3, 4, 5, 6]) {
      const from = Number(value.shape[1]);
      const weights = batchOf([from, 96], 3, layer).x;
      const weight = graph.initializer(
        `w${layer}`,
        float32(
          [from, 96],
          numbers(weights).map((w) => w / Math.sqrt(from)),
        ),
      );
      const bias = graph.initializer(`b${layer}`, float32([96], new Array(96).fill(0.1)));
      // A bias behind a product, GELU by its formula, and x times (1 / y).
      const sum = math.add(math.matmul(value, weight), bias);
      const gelu = math.mul(math.mul(sum, math.add(math.erf(math.div(sum, Math.SQRT2)), 1)), 0.5);
      value = math.mul(gelu, math.div(1, math.add(math.square(sum), 1)));
    }
    graph.output(math.matmul(value, graph.initializer('head', batchOf([96, 3], 3, 9).x)), 'logits');
    const model = graph.toModel();
    const plain = await train(trainingGraph(options({ model })), batches);
    const cut = await train(trainingGraph(options({ model, checkpointing: { segments: 3 } })), batches);
    expect(cut.losses).toEqual(plain.losses);
    expect(firstDifference(cut.state, plain.state)).toBeUndefined();
  });

  test('keeps no activation for the sake of its shape', () => {
    const model = cnn({ channels: 1, size: [16, 16], classes: 3, widths: [8, 8], batchNorm: true, seed: 2 });
    for (const more of [{}, { checkpointing: SQUARE_ROOT_OF_DEPTH }] as const) {
      const { graph } = trainingGraph(options({ model, ...more })).model;
      const inputs = new Set(graph!.input.map(({ name }) => name));
      const measured = graph!.node.filter(({ opType, name }) => {
        return (opType === 'Shape' || opType === 'Size') && !name!.startsWith('wait/');
      });
      const activations = measured.filter(({ input: [of] }) => !inputs.has(of) && !of!.startsWith('grad/'));
      expect(activations.map(({ name }) => name)).toEqual([]);
    }
  });

  test('refuses a boundary that the network does not compute, and no segments at all', () => {
    const build = (checkpointing: TrainingGraphOptions['checkpointing']) => () =>
      trainingGraph(options({ checkpointing: checkpointing! }));
    expect(build({ boundaries: ['layer3/Relu'] })).toThrow(OnnxError);
    expect(build({ boundaries: ['layer3/Relu'] })).toThrow(/no value "layer3\/Relu"/);
    expect(build({ segments: 0 })).toThrow(/whole number >= 1/);
  });
});
