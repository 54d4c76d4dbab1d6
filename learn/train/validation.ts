/** The figures of an epoch on the validation rows. */
import type { Dataset } from '../data/index.js';
import { classificationReport } from '../metrics/index.js';

/** Row-wise softmax in float64. `logits` [N, C] */
export function softmaxRows(logits: ArrayLike<number>, classes: number): Float64Array {
  const result = new Float64Array(logits.length);
  for (let from = 0; from < logits.length; from += classes) {
    let largest = Number.NEGATIVE_INFINITY;
    for (let index = from; index < from + classes; index++) largest = Math.max(largest, logits[index]!);
    let sum = 0;
    for (let index = from; index < from + classes; index++) {
      result[index] = Math.exp(logits[index]! - largest);
      sum += result[index]!;
    }
    for (let index = from; index < from + classes; index++) result[index]! /= sum;
  }
  return result;
}

/** Rows in which the largest logit is that of the label. */
export function correctRows(logits: ArrayLike<number>, labels: ArrayLike<number | bigint>, classes: number): number {
  let correct = 0;
  for (let row = 0; row < labels.length; row++) {
    let best = 0;
    for (let index = 1; index < classes; index++)
      if (logits[row * classes + index]! > logits[row * classes + best]!) best = index;
    if (best === Number(labels[row])) correct += 1;
  }
  return correct;
}

/**
 * `val_loss` (mean cross-entropy in nats), `val_acc` in percent, and every other defined figure with the prefix `val_`: 0..1, the Brier score of
 * more than two classes 0..2.
 */
export function validationFigures(logits: ArrayLike<number>, validation: Dataset): Record<string, number> {
  const { classNames, positive, labels } = validation;
  const { metrics } = classificationReport({
    probabilities: softmaxRows(logits, classNames.length),
    labels: labels.data,
    classNames,
    ...(positive !== undefined && { positive }),
    seed: 0,
    resamples: 0,
  });
  const figures: Record<string, number> = {};
  for (const [name, { value }] of Object.entries(metrics)) {
    if (value === null) continue;
    if (name === 'cross_entropy') figures['val_loss'] = value;
    else if (name === 'accuracy') figures['val_acc'] = 100 * value;
    else figures[`val_${name}`] = value;
  }
  return figures;
}
