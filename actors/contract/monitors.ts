/** The figures of an epoch that can pick the best weights or stop the training, and which way is better. */
import { z } from 'zod';
import { suggestion } from './nearest.js';
import { quoted, received } from './received.js';

/** Figure -> the better direction. `val_acc` and `train_acc` are percent; every other one but the losses is 0..1, `val_brier` of more than two classes 0..2. */
export const MONITORS = {
  val_loss: 'min',
  val_acc: 'max',
  val_auc: 'max',
  val_sensitivity: 'max',
  val_specificity: 'max',
  val_ppv: 'max',
  val_npv: 'max',
  val_f1: 'max',
  val_balanced_accuracy: 'max',
  val_brier: 'min',
  train_loss: 'min',
  train_acc: 'max',
} as const satisfies Record<string, 'min' | 'max'>;

export type Monitor = keyof typeof MONITORS;

const NAMES = Object.keys(MONITORS) as [Monitor, ...Monitor[]];

/** The name of a figure. A figure of the test part is refused: choosing by it makes the test worthless. */
export const monitor = z.enum(NAMES, {
  error: ({ input }) => {
    if (typeof input !== 'string') return undefined;
    if (input.startsWith('test_')) {
      return `${quoted(input)}: a model chosen by its test part has no test any more. Use the same figure of the validation part, such as "val_auc"`;
    }
    return `no such figure: ${received(input)}. ${suggestion(input, NAMES)}`;
  },
});

/** Whether a figure needs validation rows. */
export function needsValidation(name: Monitor): boolean {
  return name.startsWith('val_');
}
