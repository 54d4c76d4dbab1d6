import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { loadBuiltin, splitDataset } from '../../data/index.js';
import { readModel, writeModel } from '../../onnx/index.js';
import { evaluate } from '../evaluate.js';
import { cpuDevice } from '../fixtures/cpu-device.js';
import { SETTINGS } from '../fixtures/patients.js';
import type { TrainingSettings } from '../settings.js';
import type { TrainingState } from '../state.js';
import type { FileNetworkSpec, TrainedModel } from '../trained-model.js';
import { Training } from '../training.js';
import { bytesOf, type FixtureFile } from './fixtures/files.js';

const recipe = { impute: 'median', scale: 'standard' } as const;
const parts = splitDataset({ ...loadBuiltin('wdbc'), recipe }, { train: 0.6, val: 0.2, test: 0.2, seed: 4 });

function specOf(name: FixtureFile, more: Partial<FileNetworkSpec> = {}): FileNetworkSpec {
  const network = bytesOf(name);
  const sha256 = createHash('sha256').update(network).digest('hex');
  return { kind: 'model_spec', backbone: 'onnx', file: `${name}.onnx`, network, sha256, trainable: 'all', ...more };
}

async function tuned(spec: FileNetworkSpec, settings: Partial<TrainingSettings> = {}, from?: TrainingState) {
  const device = cpuDevice();
  const input = {
    spec,
    train: parts.train,
    validation: parts.val!,
    settings: { ...SETTINGS, batchSize: 32, epochs: 4, ...settings },
  };
  const training = await Training.open(device, input, from);
  const states: TrainingState[] = [];
  try {
    while ((await training.next(3)).type !== 'finished') states.push(await training.state());
    return { model: await training.model(), states, notes: training.notes, device };
  } finally {
    await training.release();
  }
}

async function aucOf(model: TrainedModel): Promise<number> {
  const { metrics } = await evaluate(cpuDevice(), model, parts.test, { seed: 1, resamples: 0 });
  return metrics['auc']!.value ?? Number.NaN;
}

const weights = (bytes: Uint8Array) => new Map(readModel(bytes).graph!.initializer.map((one) => [one.name!, one]));

/** The file with zeros for the values of every stored tensor: all that is not a weight. */
function withoutValues(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  for (const { rawData } of readModel(copy).graph!.initializer) rawData!.fill(0);
  return copy;
}

test.each<[FixtureFile, number]>([
  ['perceptron', 0.97],
  ['convolutions', 0.9],
])('%s.onnx of PyTorch learns the disease', async (name, least) => {
  const spec = specOf(name);
  const { model } = await tuned(spec, { epochs: 12 });
  const { network, ...about } = spec;
  const before = await aucOf({ ...model, spec: about, network });
  const after = await aucOf(model);
  expect(after).toBeGreaterThan(before);
  expect(after).toBeGreaterThan(least);
});

test.each<FixtureFile>(['perceptron', 'convolutions'])(
  '%s.onnx keeps every byte but those of its weights: names, order, metadata, operator set',
  async (name) => {
    const { model } = await tuned(specOf(name), { epochs: 1 });
    expect(Buffer.from(model.network).equals(Buffer.from(bytesOf(name)))).toBe(false);
    expect(model.network.length).toBe(bytesOf(name).length);
    expect(Buffer.from(withoutValues(model.network)).equals(Buffer.from(withoutValues(bytesOf(name))))).toBe(true);
    expect(Buffer.from(writeModel(readModel(model.network))).equals(Buffer.from(model.network))).toBe(true);
  },
);

test.each<[FixtureFile, FileNetworkSpec['trainable'], readonly string[]]>([
  ['perceptron', 'head', ['classifier.weight', 'classifier.bias']],
  ['perceptron', ['features.2.*'], ['features.2.weight', 'features.2.bias']],
  ['convolutions', ['fc.weight'], ['fc.weight']],
  ['convolutions', ['b1.*'], ['b1.weight', 'b1.bias', 'b1.running_mean', 'b1.running_var']],
])('%s.onnx with trainable %j: everything else keeps every bit', async (name, trainable, changing) => {
  const { model } = await tuned(specOf(name, { trainable }), { epochs: 1 });
  const [before, after] = [weights(bytesOf(name)), weights(model.network)];
  const changed = [...before.keys()].filter(
    (key) => !Buffer.from(before.get(key)!.rawData!).equals(Buffer.from(after.get(key)!.rawData!)),
  );
  expect(changed.sort()).toEqual([...changing].sort());
});

test('a file whose exporter merged tensors gets them apart, where they are trained', async () => {
  const { model, notes } = await tuned(specOf('merged'), { epochs: 2 });
  expect(notes).toEqual([
    expect.stringContaining('stored tensors once that were equal'),
    'what "merged.onnx" was trained on before is not known: had it seen rows of the test, its figures would flatter it',
  ]);
  const [merged, apart] = [weights(bytesOf('merged')), weights(model.network)];
  expect(merged.has('b1.running_var')).toBe(false);
  const bytes = (name: string) => Buffer.from(apart.get(name)!.rawData!);
  const names = ['b1.weight', 'b1.running_var', 'b2.weight', 'b2.running_var'];
  for (const [index, name] of names.entries())
    for (const other of names.slice(index + 1))
      expect(bytes(name).equals(bytes(other)), `${name} ${other}`).toBe(false);
  expect(await aucOf(model)).toBeGreaterThan(0.5);
  const head = await tuned(specOf('merged', { trainable: 'head' }), { epochs: 1 });
  expect(Buffer.from(withoutValues(head.model.network)).equals(Buffer.from(withoutValues(bytesOf('merged'))))).toBe(
    true,
  );
  expect(head.notes).toHaveLength(1);
});

test('a fine-tuning goes on from any of its states to the same bytes', async () => {
  const spec = specOf('convolutions');
  const settings = { epochs: 2, batchSize: 50 };
  const whole = await tuned(spec, settings);
  for (const state of whole.states.filter((_, index) => index % 2 === 1)) {
    const on = await tuned(spec, settings, structuredClone(state));
    expect(Buffer.from(on.model.network).equals(Buffer.from(whole.model.network))).toBe(true);
  }
});

test('raw values reach the network unless a preprocessing is asked for', async () => {
  const { recipe: _, ...train } = parts.train;
  const { recipe: __, ...validation } = parts.val!;
  const device = cpuDevice();
  const training = await Training.open(device, { spec: specOf('perceptron'), train, validation, settings: SETTINGS });
  expect(training.preprocessing.recipe).toEqual({ impute: 'none', scale: 'none' });
  await training.release();
  expect(device.open).toBe(0);
});

test.each<[string, Partial<FileNetworkSpec>, RegExp]>([
  ['rows of another width', {}, /rows of 30 numbers, and the data gives 2 features/],
  ['an unknown output', { output: 'probabilities' }, /no value "probabilities".*its outputs are "logits"/],
])('%s are refused, and no session is left', async (what, more, message) => {
  const narrow = (dataset: typeof parts.train) => ({
    ...dataset,
    columns: dataset.columns.slice(0, 2),
    features: {
      ...dataset.features,
      shape: [dataset.features.shape[0]!, 2],
      data: dataset.features.data.filter((_, index) => index % 30 < 2),
    },
  });
  const [train, validation] = what.startsWith('rows')
    ? [narrow(parts.train), narrow(parts.val!)]
    : [parts.train, parts.val!];
  const device = cpuDevice();
  const opening = Training.open(device, { spec: specOf('perceptron', more), train, validation, settings: SETTINGS });
  await expect(opening).rejects.toThrow(message);
  expect(device.open).toBe(0);
});
