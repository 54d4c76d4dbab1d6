import { afterEach, describe, expect, test } from 'vitest';
import { rowCount, selectRows } from '../data/index.js';
import { MACHINE_BLOCK, ON_TILES } from '../lowerings/blocked/fixtures/machine.js';
import { SQUARE_ROOT_OF_DEPTH } from '../training-graph/index.js';
import { cpuDevice } from './fixtures/cpu-device.js';
import { convolutional, fileSpec, imageParts, type Watched, watched } from './fixtures/images.js';
import { SETTINGS } from './fixtures/patients.js';
import { fileOf } from './network-file/fixtures/files.js';
import type { TrainingSettings } from './settings.js';
import type { TrainingState } from './state.js';
import type { FileNetworkSpec } from './trained-model.js';
import { Training } from './training.js';

const parts = imageParts();
const BATCH = 2 * (MACHINE_BLOCK ?? 16);
const spec = fileSpec(convolutional());
const devices: ReturnType<typeof cpuDevice>[] = [];

afterEach(() => {
  for (const device of devices.splice(0)) expect(device.open).toBe(0);
});

interface Options {
  readonly spec?: FileNetworkSpec;
  readonly from?: TrainingState;
  /** The most steps a run. */
  readonly steps?: number;
  readonly blocks?: boolean;
  readonly train?: typeof parts.train;
}

async function trained(settings: Partial<TrainingSettings>, options: Options = {}) {
  const device = cpuDevice();
  devices.push(device);
  const seen: Watched = watched(device, options.blocks);
  const input = {
    spec: options.spec ?? spec,
    train: options.train ?? parts.train,
    validation: parts.val!,
    settings: {
      ...SETTINGS,
      batchSize: BATCH,
      epochs: 2,
      optimizer: { type: 'sgd', momentum: 0.9 } as const,
      ...settings,
    },
  };
  const training = await Training.open(seen, input, options.from);
  const states: TrainingState[] = [];
  try {
    while ((await training.next(options.steps ?? 3)).type !== 'finished') states.push(await training.state());
    return { state: await training.state(), states, model: await training.model(), blocked: seen.blocked };
  } finally {
    await training.release();
  }
}

type Case = [string, Partial<TrainingSettings>, Partial<FileNetworkSpec>];

const CASES: Case[] = [
  ['as it is', {}, {}],
  ['with clipped gradients', { clipNorm: 0.1, clipValue: 0.05 }, {}],
  ['with averages', { averageDecay: 0.9 }, {}],
  ['with accumulated gradients', { accumulate: 4 }, {}],
  ['with parts computed again', { checkpointing: SQUARE_ROOT_OF_DEPTH }, {}],
  ['with groups', { groups: [{ parameters: ['conv1.*'], learningRateScale: 0.1 }], decaysOnlyMatrices: true }, {}],
  ['with a frozen body', {}, { trainable: 'head' }],
  ['with class weights and a focal loss', { loss: { type: 'focal' }, classWeights: 'balanced' }, {}],
];

const EVERYTHING: Partial<TrainingSettings> = {
  accumulate: 3,
  averageDecay: 0.9,
  checkpointing: SQUARE_ROOT_OF_DEPTH,
  clipNorm: 0.5,
  optimizer: { type: 'adamw', weightDecay: 0.01 },
  precision: 'mixed',
};

/** The largest distance between numbers of two states, which hold the same tensors in the same order. */
function distance(one: TrainingState, other: TrainingState): number {
  expect(Object.keys(one.tensors)).toEqual(Object.keys(other.tensors));
  let largest = 0;
  for (const [name, { shape, data }] of Object.entries(one.tensors)) {
    const beside = other.tensors[name]!;
    expect(beside.shape, name).toEqual(shape);
    for (const [index, value] of data.entries())
      largest = Math.max(largest, Math.abs(Number(value) - Number(beside.data[index])));
  }
  return largest;
}

describe.runIf(MACHINE_BLOCK)(`a convolutional network ${ON_TILES}`, () => {
  test.each(CASES)('%s becomes, but for rounding, what it becomes without', async (_, settings, more) => {
    const options = { spec: { ...spec, ...more } };
    const over = await trained(settings, options);
    const plain = await trained(settings, { ...options, blocks: false });
    expect(over.blocked).toContain(true);
    expect(plain.blocked).not.toContain(true);
    expect(over.state.graphHash).toBe(plain.state.graphHash);
    expect(distance(over.state, plain.state)).toBeLessThan(1e-5);
    expect(distance(over.state, over.states[0]!)).toBeGreaterThan(1e-3);
    for (const [epoch, figures] of plain.state.history.entries())
      expect(over.state.history[epoch]!['train_loss']).toBeCloseTo(figures['train_loss']!, 5);
  });

  test('with activations in float16 stays near', async () => {
    const single = fileSpec(convolutional([16]));
    const over = await trained({ precision: 'mixed' }, { spec: single });
    const plain = await trained({ precision: 'mixed' }, { spec: single, blocks: false });
    expect(over.blocked).toContain(true);
    expect(distance(over.state, plain.state)).toBeLessThan(1e-3);
  });

  test.each<Case>([
    ['as it is', {}, {}],
    ['with accumulated gradients', { accumulate: 4 }, {}],
    ['with a frozen body', {}, { trainable: 'head' }],
    ['with everything', EVERYTHING, fileSpec(convolutional([16]))],
  ])(
    '%s goes on from the middle of an epoch, and from before its short batch, to the same bytes',
    async (_, settings, more) => {
      const options = { spec: { ...spec, ...more } };
      const whole = await trained(settings, { ...options, steps: 1 });
      const last = Math.floor(rowCount(parts.train) / BATCH);
      const places = whole.states.filter(({ step }) => step === 1 || step === last);
      expect(places).toHaveLength(4);
      for (const [index, from] of places.slice(1).entries()) {
        const on = await trained(settings, { ...options, from: structuredClone(from), steps: index + 2 });
        expect(on.state, `from epoch ${from.epoch}, step ${from.step}`).toEqual(whole.state);
        expect(on.model).toEqual(whole.model);
      }
    },
  );

  test('loads the graph of short batches only behind the last whole one', async () => {
    const device = cpuDevice();
    devices.push(device);
    const seen = watched(device);
    const settings = { ...SETTINGS, batchSize: BATCH, epochs: 1 };
    const training = await Training.open(seen, { spec, train: parts.train, validation: parts.val!, settings });
    while ((await await training.state()).step < training.stepsPerEpoch - 1) await training.next(1);
    expect(seen.blocked).toEqual([true, false]);
    await training.next(1);
    expect(seen.blocked).toEqual([true, false, false]);
    await training.release();
  });

  test('of which every batch is whole has no other graph', async () => {
    const train = selectRows(
      parts.train,
      Array.from({ length: 3 * BATCH }, (_, row) => row),
      'train',
    );
    // A step a run: no loop is loaded.
    expect((await trained({}, { train, steps: 1 })).blocked).toEqual([true, false]);
  });

  test.each([
    ['fewer rows than a batch', BATCH - 3, BATCH],
    ['batches that fill no tile', 100, 12],
  ])('with %s is trained without', async (_, rows, batchSize) => {
    const train = selectRows(
      parts.train,
      Array.from({ length: rows }, (__, row) => row),
      'train',
    );
    const { blocked, state } = await trained({ batchSize }, { train, steps: 1 });
    expect(blocked).toEqual([false, false]);
    expect(state.history).toHaveLength(2);
  });
});

test('convolutions over a length, which have no such layout, are trained on one graph', async () => {
  const { blocked, state } = await trained({ epochs: 1 }, { spec: fileSpec(fileOf('convolutions')), steps: 1 });
  expect(blocked).toEqual([false, false]);
  expect(state.history).toHaveLength(1);
});

test('a network without convolutions is never asked what layout it would like', async () => {
  const loads: number[] = [];
  const device = cpuDevice();
  const training = await Training.open(
    {
      ...device,
      createSession(bytes, options) {
        loads.push(bytes.length);
        return device.createSession(bytes, options);
      },
    },
    {
      spec: { kind: 'model_spec', backbone: 'mlp', hidden: [4], dropout: 0 },
      train: parts.train,
      validation: parts.val!,
      settings: { ...SETTINGS, batchSize: BATCH, epochs: 1 },
    },
  );
  while ((await training.next(1)).type !== 'finished');
  expect(loads).toHaveLength(2);
  await training.release();
  expect(device.open).toBe(0);
});
