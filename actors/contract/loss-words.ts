/** The words of a loss: its name, or its name with settings. Class weights and label smoothing stand beside it. */
import { z } from 'zod';
import { choice, wordOrSettings } from './available.js';

const OF_VALUES = 'the label of a job is a class, not a value; trainingGraph of ganglion/learn has this loss';
const OF_IMAGES = 'there are no masks of images to learn yet; trainingGraph of ganglion/learn has this loss';
const OF_TIMES = 'there are no times of survival in data_config yet; trainingGraph of ganglion/learn has this loss';

/** Losses that do not fit rows with one class each. */
const OTHER_TASKS: Readonly<Record<string, string>> = {
  bce: 'use "cross_entropy", which is the same for two classes with a logit each',
  binary_cross_entropy: 'use "cross_entropy", which is the same for two classes with a logit each',
  nll: 'use "cross_entropy": the network gives logits, not logarithms of probabilities',
  kl_divergence: 'the label of a row is one class; use "cross_entropy" with `label_smoothing`',
  ordinal: 'classes have no order in data_config yet; use "cross_entropy"',
  mae: OF_VALUES,
  l1: OF_VALUES,
  mse: OF_VALUES,
  huber: OF_VALUES,
  smooth_l1: OF_VALUES,
  quantile: OF_VALUES,
  dice: OF_IMAGES,
  tversky: OF_IMAGES,
  dice_cross_entropy: OF_IMAGES,
  cox: OF_TIMES,
  discrete_survival: OF_TIMES,
};

const VARIANTS = [
  z.strictObject({ type: z.literal('cross_entropy') }),
  z.strictObject({
    type: z.literal('focal'),
    gamma: z.number().min(0).max(100).optional().describe('How strongly what is right is forgotten; 2 when left out.'),
  }),
] as const;

export const loss = wordOrSettings(choice(['cross_entropy', 'focal'], OTHER_TASKS, ''), VARIANTS);

export type LossWords = z.infer<(typeof VARIANTS)[number]>;

export function lossOf({ loss: given }: { readonly loss: z.infer<typeof loss> }): LossWords {
  return typeof given === 'string' ? { type: given } : given;
}
