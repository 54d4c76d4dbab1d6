/** `split`: training, validation and test parts that share no patient and no record. */
import type { z } from 'zod';
import { type Dataset, splitDataset } from '../../learn/index.js';
import { split as splitConfig } from '../contract/index.js';
import { defineNode } from '../node-type.js';

/** The seed of every split that names none. */
export const SPLIT_SEED = 42;

export const split = defineNode({
  type: 'split',
  name: 'Split',
  category: 'data',
  description: 'Parts samples into training, validation and test: stratified by class, patients kept together, seeded.',
  inputs: { dataset: { type: 'dataset' } },
  outputs: {
    train: { type: 'dataset' },
    val: { type: 'dataset', description: 'Empty when its share is 0.' },
    test: { type: 'dataset' },
  },
  config: splitConfig as z.ZodType<z.infer<typeof splitConfig>>,
  run: (inputs) => {
    const { train, val, test, seed = SPLIT_SEED, by } = inputs;
    const parts = splitDataset(inputs['dataset'] as Dataset, { train, val, test, seed, by });
    return { train: parts.train, val: parts.val ?? null, test: parts.test };
  },
});
