import { describe, expect, it } from 'vitest';
import { rowCount, selectRows, splitDataset } from '../data/index.js';
import { evaluate, testRowsOf } from './evaluate.js';
import { cpuDevice } from './fixtures/cpu-device.js';
import { patientRows, readPatients, SETTINGS, SPEC } from './fixtures/patients.js';
import type { TrainedModel } from './trained-model.js';
import { Training } from './training.js';

const whole = readPatients();
const parts = splitDataset(whole, { train: 0.6, val: 0.2, test: 0.2, seed: 4 });

async function trained(): Promise<TrainedModel> {
  const training = await Training.open(cpuDevice(), {
    spec: SPEC,
    train: parts.train,
    validation: parts.val!,
    settings: { ...SETTINGS, epochs: 2 },
  });
  while ((await training.next()).type !== 'finished');
  const model = await training.model();
  await training.release();
  return model;
}

describe('the rows of a test', () => {
  it.each<[string, () => typeof whole, RegExp]>([
    ['training rows', () => parts.train, /72 of 72 rows and 36 patients/],
    ['validation rows', () => parts.val!, /24 of 24 rows/],
    ['all rows', () => whole, /96 of 120 rows/],
    [
      'one training row among others',
      () =>
        selectRows(
          whole,
          [...parts.test.rowNumbers, parts.train.rowNumbers[0]!].map((line) => line - 2),
        ),
      /1 of 25 rows/,
    ],
    [
      'another row of a patient that was seen',
      () => {
        const seen = patientRows()[parts.train.rowNumbers[0]! - 2]!;
        return readPatients([
          [seen[0]!, '9.9', '1', 'west', '0.5', 'well'],
          ['PAT-1', '1.1', '2', 'west', '0.1', 'ill'],
        ]);
      },
      /on 1 patients/,
    ],
  ])('may not be %s', async (_, rows, message) => {
    const model = await trained();
    expect(() => testRowsOf(model, rows())).toThrow(message);
    try {
      testRowsOf(model, rows());
    } catch (error) {
      expect(error).toMatchObject({ code: 'leak' });
      expect((error as Error).message).not.toMatch(/PAT-/);
    }
  });

  it('are the test part, and data from elsewhere', async () => {
    const model = await trained();
    expect(testRowsOf(model, parts.test)).toBe(parts.test);
    const elsewhere = readPatients(patientRows(10, 77).map(([patient, ...row]) => [`OTHER-${patient}`, ...row]));
    expect(testRowsOf(model, elsewhere)).toBe(elsewhere);
  });

  it('are those that the trainer kept aside when it split the data itself', async () => {
    const model = { ...(await trained()), heldOut: parts.test.rowHashes };
    const narrowed = testRowsOf(model, whole);
    expect([...narrowed.rowNumbers].sort()).toEqual([...parts.test.rowNumbers].sort());
    expect(narrowed.part).toBe('test');
  });
});

describe('a test', () => {
  it('gives figures with intervals on the test rows alone', async () => {
    const device = cpuDevice();
    const report = await evaluate(device, await trained(), parts.test, { seed: 1, resamples: 200 });
    expect(report.num_samples).toBe(rowCount(parts.test));
    expect(report.metrics['auc']).toMatchObject({ value: expect.any(Number), low: expect.any(Number) });
    expect(device.open).toBe(0);
  });

  it('takes the threshold of the validation rows where it is asked to, and says when there is none', async () => {
    const model = await trained();
    const options = { seed: 1, resamples: 0, threshold: 'validation' } as const;
    expect((await evaluate(cpuDevice(), model, parts.test, options)).threshold).toBe(model.validationThreshold);
    const { validationThreshold: _, ...without } = model;
    await expect(evaluate(cpuDevice(), without, parts.test, options)).rejects.toMatchObject({ code: 'unknown_figure' });
  });
});
