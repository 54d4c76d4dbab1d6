import { describe, expect, it } from 'vitest';
import {
  alignDataset,
  applyPreprocessing,
  type Dataset,
  type PreprocessingRecipe,
  selectRows,
  splitDataset,
} from '../data/index.js';
import { loadModel, numbers } from '../onnx/fixtures/run-model.js';
import { readModel } from '../onnx/index.js';
import { cpuDevice } from './fixtures/cpu-device.js';
import { patientRows, readPatients, SETTINGS, SPEC } from './fixtures/patients.js';
import { Scorer } from './scorer.js';
import { exportModel } from './scoring-graph.js';
import type { TrainedModel } from './trained-model.js';
import { Training } from './training.js';
import { softmaxRows } from './validation.js';

const SPLIT = { train: 0.6, val: 0.2, test: 0.2, seed: 4 };

async function trained(dataset: Dataset): Promise<{ model: TrainedModel; test: Dataset }> {
  const { train, val, test } = splitDataset(dataset, SPLIT);
  const settings = { ...SETTINGS, epochs: 3 };
  const training = await Training.open(cpuDevice(), { spec: SPEC, train, validation: val!, settings });
  while ((await training.next()).type !== 'finished');
  const model = await training.model();
  await training.release();
  return { model, test };
}

/** Row -> the probabilities that plain ONNX Runtime gives for raw values. */
async function plainProbabilities(model: TrainedModel, { features }: Dataset): Promise<number[]> {
  const loaded = await loadModel(exportModel(model));
  const table = { ...features, data: features.data.slice() };
  const { probabilities } = await loaded.run({ table });
  await loaded.release();
  return numbers(probabilities);
}

const metadataOf = (model: TrainedModel): Record<string, string> =>
  Object.fromEntries((readModel(exportModel(model)).metadataProps ?? []).map(({ key, value }) => [key!, value!]));

const RECIPES: PreprocessingRecipe[] = [
  { impute: 'median', scale: 'standard' },
  { impute: 'mean', scale: 'minmax' },
  { impute: 'most_frequent', scale: 'none' },
];

describe('the exported file', () => {
  it.each(RECIPES)(
    'gives what the network gives for values that were prepared outside: $impute, $scale',
    async (recipe) => {
      const { model, test } = await trained({ ...readPatients(), recipe });
      const device = cpuDevice();
      const session = await device.createSession(model.network);
      const prepared = applyPreprocessing(model.preprocessing, test.features);
      const shape = [test.labels.data.length, prepared.length / test.labels.data.length];
      const { logits } = await session.run({ x: { dtype: 'float32', shape, data: prepared } });
      await session.release();
      const expected = softmaxRows(logits!.data as Float32Array, 2);
      const scorer = await Scorer.open(device, model);
      const scored = await scorer.probabilities(test);
      await scorer.release();
      const plain = await plainProbabilities(model, test);
      expect(test.features.data.some(Number.isNaN)).toBe(true);
      for (let index = 0; index < plain.length; index++) {
        expect(Math.abs(plain[index]! - expected[index]!)).toBeLessThan(1e-6);
        expect(scored[index]).toBe(plain[index]);
      }
      expect(device.open).toBe(0);
    },
  );

  it('takes a category that it does not know for none of those it knows', async () => {
    const { model } = await trained(readPatients());
    const rows = patientRows(20, 9);
    const unknown = readPatients(rows.map((row) => [...row.slice(0, 3), 'abroad', ...row.slice(4)]));
    const aligned = alignDataset(unknown, model);
    const probabilities = await plainProbabilities(model, aligned);
    const prepared = applyPreprocessing(model.preprocessing, aligned.features);
    const width = prepared.length / rows.length;
    const site = model.columns.findIndex(({ name }) => name === 'site');
    for (let row = 0; row < rows.length; row++)
      expect([...prepared.slice(row * width + site, row * width + site + 3)]).toEqual([0, 0, 0]);
    expect(probabilities.every((value) => value > 0 && value < 1)).toBe(true);
  });

  it('finds columns and categories of another file by their names', async () => {
    const { model, test } = await trained(readPatients());
    const device = cpuDevice();
    const scorer = await Scorer.open(device, model);
    const lines = new Set([...test.rowNumbers].map((line) => line - 2));
    const rows = patientRows();
    const own = await scorer.probabilities(readPatients(rows));
    // Only west and south are left, in another order of first appearance; columns are given the other way round.
    const others = rows.filter((row, index) => lines.has(index) && row[3] !== 'north');
    const turned = readPatients(others, { features: ['grade', 'site', 'age', 'size'] });
    const scored = await scorer.probabilities(turned);
    const places = rows.flatMap((row, index) => (others.includes(row) ? [index] : []));
    expect([...scored]).toEqual(places.flatMap((place) => [own[2 * place]!, own[2 * place + 1]!]));
    await scorer.release();
  });

  it('gives no probability to a row that lacks a value that nothing fills, be it a number or a category', async () => {
    const complete = patientRows().map((row) => row.map((cell, column) => cell || (column === 2 ? '55' : 'north')));
    const { model, test } = await trained({ ...readPatients(complete), recipe: { impute: 'none', scale: 'standard' } });
    const scorer = await Scorer.open(cpuDevice(), model);
    for (const name of ['age', 'site']) {
      const column = model.columns.findIndex((known) => known.name === name);
      const features = { ...test.features, data: test.features.data.slice() };
      features.data[column] = Number.NaN;
      const holed = { ...test, features };
      const probabilities = await plainProbabilities(model, holed);
      expect(probabilities.slice(0, 2), name).toEqual([Number.NaN, Number.NaN]);
      expect(probabilities.slice(2).some(Number.isNaN), name).toBe(false);
      await expect(scorer.probabilities(holed)).rejects.toMatchObject({
        code: 'missing_values',
        place: { column: name, line: test.rowNumbers[0] },
      });
    }
    await scorer.release();
  });

  it('tells its columns, classes and use, and nothing of a single patient', async () => {
    const { model } = await trained(readPatients());
    const metadata = metadataOf(model);
    expect(JSON.parse(metadata['columns']!)).toEqual(model.columns);
    expect(JSON.parse(metadata['classes']!)).toEqual(['ill', 'well']);
    expect(metadata).toMatchObject({ positive: 'ill', backbone: 'mlp', epoch: String(model.epoch) });
    expect(Number(metadata['validation_threshold'])).toBe(model.validationThreshold);
    expect(metadata['intended_use']).toContain('research');
    const bytes = Buffer.from(exportModel(model)).toString('latin1');
    expect(bytes).not.toMatch(/PAT-\d/);
    for (const hash of model.seen.groupHashes!) expect(bytes).not.toContain(String(hash));
  });

  it('is the same bytes for the same model', async () => {
    const { model } = await trained(readPatients());
    expect(Buffer.from(exportModel(structuredClone(model))).equals(Buffer.from(exportModel(model)))).toBe(true);
  });

  it('scores one row as it scores many', async () => {
    const { model, test } = await trained(readPatients());
    const scorer = await Scorer.open(cpuDevice(), model);
    const all = await scorer.probabilities(test);
    const third = await scorer.probabilities(selectRows(test, [2]));
    expect(Math.abs(third[0]! - all[4]!)).toBeLessThan(1e-6);
    await scorer.release();
  });
});
