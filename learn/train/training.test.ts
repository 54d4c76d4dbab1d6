import { describe, expect, it } from 'vitest';
import { type Dataset, splitDataset } from '../data/index.js';
import { cpuDevice } from './fixtures/cpu-device.js';
import { readPatients, SETTINGS, SPEC } from './fixtures/patients.js';
import type { TrainingSettings } from './settings.js';
import type { TrainingState } from './state.js';
import type { TrainedModel } from './trained-model.js';
import { Training, type TrainingInput } from './training.js';

const SPLIT = { train: 0.6, val: 0.2, test: 0.2, seed: 4 };

function inputFor(settings: Partial<TrainingSettings> = {}, dataset: Dataset = readPatients()): TrainingInput {
  const { train, val } = splitDataset(dataset, SPLIT);
  return { spec: SPEC, train, validation: val!, settings: { ...SETTINGS, ...settings } };
}

interface Ended {
  readonly model: TrainedModel;
  readonly state: TrainingState;
  /** The state after every run. */
  readonly states: readonly TrainingState[];
}

/** `steps`: the most steps a run. */
async function toTheEnd(input: TrainingInput, from?: TrainingState, threads = 1, steps = 1): Promise<Ended> {
  const device = cpuDevice(threads);
  const training = await Training.open(device, input, from);
  const states: TrainingState[] = [await training.state()];
  try {
    while ((await training.next(steps)).type !== 'finished') states.push(await training.state());
    return { model: await training.model(), state: await training.state(), states };
  } finally {
    await training.release();
    expect(device.open).toBe(0);
  }
}

describe('training', () => {
  it('learns: the loss falls, and the figures of every epoch are there', async () => {
    const { state } = await toTheEnd(inputFor({ epochs: 20 }));
    const { history } = state;
    expect(history.map(({ epoch }) => epoch)).toEqual(history.map((_, index) => index + 1));
    expect(history.at(-1)!['train_loss']).toBeLessThan(0.8 * history[0]!['train_loss']!);
    for (const name of ['train_acc', 'val_loss', 'val_acc', 'val_auc', 'learning_rate'])
      for (const figures of history) expect(Number.isFinite(figures[name])).toBe(true);
  });

  it.each([1, 2])('ends with the same bytes every time, on %i threads as on one', async (threads) => {
    const input = inputFor();
    const [one, other] = [await toTheEnd(input), await toTheEnd(input, undefined, threads)];
    expect(Buffer.from(other.model.network).equals(Buffer.from(one.model.network))).toBe(true);
    expect(other.state).toEqual(one.state);
  });

  it('leaves the same bytes however many steps a run makes', async () => {
    const input = inputFor();
    const [one, many] = [await toTheEnd(input), await toTheEnd(input, undefined, 1, 7)];
    expect(many.states.length).toBeLessThan(one.states.length);
    expect(many.state).toEqual(one.state);
  });

  it('goes on from any of its states to the same end', async () => {
    const input = inputFor({ epochs: 4, earlyStopping: { monitor: 'val_auc', mode: 'max', patience: 3, minDelta: 0 } });
    const whole = await toTheEnd(input);
    const places = whole.states.keys();
    for (const place of [...places].filter((index) => index % 5 === 2)) {
      // What crosses a disk or a thread is a copy.
      const on = await toTheEnd(input, structuredClone(whole.states[place]!));
      expect(on.state, `from ${place}`).toEqual(whole.state);
      expect(on.model, `from ${place}`).toEqual(whole.model);
    }
  });

  it('is another one with another seed', async () => {
    const one = await toTheEnd(inputFor({ epochs: 1 }));
    const other = await toTheEnd(inputFor({ epochs: 1, seed: 6 }));
    expect(other.state.history).not.toEqual(one.state.history);
  });

  it('stops early after so many epochs without a better figure, and not before', async () => {
    const stopping = { monitor: 'val_loss', mode: 'min', patience: 2, minDelta: 1000 } as const;
    const { state } = await toTheEnd(inputFor({ epochs: 50, earlyStopping: stopping }));
    // Nothing is better by 1,000: the first epoch sets the figure, two wait.
    expect(state).toMatchObject({ finished: 'early_stopping', epoch: 3 });
  });

  it.each([
    [
      true,
      (history: readonly Record<string, number>[]) =>
        1 + history.reduce((best, { val_loss }, at) => (val_loss! < history[best]!['val_loss']! ? at : best), 0),
    ],
    [false, (history: readonly Record<string, number>[]) => history.length],
  ])('gives the best epoch or the last: keepBest %s', async (keepBest, expected) => {
    // A rate that overshoots makes the last epoch another than the best.
    const { model, state } = await toTheEnd(
      inputFor({ epochs: 12, learningRate: 0.3, schedule: { type: 'constant' }, keepBest }),
    );
    expect(model.epoch).toBe(expected(state.history));
    expect(model.trainedEpochs).toBe(12);
  });

  it('says that the weights or the loss are no numbers any more, and what to do', async () => {
    const wild = inputFor({
      optimizer: { type: 'sgd', weightDecay: 0 },
      learningRate: 1e30,
      schedule: { type: 'constant' },
    });
    await expect(toTheEnd(wild)).rejects.toMatchObject({
      code: 'diverged',
      message: expect.stringContaining('clip_norm'),
    });
    const { train } = wild;
    const blind = {
      spec: SPEC,
      train,
      settings: {
        ...wild.settings,
        epochs: 1,
        batchSize: 1000,
        monitor: { name: 'train_loss', mode: 'min' } as const,
        learningRate: 3e38,
        optimizer: { type: 'sgd', weightDecay: 3 } as const,
      },
    };
    // One step: its loss is computed before the weights burst.
    await expect(toTheEnd(blind)).rejects.toMatchObject({
      code: 'diverged',
      message: expect.stringContaining('a weight'),
    });
  });
});

describe('what the preprocessing is fitted to', () => {
  it('is the training rows alone: a validation or test row of any size changes no fitted number', async () => {
    const dataset = readPatients();
    const { train, val, test } = splitDataset(dataset, SPLIT);
    // The split goes by the rows' hashes, which stay: the same rows are on each side, with other values.
    const data = dataset.features.data.slice();
    for (const line of [...val!.rowNumbers, ...test.rowNumbers]) {
      const row = line - 2;
      for (const column of dataset.columns.keys()) if (column !== 2) data[row * dataset.columns.length + column] = 1e30;
    }
    const other = splitDataset({ ...dataset, features: { ...dataset.features, data } }, SPLIT);
    expect([...other.train.rowNumbers]).toEqual([...train.rowNumbers]);
    expect(other.val!.features.data.some((value) => value > 1e29)).toBe(true);
    const open = async (input: TrainingInput) => {
      const training = await Training.open(cpuDevice(), input);
      await training.release();
      return training.preprocessing;
    };
    const fitted = await open({ spec: SPEC, train, validation: val!, settings: SETTINGS });
    const swollenFit = await open({ spec: SPEC, train: other.train, validation: other.val!, settings: SETTINGS });
    expect(swollenFit).toEqual(fitted);
    expect(
      Math.max(...fitted.columns.map((column) => (column.kind === 'numeric' ? Math.abs(column.center) : 0))),
    ).toBeLessThan(100);
  });
});

describe('opening a training', () => {
  it.each<[string, (input: TrainingInput) => TrainingInput, string]>([
    ['rows in both parts', (input) => ({ ...input, validation: input.train }), 'leak'],
    ['a figure without validation rows', ({ validation: _, ...input }) => input, 'unknown_figure'],
    [
      'parts preprocessed differently',
      (input) => ({ ...input, validation: { ...input.validation!, recipe: { impute: 'mean', scale: 'none' } } }),
      'state_mismatch',
    ],
    ['another number of classes', (input) => ({ ...input, spec: { ...SPEC, numClasses: 3 } }), 'bad_class_names'],
    [
      'too few class weights',
      (input) => ({ ...input, settings: { ...input.settings, classWeights: [1] } }),
      'bad_class_names',
    ],
    [
      'nobody named the diseased class',
      ({ train: { positive: _, ...train }, ...input }) => ({ ...input, train }),
      'undeclared_positive',
    ],
  ])('refuses %s', async (_, change, code) => {
    const device = cpuDevice();
    await expect(Training.open(device, change(inputFor()))).rejects.toMatchObject({ code });
    expect(device.open).toBe(0);
  });

  it.each<[string, Partial<TrainingSettings>, string]>([
    ['another seed', { seed: 6 }, 'another seed'],
    ['another batch size', { batchSize: 9 }, 'another batch_size'],
    ['another optimiser', { optimizer: { type: 'adam', weightDecay: 0 } }, 'another network'],
    ['another clipping', { clipNorm: 0.5 }, 'another network'],
  ])('refuses to go on in the middle of an epoch with %s', async (_, settings, reason) => {
    const { states } = await toTheEnd(inputFor({ epochs: 1 }));
    const within = states.find(({ step }) => step === 3)!;
    const device = cpuDevice();
    await expect(Training.open(device, inputFor(settings), within)).rejects.toMatchObject({
      code: 'state_mismatch',
      message: expect.stringContaining(reason),
    });
    expect(device.open).toBe(0);
  });

  it('allows more epochs and another rate', async () => {
    const { states } = await toTheEnd(inputFor({ epochs: 1, schedule: { type: 'constant' } }));
    const more = inputFor({ epochs: 3, schedule: { type: 'constant' }, learningRate: 0.001 });
    const { state } = await toTheEnd(more, states.find(({ step }) => step === 3)!);
    expect(state.history).toHaveLength(3);
  });
});
