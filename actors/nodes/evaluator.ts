/** `evaluator`: the test of a trained model on samples that nothing of it depends on. */
import { z } from 'zod';
import { type Dataset, evaluate, type TrainedModel } from '../../learn/index.js';
import { defineNode } from '../node-type.js';

export const evaluator = defineNode({
  type: 'evaluator',
  aliases: ['evaluation'],
  name: 'Evaluate',
  category: 'evaluation',
  description:
    'AUC, accuracy, sensitivity, specificity and more with bootstrap intervals over patients. Refuses samples that the model has seen.',
  weight: 'heavy',
  inputs: { model: { type: 'trained_model' }, test_dataset: { type: 'dataset' } },
  outputs: { metrics: { type: 'metrics' }, confusion_matrix: { type: 'confusion_matrix' } },
  config: z.strictObject({
    threshold: z
      .union([z.number().min(0).max(1), z.literal('validation')])
      .default(0.5)
      .describe('Of the positive class\'s probability; "validation" takes the one chosen on the validation part.'),
    resamples: z.int().min(0).max(100_000).default(1000).describe('Bootstrap resamples; 0 for no intervals.'),
    seed: z.int().min(0).max(Number.MAX_SAFE_INTEGER).default(42),
  }),
  run: async (inputs, context) => {
    const { threshold, resamples, seed } = inputs;
    const report = await evaluate(context.device, inputs['model'] as TrainedModel, inputs['test_dataset'] as Dataset, {
      threshold,
      resamples,
      seed,
    });
    const { metrics, confusion_matrix, ...about } = report;
    context.emit({ kind: 'state', type: 'report', ...about });
    return { metrics, confusion_matrix };
  },
});
