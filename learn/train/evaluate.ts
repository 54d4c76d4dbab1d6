/** The test of a trained model, on rows that nothing of it depends on. */
import { alignDataset, type Dataset, overlap, rowCount, selectRows } from '../data/index.js';
import type { Device } from '../device.js';
import { type ClassificationReport, classificationReport } from '../metrics/index.js';
import { TrainingError } from './errors.js';
import { Scorer } from './scorer.js';
import type { TrainedModel } from './trained-model.js';

/** How a model is tested. */
export interface EvaluationOptions {
  /** Of the positive class's probability; `validation`: the one that was chosen on the validation rows. Default 0.5. */
  readonly threshold?: number | 'validation';
  readonly seed: number;
  /** Bootstrap resamples of patients; 0 for no intervals. */
  readonly resamples?: number;
}

/**
 * The rows of `dataset` that the model may be tested on. A data set that the trainer split itself is narrowed to the part
 * that it kept aside; any other is taken whole, and refused if the model saw one of its rows or patients.
 * @throws TrainingError `leak`
 */
export function testRowsOf(model: TrainedModel, dataset: Dataset): Dataset {
  const chosen = dataset.part === undefined && model.heldOut ? narrow(dataset, model.heldOut) : dataset;
  const shared = overlap(model.seen, chosen);
  if (shared.rows === 0 && shared.patients === 0) return chosen;
  const what = [
    ...(shared.rows > 0 ? [`${shared.rows} of ${rowCount(chosen)} rows`] : []),
    ...(shared.patients > 0 ? [`${shared.patients} patients`] : []),
  ].join(' and ');
  throw new TrainingError(
    'leak',
    `the model was trained, fitted or chosen on ${what} of "${chosen.name}" (first lines: ${shared.lines.join(', ')}): a test on them would flatter it. ` +
      'Evaluate on the test part of a split, or on data from elsewhere',
  );
}

function narrow(dataset: Dataset, heldOut: BigUint64Array): Dataset {
  const kept = new Set(heldOut);
  const rows = Array.from(dataset.rowHashes.keys()).filter((row) => kept.has(dataset.rowHashes[row]!));
  // None of its rows was part of that split: this is other data, to be tested on as it is.
  return rows.length === 0 ? dataset : selectRows(dataset, rows, 'test');
}

/**
 * @throws TrainingError `leak` when the model has seen any of the rows or patients; `unknown_figure` when a threshold is
 * wanted that was never chosen
 */
export async function evaluate(
  device: Device,
  model: TrainedModel,
  dataset: Dataset,
  options: EvaluationOptions,
): Promise<ClassificationReport> {
  const test = alignDataset(testRowsOf(model, dataset), model);
  const { threshold = 0.5, seed, resamples } = options;
  if (threshold === 'validation' && model.validationThreshold === undefined) {
    throw new TrainingError(
      'unknown_figure',
      'no threshold was chosen on validation rows: train with a validation part, or give `threshold` a number',
    );
  }
  const scorer = await Scorer.open(device, model);
  try {
    return classificationReport({
      probabilities: await scorer.probabilities(test),
      labels: test.labels.data,
      classNames: model.classNames,
      ...(model.positive !== undefined && { positive: model.positive }),
      ...(model.classNames.length === 2 && {
        threshold: threshold === 'validation' ? model.validationThreshold! : threshold,
      }),
      ...(test.groups && { groups: test.groups.data }),
      seed,
      ...(resamples !== undefined && { resamples }),
    });
  } finally {
    await scorer.release();
  }
}
