/** `preprocess`: says what is to be done to the features. Training fits it, on the training rows and on nothing else. */
import type { z } from 'zod';
import type { Dataset } from '../../learn/index.js';
import { preprocess as preprocessConfig } from '../contract/index.js';
import { defineNode } from '../node-type.js';

export const preprocess = defineNode({
  type: 'preprocess',
  name: 'Preprocess',
  category: 'data',
  description:
    'Fills missing values and scales. The numbers are fitted to the training part alone and become part of the model.',
  inputs: { dataset: { type: 'dataset' } },
  outputs: { dataset: { type: 'dataset', description: 'The same raw samples with the wish attached.' } },
  config: preprocessConfig as z.ZodType<z.infer<typeof preprocessConfig>>,
  run: ({ impute, scale, ...inputs }) => ({
    dataset: { ...(inputs['dataset'] as Dataset), recipe: { impute, scale } },
  }),
});
