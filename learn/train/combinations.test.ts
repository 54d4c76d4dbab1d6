import { describe, expect, it } from 'vitest';
import { splitDataset } from '../data/index.js';
import { fromTensorProto, readModel } from '../onnx/index.js';
import { OPTIMIZERS } from '../optimizers/index.js';
import { SQUARE_ROOT_OF_DEPTH } from '../training-graph/index.js';
import { cpuDevice } from './fixtures/cpu-device.js';
import { readPatients, SETTINGS, SPEC } from './fixtures/patients.js';
import { Scorer } from './scorer.js';
import type { TrainingSettings } from './settings.js';
import type { TrainingState } from './state.js';
import { Training, type TrainingInput } from './training.js';

const { train, val } = splitDataset(readPatients(), { train: 0.6, val: 0.2, test: 0.2, seed: 4 });

const inputFor = (settings: Partial<TrainingSettings>): TrainingInput => ({
  spec: SPEC,
  train,
  validation: val!,
  settings: { ...SETTINGS, epochs: 3, ...settings },
});

/** @param steps the most steps a run */
async function run(settings: Partial<TrainingSettings>, from?: TrainingState, steps = 2) {
  const training = await Training.open(cpuDevice(), inputFor(settings), from);
  const first = await training.state();
  const states: TrainingState[] = [];
  try {
    while ((await training.next(steps)).type !== 'finished') states.push(await training.state());
    return { model: await training.model(), state: await training.state(), first, states, graph: training.graph };
  } finally {
    await training.release();
  }
}

const EVERYTHING: Partial<TrainingSettings> = {
  accumulate: 4,
  precision: 'mixed',
  checkpointing: SQUARE_ROOT_OF_DEPTH,
  averageDecay: 0.9,
  clipNorm: 0.5,
  clipValue: 0.2,
  decaysOnlyMatrices: true,
  groups: [{ parameters: ['layer0.*'], learningRateScale: 0.1, weightDecay: 0.1 }],
  loss: { type: 'focal' },
  classWeights: 'balanced',
};

/** Settings that leave something in the state of a training. */
const COMBINATIONS: readonly (readonly [string, Partial<TrainingSettings>])[] = [
  ['accumulation', { accumulate: 4 }],
  ['mixed precision', { precision: 'mixed' }],
  ['averages', { averageDecay: 0.9, optimizer: { type: 'sgd' } }],
  ['a plateau', { schedule: { type: 'reduce_on_plateau', patience: 0, threshold: 10, factor: 0.5 }, epochs: 4 }],
  ['a cycle', { schedule: { type: 'one_cycle' }, accumulate: 2 }],
  ['norms', { clipNorm: 0.5 }],
  ['everything together', EVERYTHING],
  ...OPTIMIZERS.map((type) => [`${type} and everything`, { ...EVERYTHING, optimizer: { type }, epochs: 2 }] as const),
];

describe('a training with', () => {
  it.each(COMBINATIONS)(
    '%s goes on from any state to the same bytes, however many steps a run makes',
    async (_, settings) => {
      const whole = await run(settings);
      const places = whole.states.flatMap((state, place) => (place % 5 === 3 ? [state] : []));
      for (const [index, state] of places.entries()) {
        const on = await run(settings, structuredClone(state), 1 + index);
        expect(on.state, `from epoch ${state.epoch}, step ${state.step}`).toEqual(whole.state);
        expect(on.model).toEqual(whole.model);
      }
    },
  );
});

describe('accumulated gradients', () => {
  it('make the updates of one batch with all the rows', async () => {
    // 72 rows: 9 batches of 8 in groups of 3, or 3 batches of 24. Without dropout, whose masks belong to batches.
    const spec = { ...SPEC, dropout: 0 };
    const optimizer = { type: 'sgd', momentum: 0.9 } as const;
    const open = async (settings: Partial<TrainingSettings>) => {
      const training = await Training.open(cpuDevice(), { ...inputFor({ ...settings, optimizer, epochs: 2 }), spec });
      while ((await training.next()).type !== 'finished');
      const { history } = training;
      await training.release();
      return history;
    };
    const whole = await open({ batchSize: 24 });
    const parts = await open({ batchSize: 8, accumulate: 3 });
    for (const [epoch, figures] of whole.entries()) {
      expect(parts[epoch]!['val_loss']).toBeCloseTo(figures['val_loss']!, 5);
      expect(parts[epoch]!['learning_rate']).toBe(figures['learning_rate']);
    }
  });

  it('of a group that is not full at the end of an epoch are applied', async () => {
    // Nine batches in a group of a hundred: one update an epoch.
    const { first, states, graph } = await run({ accumulate: 100, optimizer: { type: 'sgd' } });
    const weights = graph.state.filter(({ role }) => role === 'parameter').map(({ name }) => name);
    const of = (state: TrainingState) => weights.map((name) => [...(state.tensors[name]!.data as Float32Array)]);
    const start = of(first);
    const within = states.filter(({ epoch, step }) => epoch === 0 && step > 0 && step < 9);
    expect(within.length).toBeGreaterThan(2);
    for (const state of within) expect(of(state)).toEqual(start);
    expect(of(states.find(({ epoch }) => epoch === 1)!)).not.toEqual(start);
  });
});

describe('the figures of an epoch', () => {
  it('have the norm of the gradients where it is limited, before it is', async () => {
    const { state } = await run({ clipNorm: 1e-3 });
    for (const { gradient_norm: mean, gradient_norm_max: greatest } of state.history) {
      expect(mean).toBeGreaterThan(1e-3);
      expect(greatest).toBeGreaterThanOrEqual(mean!);
    }
    const { state: free } = await run({});
    expect(free.history[0]).not.toHaveProperty('gradient_norm');
  });

  it('count the updates that mixed precision left out, and the next ones change the weights again', async () => {
    // Unscaled values, and a scale at which their gradients leave float32.
    const recipe = { impute: 'median', scale: 'none' } as const;
    const large = { ...inputFor({ precision: 'mixed' }), train: { ...train, recipe }, validation: { ...val!, recipe } };
    const open = (from?: TrainingState) => Training.open(cpuDevice(), large, from);
    const before = await open();
    while ((await before.next(1)).type !== 'epoch');
    const state = structuredClone(await before.state());
    await before.release();
    expect(state.history[0]).toMatchObject({ skipped_steps: 0 });
    const scale = { dtype: 'float32', shape: [], data: Float32Array.of(3e38) } as const;
    const training = await open({ ...state, tensors: { ...state.tensors, loss_scale: scale } });
    await training.next(1);
    expect(training.skippedSteps).toBe(1);
    expect((await await training.state()).tensors['layer0.weight']).toEqual(state.tensors['layer0.weight']);
    while ((await training.next()).type !== 'finished');
    const counts = training.history.map(({ skipped_steps: count }) => count!);
    expect(counts[1]).toBeGreaterThanOrEqual(1);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(training.skippedSteps);
    expect(training.history.every(({ gradient_norm: norm }) => norm === undefined || Number.isFinite(norm))).toBe(true);
    expect((await await training.state()).tensors['layer0.weight']).not.toEqual(state.tensors['layer0.weight']);
    await training.release();
  });

  it('are those of the averaged weights, which are also what is given out', async () => {
    const settings = { averageDecay: 0.9, keepBest: false };
    const { state, model, graph } = await run(settings);
    const named = (role: string) => graph.state.filter((entry) => entry.role === role).map(({ name }) => name);
    const [parameters, averages] = [named('parameter'), named('average')];
    expect(averages).toHaveLength(parameters.length);
    const stored = new Map(
      readModel(model.network).graph!.initializer.map((tensor) => [tensor.name!, fromTensorProto(tensor)] as const),
    );
    for (const [index, name] of parameters.entries()) {
      expect(stored.get(name)!.data).toEqual(state.tensors[averages[index]!]!.data);
      expect(stored.get(name)!.data).not.toEqual(state.tensors[name]!.data);
    }
    const scorer = await Scorer.open(cpuDevice(), model);
    const probabilities = await scorer.probabilities(val!);
    await scorer.release();
    const loss = [...val!.labels.data].reduce((sum, label, row) => sum - Math.log(probabilities[2 * row + label]!), 0);
    expect(state.history.at(-1)!['val_loss']).toBeCloseTo(loss / val!.labels.data.length, 5);
  });
});

describe('a plateau', () => {
  const plateau = {
    type: 'reduce_on_plateau',
    patience: 0,
    threshold: 1e3,
    thresholdMode: 'absolute',
    factor: 0.5,
  } as const;

  it('lowers the rate of the next epoch when the figure is not better', async () => {
    const { state } = await run({ schedule: plateau, epochs: 4 });
    // Nothing is better by a thousand: the first epoch sets the figure, every other one halves the rate.
    expect(state.history.map(({ learning_rate }) => learning_rate! / SETTINGS.learningRate)).toEqual([1, 1, 0.5, 0.25]);
  });

  it('lowers the rate that a resumed training asks for, where it asks for another', async () => {
    const { states } = await run({ schedule: plateau, epochs: 4 });
    const last = states.find(({ epoch }) => epoch === 3)!;
    const { state } = await run({ schedule: plateau, epochs: 5, learningRate: 0.04 }, last);
    expect(state.history.slice(3).map(({ learning_rate }) => learning_rate)).toEqual([0.04, 0.02]);
  });
});

describe('settings that fit nothing are refused:', () => {
  it.each<[string, Partial<TrainingSettings>, RegExp]>([
    [
      'a group of no weight',
      { groups: [{ parameters: ['layer9.*'] }] },
      /group 1: no trained weight is called "layer9.\*": there is "layer0.weight"/,
    ],
    [
      'a weight in two groups',
      { groups: [{ parameters: ['layer0.*'] }, { parameters: ['*.bias'] }] },
      /"layer0.bias" is in group 1 and in group 2/,
    ],
    [
      'a schedule without a period',
      { schedule: { type: 'cosine_restarts', period: 0 } },
      /period is a whole number >= 1/,
    ],
    [
      'a plateau in a figure that there is not',
      { schedule: { type: 'reduce_on_plateau', figure: 'val_loss' } },
      /"val_loss" needs validation rows/,
    ],
  ])('%s', async (what, settings, message) => {
    const { validation, ...rest } = inputFor({ ...settings, monitor: { name: 'train_loss', mode: 'min' } });
    const input = what.startsWith('a plateau') ? rest : { ...rest, validation: validation! };
    await expect(Training.open(cpuDevice(), input)).rejects.toThrow(message);
  });
});
