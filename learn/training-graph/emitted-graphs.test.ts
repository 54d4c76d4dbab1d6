/**
 * The guard of a refactoring: what is emitted must stay the same to the byte, unless it was meant to change. A row of
 * `fixtures/emitted-graphs.txt` is one network with one set of options: nodes, bytes, and the hash of the file.
 *
 * After a change that was meant, look at what it did to nodes and bytes, and write the file anew:
 *
 *     npx vitest run --config vitest.quick.config.ts learn/training-graph/emitted-graphs.test.ts -u
 */
import { expect, test } from 'vitest';
import { LOSS_NAMES, type LossSettings } from '../losses/index.js';
import { cnn, fusion, layers, mlp, mobilenetV3, Network, transformerEncoder } from '../models/index.js';
import { GraphBuilder, type ModelProto } from '../onnx/index.js';
import { OPTIMIZERS, type OptimizerSettings, WITHOUT_DECAY } from '../optimizers/index.js';
import { inLoop, type TrainingGraphOptions, trainingGraph } from './index.js';

const seed = 1;
const perceptron = () => mlp({ features: 8, hidden: [80, 80, 80], classes: 3, dropout: 0.1, seed });
const encoder = { width: 8, heads: 2, layers: 2, classes: 3, dropout: 0.1, seed };

const NETWORKS: Readonly<Record<string, () => ModelProto>> = {
  mlp: perceptron,
  cnn: () =>
    cnn({ channels: 2, size: [16, 16], classes: 3, widths: [16, 16, 16], batchNorm: true, dropout: 0.2, seed }),
  'cnn of any size': () => cnn({ channels: 1, classes: 3, widths: [4, 4], seed }),
  transformer: () => transformerEncoder({ ...encoder, input: { type: 'sequence', length: 5, features: 4 } }),
};

/** A ResNet of two small blocks: to draw the weights of a real one takes seconds. */
function residual(): ModelProto {
  const network = new Network('residual', seed);
  let value = network.input('x', ['N', 4, 8, 8]);
  value = layers.residualBlock(network, 'first', value, 'basic', { width: 4, stride: 1 });
  value = layers.residualBlock(network, 'second', value, 'bottleneck', { width: 4, stride: 2 });
  return network.finish(layers.linear(network, 'fc', layers.globalAveragePool(network, value), { outputs: 3 }));
}

const OTHER_NETWORKS: typeof NETWORKS = {
  'residual blocks': residual,
  mobilenetV3: () => mobilenetV3({ channels: 1, size: [32, 32], classes: 3, seed }),
  'transformer of tokens': () =>
    transformerEncoder({ ...encoder, input: { type: 'tokens', length: 4, vocabulary: 9 }, normFirst: true }),
  fusion: () =>
    fusion({
      image: { type: 'cnn', channels: 1, widths: [4, 4], batchNorm: true },
      table: { features: 5, hidden: [6] },
      classes: 3,
      seed,
    }),
};

type Options = Partial<TrainingGraphOptions>;

const PLAIN: Readonly<Record<string, Options>> = {
  plain: {},
  webgpu: { provider: 'webgpu' },
  cuda: { provider: 'cuda' },
};

const OPTIONS: typeof PLAIN = {
  ...PLAIN,
  clipped: { clipNorm: 1, clipValue: 0.5, groups: [WITHOUT_DECAY], optimizer: { type: 'adamw' } },
  averaged: { averageDecay: 0.99, averageWarmUp: true },
  accumulated: { accumulate: true, sampleWeights: true, loss: { type: 'cross_entropy', classWeights: [1, 2, 3] } },
  mixed: { precision: 'mixed' },
  'mixed on webgpu': { precision: 'mixed', provider: 'webgpu' },
  checkpointed: { checkpointing: 'square_root_of_depth' },
  'checkpointed in three': { checkpointing: { segments: 3 } },
  'all together': {
    precision: 'mixed',
    checkpointing: { segments: 2 },
    accumulate: true,
    clipNorm: 1,
    averageDecay: 0.9,
  },
  'rows known': { batch: 16 },
};

/** What each loss judges; [N, 3] unless it says otherwise. */
const OUTPUTS: Partial<Readonly<Record<LossSettings['type'], readonly (string | number)[]>>> = {
  dice: ['N', 3, 4, 4],
  tversky: ['N', 3, 4, 4],
  dice_cross_entropy: ['N', 3, 4, 4],
  margin_ranking: ['N', 2],
  cosine_embedding: ['N', 2, 4],
  cox: ['N', 1],
  survival_ranking: ['N', 1],
  pairwise_ranking: ['N', 1],
};

/** A scale for each element of a row, trained. */
function scaled(shape: readonly (string | number)[]): ModelProto {
  const graph = new GraphBuilder('scaled');
  const x = graph.input('x', 'float32', shape);
  const sizes = shape.slice(1) as number[];
  const count = sizes.reduce((product, size) => product * size, 1);
  const scale = graph.initializer('scale', { dtype: 'float32', shape: sizes, data: new Float32Array(count) });
  graph.output(graph.op('Mul', [x, scale]), 'y');
  return graph.toModel();
}

function row(title: string, options: Options & { readonly model: ModelProto }): string[] {
  const step = trainingGraph({ loss: { type: 'cross_entropy' }, optimizer: { type: 'adam' }, ...options });
  const line = (what: string, { model, bytes, hash }: ReturnType<typeof trainingGraph>) =>
    `${what.padEnd(44)} ${String(model.graph!.node.length).padStart(5)} ${String(bytes.length).padStart(8)} ${hash}`;
  return [line(title, step), ...(title.endsWith('plain') ? [line(`${title}, in a loop`, inLoop(step))] : [])];
}

function rows(networks: typeof NETWORKS, options: typeof PLAIN): string[] {
  return Object.entries(networks).flatMap(([network, build]) => {
    const model = build();
    return Object.entries(options).flatMap(([name, more]) => row(`${network}, ${name}`, { model, ...more }));
  });
}

/** Settings that have no default. */
const SETTINGS: Partial<Readonly<Record<LossSettings['type'], LossSettings>>> = {
  discrete_survival: { type: 'discrete_survival', boundaries: [0, 1, 2, 3] },
};

test('every graph is emitted as it was', async () => {
  const lines = [
    ...rows(NETWORKS, OPTIONS),
    ...rows(OTHER_NETWORKS, PLAIN),
    ...OPTIMIZERS.flatMap((type) =>
      row(`optimiser ${type}`, { model: perceptron(), optimizer: { type } as OptimizerSettings }),
    ),
    ...LOSS_NAMES.flatMap((type) => {
      const loss = SETTINGS[type] ?? ({ type } as LossSettings);
      return row(`loss ${type}`, { model: scaled(OUTPUTS[type] ?? ['N', 3]), loss });
    }),
  ];
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('fixtures/emitted-graphs.txt');
});
